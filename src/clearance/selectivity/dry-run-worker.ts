import { setImmediate as nextTurn } from 'node:timers/promises';
import { caseOf, type SelectionCase } from '../../selectivity/case.ts';
import { type PreparedRuleSet, prepareRuleSet } from '../../selectivity/evaluate.ts';
import type { NamedList } from '../../selectivity/rule-set.ts';
import type { Selection } from '../../selectivity/selection.ts';
import { appendEvent, type EventActor } from '../../store/log.ts';
import type { Pool, Reader } from '../../store/pool.ts';
import { inTransaction } from '../../store/transaction.ts';
import type { CertificateUse } from '../ports.ts';
import {
  claimDryRun,
  countPast,
  type DryRunRow,
  endDryRun,
  noteProgress,
  type PastDeclaration,
  putBack,
  selectPast,
} from './dry-run-queries.ts';
import { DryRunResult } from './dry-run-result.ts';
import { loadRuleSet, selectInForce } from './in-force-queries.ts';

const BATCH = 20;
/** Evaluating goes on without a pause for so long, in milliseconds. */
const TURN = 15;

/** What the worker needs of the node. */
export interface DryRunParts {
  readonly pool: Pool;
  readonly newId: () => string;
  readonly clock: () => Date;
  /** How the references of a declaration to certificates stand. */
  readonly usesOf: (reader: Reader, declarationId: string) => Promise<readonly CertificateUse[]>;
  readonly onError: (error: unknown) => void;
}

/** By whom the log says that a run was ended. */
const WORKER: EventActor = { id: 'selectivity', name: 'Selectivity', role: 'node' };

/** Evaluates in turns, so that a large declaration does not hold up the requests of others. */
export async function selectInTurns(rules: PreparedRuleSet, declaration: SelectionCase, now: Date): Promise<Selection> {
  const steps = rules.selectInSteps(declaration, now);
  let began = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began > TURN) {
      await nextTurn();
      began = performance.now();
    }
  }
}

/** Runs what waits, one at a time, in the background of a gateway. */
export class DryRunWorker {
  readonly #parts: DryRunParts;
  #stopping = false;
  #again = false;
  #working: Promise<void> | undefined;

  constructor(parts: DryRunParts) {
    this.#parts = parts;
  }

  /** Looks for runs that wait; never throws. Resolves when there are none left. */
  wake(): Promise<void> {
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      if (this.#again && !this.#stopping) void this.wake();
    });
    return this.#working;
  }

  /** Puts the run under way back for another gateway. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    const { pool, newId, onError } = this.#parts;
    try {
      while (this.#again && !this.#stopping) {
        this.#again = false;
        for (;;) {
          const claim = newId();
          const run = this.#stopping ? undefined : await claimDryRun(pool, claim);
          if (run === undefined) break;
          await this.#run(run, claim);
        }
      }
    } catch (error) {
      onError(error);
    }
  }

  async #run(run: DryRunRow, claim: string): Promise<void> {
    const { pool, onError } = this.#parts;
    try {
      const result = await this.#examine(run, claim);
      if (result === 'stopped') await putBack(pool, run.id, claim);
      else if (result !== 'ended') await this.#end(run, claim, { state: 'done', result, failure: null });
    } catch (error) {
      onError(error);
      const failure = 'The run was broken off by an error; the log of the node has it. Ask for another.';
      await this.#end(run, claim, { state: 'failed', result: null, failure });
    }
  }

  async #end(
    run: DryRunRow,
    claim: string,
    end: { readonly state: 'done' | 'failed'; readonly result: DryRunResult | null; readonly failure: string | null },
  ): Promise<void> {
    const { pool, clock } = this.#parts;
    const at = clock();
    const { state, result, failure } = end;
    await inTransaction(pool, async (transaction) => {
      const ended = await endDryRun(transaction, run.id, claim, {
        state,
        examined: result?.examined ?? null,
        result: result?.toJson() ?? null,
        failure,
        at,
      });
      if (ended === 0) return;
      await appendEvent(transaction, {
        kind: `selectivity-dry-run.${state}`,
        subject: run.id,
        actor: WORKER,
        occurredAt: at,
        data: { ruleSet: run.rule_set, ...(result === null ? {} : { examined: result.examined }) },
      });
    });
  }

  async #examine(run: DryRunRow, claim: string): Promise<DryRunResult | 'ended' | 'stopped'> {
    const { pool } = this.#parts;
    const rules = await this.#prepare(run);
    const result = new DryRunResult(rules.ruleIds);
    const total = await countPast(pool, run.lodged_from, run.lodged_until, run.most);
    let after: { lodgedAt: Date; id: string } | null = null;
    while (result.examined < run.most) {
      if (!(await noteProgress(pool, { id: run.id, claim, total, examined: result.examined }))) return 'ended';
      if (this.#stopping) return 'stopped';
      const limit = Math.min(BATCH, run.most - result.examined);
      const batch: PastDeclaration[] = await selectPast(pool, run.lodged_from, run.lodged_until, after, limit);
      for (const past of batch)
        result.add(past.mrn, past.selection.channel, await this.#select(rules, past, run.as_of));
      const last = batch.at(-1);
      if (last === undefined || batch.length < limit) break;
      after = { lodgedAt: last.lodged_at, id: last.id };
    }
    return result;
  }

  async #prepare(run: DryRunRow): Promise<PreparedRuleSet> {
    const { pool, clock } = this.#parts;
    const set = await loadRuleSet(pool, run.rule_set);
    if (set === undefined) throw new Error(`there is no rule set ${run.rule_set}`);
    const lists = new Map<string, NamedList>();
    for (const row of await selectInForce(pool, clock()))
      if (row.kind === 'list')
        lists.set(row.name, { version: row.number, kind: row.content.kind, entries: row.content.entries });
    return prepareRuleSet(set.content, { version: run.rule_set, lists, seeds: set.seeds });
  }

  async #select(rules: PreparedRuleSet, past: PastDeclaration, asOf: Date): Promise<Selection> {
    const declaration = caseOf({
      movementReference: past.mrn,
      facts: past.facts,
      assessment: past.assessment,
      office: past.office,
      declarantFirmId: past.declarant_firm_id,
      authorisedTrader: past.authorised_trader,
      certificateUses: await this.#parts.usesOf(this.#parts.pool, past.id),
    });
    return selectInTurns(rules, declaration, asOf);
  }
}
