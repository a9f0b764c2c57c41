import { actorOfEvent } from '../../access/actor.ts';
import { mayDo } from '../../access/rights.ts';
import type { JsonObject, JsonValue } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { appendEvent } from '../../store/log.ts';
import { changedMeanwhile } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import type { Changed, Step, VersionLine, VersionState, VersionView } from './change.ts';
import {
  findVersion,
  highestApproved,
  insertStep,
  insertVersion,
  lockChanged,
  nextNumber,
  type VersionRow,
} from './version-queries.ts';

function stateOf(row: VersionRow): VersionState {
  const steps = new Set(row.steps.map(({ step }) => step));
  if (steps.has('withdrawn')) return 'withdrawn';
  if (!steps.has('approved')) return steps.has('proposed') ? 'proposed' : 'draft';
  if (row.in_force === null || row.number > row.in_force) return 'scheduled';
  return row.number === row.in_force ? 'in-force' : 'replaced';
}

function asMoment(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString();
}

/** A version as people see it, without its content. */
export function versionLine(row: VersionRow): VersionLine {
  return {
    name: row.name,
    number: row.number,
    state: stateOf(row),
    reason: row.reason,
    draftedAt: row.drafted_at.toISOString(),
    draftedById: row.drafted_by,
    draftedByName: row.drafted_by_name,
    steps: row.steps.map((step) => ({
      ...step,
      at: asMoment(step.at) ?? '',
      inForceFrom: asMoment(step.inForceFrom),
    })),
    version: row.steps.length + 1,
  };
}

export function versionView(row: VersionRow): VersionView {
  return { ...versionLine(row), content: row.content };
}

/** @throws the refusal `VERSION-NOT-FOUND` */
export async function readVersion(asked: Asked, changed: Changed, number: number): Promise<VersionView> {
  const row = await findVersion(asked.transaction, changed, number, asked.now);
  if (row === undefined) throw new Refusal('not-found', 'VERSION-NOT-FOUND', 'There is no such version.');
  return versionView(row);
}

async function record(
  { transaction, actor, now }: Asked,
  changed: Changed,
  number: number,
  what: Step | 'drafted',
  more: { readonly reason?: string | null; readonly data?: JsonObject },
): Promise<void> {
  await appendEvent(transaction, {
    kind: `selectivity-${changed.kind}.${what}`,
    subject: `selectivity/${changed.kind}/${changed.name}`,
    actor: actorOfEvent(actor),
    occurredAt: now,
    ...(more.reason === undefined || more.reason === null ? {} : { reason: more.reason }),
    data: { number, ...more.data },
  });
}

/** Keeps a new version as a draft; behind the lock of what is changed, so that numbers have no gaps. */
export async function draftVersion(
  asked: Asked,
  changed: Changed,
  draft: { readonly content: JsonValue; readonly seeds?: JsonObject; readonly reason: string },
): Promise<VersionView> {
  await lockChanged(asked.transaction, changed);
  const number = await nextNumber(asked.transaction, changed);
  asked.transaction.later(
    insertVersion(changed, {
      number,
      content: draft.content,
      seeds: draft.seeds ?? {},
      reason: draft.reason,
      at: asked.now,
      byId: asked.actor.personId,
      byName: asked.actor.name,
    }),
  );
  await record(asked, changed, number, 'drafted', { reason: draft.reason });
  return readVersion(asked, changed, number);
}

/** Locks, reads, and refuses what somebody else has changed since it was seen (null: does not matter). */
async function lockVersion(asked: Asked, changed: Changed, number: number, seen: number | null): Promise<VersionView> {
  await lockChanged(asked.transaction, changed);
  const version = await readVersion(asked, changed, number);
  if (seen !== null && version.version !== seen) throw changedMeanwhile();
  return version;
}

function refuseUnlessIn(version: VersionLine, states: readonly VersionState[], act: string): void {
  if (!states.includes(version.state))
    throw new Refusal(
      'conflict',
      'VERSION-STATE',
      `This version is ${version.state}; only one that is ${states.join(' or ')} can be ${act}.`,
    );
}

async function takeStep(
  asked: Asked,
  changed: Changed,
  number: number,
  step: {
    readonly step: Step;
    readonly reason?: string | null;
    readonly inForceFrom?: Date;
    readonly dryRunId?: string | null;
  },
): Promise<VersionView> {
  asked.transaction.later(
    insertStep(changed, number, {
      step: step.step,
      at: asked.now,
      byId: asked.actor.personId,
      byName: asked.actor.name,
      reason: step.reason ?? null,
      inForceFrom: step.inForceFrom ?? null,
      dryRunId: step.dryRunId ?? null,
    }),
  );
  await record(asked, changed, number, step.step, {
    reason: step.reason ?? null,
    data: {
      ...(step.inForceFrom === undefined ? {} : { inForceFrom: step.inForceFrom.toISOString() }),
      ...(step.dryRunId === undefined || step.dryRunId === null ? {} : { dryRunId: step.dryRunId }),
    },
  });
  return readVersion(asked, changed, number);
}

/** Puts a draft before somebody else's eyes. @throws the refusals `VERSION-NOT-FOUND`, `CHANGED-MEANWHILE`, `VERSION-STATE` */
export async function proposeVersion(
  asked: Asked,
  changed: Changed,
  number: number,
  seen: number | null,
): Promise<VersionView> {
  refuseUnlessIn(await lockVersion(asked, changed, number, seen), ['draft'], 'proposed');
  return takeStep(asked, changed, number, { step: 'proposed' });
}

/** What an approval rests on; from the moment on that it says the version is in force. */
export interface Approval {
  readonly inForceFrom: Date | null;
  readonly reason: string | null;
}

/**
 * Approves what another person drew up and proposed; it is in force from the moment given on, at once without one.
 * @param seen the version of its ETag
 * @param check looks at the version before it is approved and says on which dry run the approval rests
 * @throws the refusals `VERSION-NOT-FOUND`, `CHANGED-MEANWHILE`, `VERSION-STATE`, `FOUR-EYES`, `VERSION-OVERTAKEN`,
 * `IN-FORCE-IN-THE-PAST`, and those of `check`
 */
export async function approveVersion(
  asked: Asked,
  changed: Changed,
  number: number,
  seen: number,
  approval: Approval,
  check: (version: VersionView) => Promise<string | null>,
): Promise<VersionView> {
  const version = await lockVersion(asked, changed, number, seen);
  refuseUnlessIn(version, ['proposed'], 'approved');
  const authors = [version.draftedById, ...version.steps.map(({ byId }) => byId)];
  if (authors.includes(asked.actor.personId))
    throw new Refusal(
      'not-allowed',
      'FOUR-EYES',
      'You drew this up or proposed it yourself: somebody else must approve it.',
    );
  if (number < (await highestApproved(asked.transaction, changed)))
    throw new Refusal(
      'conflict',
      'VERSION-OVERTAKEN',
      'A newer version was approved since this one was drawn up. Draw up a new one from what holds now.',
    );
  const inForceFrom = approval.inForceFrom ?? asked.now;
  if (inForceFrom.getTime() < asked.now.getTime())
    throw new Refusal('invalid', 'IN-FORCE-IN-THE-PAST', 'Nothing comes into force before it is approved.');
  const dryRunId = await check(version);
  return takeStep(asked, changed, number, { step: 'approved', inForceFrom, reason: approval.reason, dryRunId });
}

/**
 * Withdraws a version that is not in force. What is in force is only ever replaced, by a new version under four eyes; and
 * what is approved for later is withdrawn by somebody who may approve.
 * @throws the refusals `VERSION-NOT-FOUND`, `CHANGED-MEANWHILE`, `VERSION-STATE`, `RIGHT-MISSING`
 */
export async function withdrawVersion(
  asked: Asked,
  changed: Changed,
  number: number,
  seen: number,
  reason: string,
): Promise<VersionView> {
  const version = await lockVersion(asked, changed, number, seen);
  refuseUnlessIn(version, ['draft', 'proposed', 'scheduled'], 'withdrawn');
  if (version.state === 'scheduled' && !mayDo(asked.actor, 'selectivity.approve'))
    throw new Refusal('not-allowed', 'RIGHT-MISSING', 'This is approved already: a supervisor may withdraw it.');
  return takeStep(asked, changed, number, { step: 'withdrawn', reason });
}
