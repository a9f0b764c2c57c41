import { Refusal } from '../../documents/refusal.ts';
import { type PreparedRuleSet, prepareRuleSet } from '../../selectivity/evaluate.ts';
import type { NamedList, RuleSet } from '../../selectivity/rule-set.ts';
import type { Reader } from '../../store/pool.ts';
import type { AuthorisedTrader } from './authorised-traders.ts';
import { countSteps, nextChange, selectInForce } from './in-force-queries.ts';

/** How old what is held may be before the database is asked whether something was changed, in milliseconds. */
const CHECK_EVERY = 500;

/** What holds at a moment. */
export interface InForce {
  readonly rules: PreparedRuleSet;
  readonly lists: ReadonlyMap<string, NamedList>;
  readonly authorised: ReadonlyMap<string, AuthorisedTrader>;
}

interface Held {
  readonly inForce: InForce;
  /** Number of steps when it was read: it counts up with every change. */
  readonly steps: bigint;
  /** It holds from the newest change until the next one that is approved for later, in milliseconds. */
  readonly from: number;
  readonly until: number;
}

/**
 * Rules, lists and authorised traders in force, held in memory. A change in this process shows at once, one of another
 * gateway after half a second; what is approved for later shows at its moment.
 */
export class InForceKeeper {
  #held: Held | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** @throws the refusal `RULES-NOT-IN-FORCE` on a node on which the first rules were never installed */
  async at(reader: Reader, now: Date): Promise<InForce> {
    const held = this.#held;
    if (held !== undefined && held.from <= now.getTime() && now.getTime() < held.until) {
      if (performance.now() - this.#checkedAt < CHECK_EVERY) return held.inForce;
      const before = this.#checkedAt;
      // Those that come while one looks go on with what is held.
      this.#checkedAt = performance.now();
      try {
        if ((await countSteps(reader)) === held.steps) return held.inForce;
      } catch (error) {
        this.#checkedAt = before;
        throw error;
      }
    }
    return this.#load(reader, now);
  }

  /** After a change in this process. */
  forget(): void {
    this.#held = undefined;
  }

  async #load(reader: Reader, now: Date): Promise<InForce> {
    const checkedAt = performance.now();
    // Counted first: a change between the two statements is then noticed at the next look.
    const steps = await countSteps(reader);
    const rows = await selectInForce(reader, now);
    const next = await nextChange(reader, now);
    const lists = new Map<string, NamedList>();
    const authorised = new Map<string, AuthorisedTrader>();
    let set:
      | { readonly content: RuleSet; readonly number: number; readonly seeds: { [rule: string]: string } }
      | undefined;
    let from = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      from = Math.max(from, row.in_force_from.getTime());
      if (row.kind === 'list')
        lists.set(row.name, { version: row.number, kind: row.content.kind, entries: row.content.entries });
      else if (row.kind === 'authorised-trader') authorised.set(row.name, row.content);
      else set = { content: row.content, number: row.number, seeds: row.seeds };
    }
    if (set === undefined)
      throw new Refusal('unavailable', 'RULES-NOT-IN-FORCE', 'No rules for channels are in force at this node yet.');
    const rules = prepareRuleSet(set.content, { version: set.number, lists, seeds: set.seeds });
    const inForce: InForce = { rules, lists, authorised };
    this.#held = { inForce, steps, from, until: next?.getTime() ?? Number.POSITIVE_INFINITY };
    this.#checkedAt = checkedAt;
    return inForce;
  }
}
