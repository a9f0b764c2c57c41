import { actorOfEvent } from '../../access/actor.ts';
import type { JsonValue } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { appendEvent } from '../../store/log.ts';
import type { Asked } from '../asked.ts';
import { RULE_SET } from './change.ts';
import {
  countOpenDryRuns,
  type DryRunRow,
  type DryRunState,
  endDryRun,
  findDryRun,
  insertDryRun,
  selectDryRuns,
} from './dry-run-queries.ts';
import { readVersion } from './four-eyes.ts';

/** Declarations that one dry run looks at, at most. */
export const MOST_EXAMINED = 50_000;
/** Runs that wait or are under way, at most. */
const MOST_OPEN = 10;

/** What a dry run is asked to look at. */
export interface DryRunTerms {
  readonly lodgedFrom: Date;
  readonly lodgedUntil: Date;
  readonly most: number;
  /** By which periods of rules are judged; null: the moment of the request. */
  readonly asOf: Date | null;
}

/** A dry run as people see it. */
export interface DryRunView {
  readonly id: string;
  readonly ruleSet: number;
  readonly lodgedFrom: string;
  readonly lodgedUntil: string;
  readonly most: number;
  readonly asOf: string;
  readonly state: DryRunState;
  /** How many there are to look at; null until they were counted. */
  readonly total: number | null;
  readonly examined: number;
  readonly result: JsonValue;
  readonly failure: string | null;
  readonly requestedAt: string;
  readonly requestedById: string;
  readonly requestedByName: string;
  readonly endedAt: string | null;
}

function dryRunView(row: DryRunRow): DryRunView {
  return {
    id: row.id,
    ruleSet: row.rule_set,
    lodgedFrom: row.lodged_from.toISOString(),
    lodgedUntil: row.lodged_until.toISOString(),
    most: row.most,
    asOf: row.as_of.toISOString(),
    state: row.state,
    total: row.total,
    examined: row.examined,
    result: row.result,
    failure: row.failure,
    requestedAt: row.requested_at.toISOString(),
    requestedById: row.requested_by,
    requestedByName: row.requested_by_name,
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

function notFound(): Refusal {
  return new Refusal('not-found', 'DRY-RUN-NOT-FOUND', 'There is no such dry run.');
}

/**
 * Asks for a dry run; it waits for the worker.
 * @throws the refusals `VERSION-NOT-FOUND`, `VERSION-STATE`, `DRY-RUN-PERIOD`, `DRY-RUNS-TOO-MANY`
 */
export async function requestDryRun(
  asked: Asked,
  ruleSet: number,
  terms: DryRunTerms,
  id: string,
): Promise<DryRunView> {
  const version = await readVersion(asked, RULE_SET, ruleSet);
  if (version.state === 'withdrawn')
    throw new Refusal('conflict', 'DRY-RUN-WITHDRAWN', 'This version is withdrawn: there is nothing to try out.');
  if (terms.lodgedUntil.getTime() <= terms.lodgedFrom.getTime())
    throw new Refusal('invalid', 'DRY-RUN-PERIOD', 'The period ends before it begins.');
  if ((await countOpenDryRuns(asked.transaction)) >= MOST_OPEN)
    throw new Refusal(
      'too-many',
      'DRY-RUNS-TOO-MANY',
      `There are ${MOST_OPEN} dry runs under way: wait for one to end.`,
      {
        retryAfterSeconds: 30,
      },
    );
  asked.transaction.later(
    insertDryRun({
      id,
      ruleSet,
      lodgedFrom: terms.lodgedFrom,
      lodgedUntil: terms.lodgedUntil,
      most: terms.most,
      asOf: terms.asOf ?? asked.now,
      at: asked.now,
      byId: asked.actor.personId,
      byName: asked.actor.name,
    }),
  );
  await appendEvent(asked.transaction, {
    kind: 'selectivity-dry-run.requested',
    subject: id,
    actor: actorOfEvent(asked.actor),
    occurredAt: asked.now,
    data: {
      ruleSet,
      lodgedFrom: terms.lodgedFrom.toISOString(),
      lodgedUntil: terms.lodgedUntil.toISOString(),
      most: terms.most,
    },
  });
  return readDryRun(asked, id);
}

/** @throws the refusal `DRY-RUN-NOT-FOUND` */
export async function readDryRun(asked: Asked, id: string): Promise<DryRunView> {
  const row = await findDryRun(asked.transaction, id);
  if (row === undefined) throw notFound();
  return dryRunView(row);
}

export async function listDryRuns(asked: Asked, ruleSet: number): Promise<readonly DryRunView[]> {
  return (await selectDryRuns(asked.transaction, ruleSet)).map(dryRunView);
}

/** Ends a run before its time. @throws the refusals `DRY-RUN-NOT-FOUND`, `DRY-RUN-ENDED` */
export async function abortDryRun(asked: Asked, id: string): Promise<DryRunView> {
  const run = await readDryRun(asked, id);
  const ended = await endDryRun(asked.transaction, id, null, {
    state: 'aborted',
    examined: null,
    result: null,
    failure: null,
    at: asked.now,
  });
  if (ended === 0) throw new Refusal('conflict', 'DRY-RUN-ENDED', 'This dry run has ended already.');
  await appendEvent(asked.transaction, {
    kind: 'selectivity-dry-run.aborted',
    subject: id,
    actor: actorOfEvent(asked.actor),
    occurredAt: asked.now,
    data: { ruleSet: run.ruleSet },
  });
  return readDryRun(asked, id);
}
