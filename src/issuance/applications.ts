import { type Actor, actorOfEvent } from '../access/actor.ts';
import { mayDo } from '../access/rights.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent } from '../store/log.ts';
import { changedMeanwhile } from '../store/pool.ts';
import {
  type ApplicationChange,
  type ApplicationLineRow,
  type ApplicationRow,
  changeApplication,
  findApplication,
  type SeenApplicationRow,
} from './application-queries.ts';
import type { Asked } from './asked.ts';
import {
  actionsFrom,
  judgeTransition,
  type Transition,
  type TransitionAction,
  type TransitionParty,
} from './states.ts';
import type { ApplicationLine, ApplicationView } from './views.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text from an address can be one of our ids at all. */
export function isId(text: string): boolean {
  return uuid.test(text);
}

/** What does not exist, and what the actor may not see: the same words (threats P1). */
export function notFound(what: 'application' | 'attachment' | 'certificate'): Refusal {
  return new Refusal('not-found', `${what.toUpperCase()}-NOT-FOUND`, `There is no such ${what} that you can see.`);
}

/**
 * The application if the actor sees it.
 * @throws the refusal `APPLICATION-NOT-FOUND`.
 */
export async function seenApplication(asked: Asked, id: string): Promise<SeenApplicationRow> {
  const row = isId(id) ? await findApplication(asked.transaction, asked.actor, asked.now, id) : undefined;
  if (row === undefined) throw notFound('application');
  return row;
}

/**
 * Judges a step on an application that the actor sees: its version is the one they saw, and the table allows it.
 * @throws the refusals `CHANGED-MEANWHILE` and the codes of the table of transitions.
 */
export function admitTransition(
  row: ApplicationRow,
  version: number,
  action: TransitionAction,
  party: TransitionParty,
  reason?: string,
): Transition {
  if (row.version !== version) throw changedMeanwhile();
  const judged = judgeTransition('issuing', row.state, action, party, reason);
  if (judged.ok) return judged.transition;
  throw new Refusal(judged.code === 'REASON-REQUIRED' ? 'invalid' : 'conflict', judged.code, judged.message);
}

/** Makes an admitted transition, if the application still is what was seen: the row, and its event. */
export async function makeTransition(
  asked: Asked,
  row: ApplicationRow,
  transition: Transition,
  change: ApplicationChange,
  event: { readonly reason?: string; readonly data?: JsonValue } = {},
): Promise<ApplicationRow> {
  const changed = changeApplication(asked.transaction, row, transition.to, asked.now, {
    ...change,
    action: transition.action,
  });
  await appendApplicationEvent(asked, changed, transition.event, event);
  return changed;
}

/** Notes what happened to an application; the event knows the version that came of it. */
export async function appendApplicationEvent(
  asked: Asked,
  row: ApplicationRow,
  kind: string,
  event: { readonly reason?: string; readonly data?: JsonValue } = {},
): Promise<void> {
  await appendEvent(asked.transaction, {
    kind,
    subject: row.id,
    conversation: row.consignment_reference === '' ? undefined : row.consignment_reference,
    actor: actorOfEvent(asked.actor),
    occurredAt: asked.now,
    reason: event.reason,
    data: { version: row.version, state: row.state, ...(event.data === undefined ? {} : { about: event.data }) },
  });
}

/** The application as its reader sees it. `faults` are shown only while they can be mended. */
export function applicationView(row: ApplicationRow, actor: Actor, faults?: readonly Fault[]): ApplicationView {
  return {
    ...applicationLine(row),
    ...(row.decision_reasons === null ? {} : { decisionReasons: row.decision_reasons }),
    content: row.content,
    ...(faults === undefined ? {} : { faults }),
    actions: actionsOf(row, actor),
  };
}

function actionsOf(row: ApplicationRow, actor: Actor): readonly TransitionAction[] {
  if (actor.firmId !== null) return actionsFrom('issuing', row.state, 'applicant');
  return mayDo(actor, 'application.decide') ? actionsFrom('issuing', row.state, 'issuing-office') : [];
}

/** The application as one line of a list. */
export function applicationLine(row: ApplicationLineRow): ApplicationLine {
  return {
    id: row.id,
    version: row.version,
    state: row.state,
    scheme: row.scheme,
    office: row.office,
    exportingCountry: row.exporting_country,
    importingCountry: row.importing_country,
    consignmentReference: row.consignment_reference,
    firmId: row.firm_id,
    applicantFirmId: row.applicant_firm_id,
    createdBy: row.created_by_name,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...(row.submitted_at === null ? {} : { submittedAt: row.submitted_at.toISOString() }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at.toISOString() }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.certificate_number === null ? {} : { certificateNumber: row.certificate_number }),
  };
}
