import { Refusal } from '../../documents/refusal.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { changeByOfficer, declarationToActOn, givenText, reported } from './act.ts';
import { selectPermits } from './case-file.ts';
import { insertDecision } from './decisions.ts';
import { refuseUnknownItems } from './items.ts';
import type { OfficerParts } from './parts.ts';
import { settleCase } from './settle-case.ts';
import type { PermitStanding } from './standing.ts';
import { insertPermit } from './system-steps.ts';

const BEFORE_RELEASE = ['registered', 'in-clearance'];

/** A permit of another agency that is asked for. */
export interface PermitWish {
  readonly agency: string;
  readonly subject: string;
  readonly itemSequences: readonly number[];
}

/**
 * Opens the step of another agency (M7a): the goods wait for its permit.
 * @throws the refusals of an act, `ITEM-UNKNOWN`
 */
export async function openPermit(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  wish: PermitWish,
): Promise<DeclarationRow> {
  const agency = givenText(wish.agency, 'which agency');
  const subject = givenText(wish.subject, 'what is to be permitted');
  const row = await declarationToActOn(asked, mrn, version, { states: BEFORE_RELEASE });
  refuseUnknownItems(row, wish.itemSequences);
  const id = parts.newId();
  const changed = await changeByOfficer(parts, asked, row, {
    columns: { open_permits: row.open_permits + 1 },
    event: { kind: 'declaration.permit-opened', data: { agency, subject, items: [...wish.itemSequences] } },
    milestones: [{ milestone: 'M7a', role: 'other-agency', pair: id }],
    notice: {
      step: 'control',
      statements: [{ code: 'PERMIT-AWAITED', text: `A permit of ${agency} is needed: ${subject}` }],
    },
  });
  insertPermit(asked.transaction, {
    id,
    declarationId: row.id,
    agency,
    subject,
    itemSequences: wish.itemSequences,
    openedBy: asked.actor.personId,
    openedByName: asked.actor.name,
    openedAt: asked.now,
  });
  return changed;
}

/** What another agency answered, as an officer records it. */
export interface PermitAnswer {
  readonly outcome: 'granted' | 'refused' | 'not-required';
  /** The agency's own reference. */
  readonly reference: string | null;
  /** How this node knows it: a letter, the agency's system. */
  readonly source: string;
  readonly reason: string | null;
  readonly decidedAt: Date | null;
}

/**
 * Records an agency's answer (M7b). A permit that was refused still hinders the release until it is granted after all, or
 * an officer finds that it is not required.
 * @throws the refusals of an act, `PERMIT-NOT-FOUND`, `PERMIT-NOT-OPEN`, `REFERENCE-MISSING`, `REASON-REQUIRED`, `MOMENT-AHEAD`
 */
export async function answerPermit(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  number: number,
  answer: PermitAnswer,
): Promise<DeclarationRow> {
  const source = givenText(answer.source, 'where the answer is known from');
  const reason = answer.outcome === 'granted' ? answer.reason : givenText(answer.reason ?? '', 'why');
  if (answer.outcome === 'granted' && answer.reference === null)
    throw new Refusal('invalid', 'REFERENCE-MISSING', "Give the agency's reference of the permit.");
  refuseAhead(answer.decidedAt, asked.now);
  const row = await declarationToActOn(asked, mrn, version, { states: BEFORE_RELEASE });
  const permit = await permitIn(asked, row, number);
  const awaited = permit.state === 'awaited';
  const closes = answer.outcome !== 'refused';
  const changed = await changeByOfficer(parts, asked, row, {
    columns: {
      open_permits: row.open_permits - (closes ? 1 : 0),
      refused_permits: row.refused_permits - (awaited ? 0 : 1) + (closes ? 0 : 1),
    },
    event: {
      kind: 'declaration.permit-answered',
      ...(reason === null ? {} : { reason }),
      data: { permit: number, outcome: answer.outcome, reference: answer.reference, source },
    },
    milestones: awaited
      ? [
          {
            milestone: 'M7b',
            role: 'other-agency',
            pair: permit.id,
            ...reported(asked, answer.decidedAt ?? asked.now),
          },
        ]
      : [],
    notice: {
      step: 'result',
      statements: [
        {
          code: `PERMIT-${answer.outcome.toUpperCase()}`,
          text: `${permit.agency}, ${permit.subject}: ${answer.outcome.replace('-', ' ')}${reason === null ? '' : `, ${reason}`}.`,
        },
      ],
    },
  });
  keepAnswer(asked, permit, answer, source);
  insertDecision(asked.transaction, {
    id: parts.newId(),
    declarationId: row.id,
    kind: 'permit-answered',
    documentVersion: row.document_version,
    itemSequences: permit.itemSequences,
    reasons: reason === null ? [] : [{ reason }],
    detail: { permitId: permit.id, permit: number, outcome: answer.outcome, reference: answer.reference, source },
    decidedBy: asked.actor.personId,
    decidedByName: asked.actor.name,
    decidedAt: asked.now,
  });
  return settleCase(parts, asked, changed);
}

/** @throws the refusal `MOMENT-AHEAD`: what has not happened yet cannot be recorded (timing.md) */
export function refuseAhead(moment: Date | null, now: Date): void {
  if (moment !== null && moment.getTime() > now.getTime())
    throw new Refusal('invalid', 'MOMENT-AHEAD', 'The moment lies in the future.');
}

async function permitIn(asked: Asked, row: DeclarationRow, number: number): Promise<PermitStanding> {
  const permit = (await selectPermits(asked.transaction, row.id)).find((one) => one.number === number);
  if (permit === undefined)
    throw new Refusal('not-found', 'PERMIT-NOT-FOUND', 'There is no such permit that you can see.');
  if (permit.state !== 'awaited' && permit.state !== 'refused')
    throw new Refusal('conflict', 'PERMIT-NOT-OPEN', `The permit is ${permit.state.replace('-', ' ')} already.`);
  return permit;
}

function keepAnswer(asked: Asked, seen: PermitStanding, answer: PermitAnswer, source: string): void {
  asked.transaction.later({
    name: 'answer-permit',
    text: `with changed as (update clearance_permits set state = $3, reference = $4, source = $5, decided_at = $6
      where id = $1 and state = $2 returning 1)
      select must_change((select count(*) from changed))`,
    values: [seen.id, seen.state, answer.outcome, answer.reference, source, answer.decidedAt ?? asked.now],
  });
}
