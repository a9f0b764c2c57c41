import { Refusal } from '../../documents/refusal.ts';
import { changedMeanwhile } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import { changeDeclaration, type DeclarationChange, type MilestoneNote } from '../change-declaration.ts';
import { type DeclarationRow, findDeclaration } from '../declaration-row.ts';
import { refuseConnected } from './four-eyes.ts';
import type { OfficerParts } from './parts.ts';

/** States in which an officer can still do something. */
export const OPEN_STATES: readonly string[] = ['registered', 'in-clearance', 'conditionally-released'];

/** Longest reason or text that is kept, in characters. */
export const LONGEST_TEXT = 4000;

/** What an act asks of the declaration before it is done. */
export interface ActTerms {
  /** States in which it can be done; {@link OPEN_STATES} without it. */
  readonly states?: readonly string[];
  /** `anybody`: also while somebody else has claimed it (payments, a second pair of eyes). */
  readonly claim?: 'mine' | 'anybody';
}

/**
 * The declaration that an officer acts on, judged before anything is done: they see it, it is the version they saw, it is
 * open, nobody else has claimed it, and they are not connected with the declarant.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `CHANGED-MEANWHILE`, `STATE-DOES-NOT-ALLOW`, `CLAIMED-BY-ANOTHER`,
 * `FOUR-EYES`
 */
export async function declarationToActOn(
  asked: Asked,
  mrn: string,
  version: number,
  terms: ActTerms = {},
): Promise<DeclarationRow> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  if (row.version !== version) throw changedMeanwhile();
  refuseState(row, terms.states ?? OPEN_STATES);
  if (terms.claim !== 'anybody') refuseClaimedByAnother(row, asked);
  await refuseConnected(asked, row);
  return row;
}

function refuseState(row: DeclarationRow, states: readonly string[]): void {
  if (states.includes(row.state)) return;
  throw new Refusal(
    'conflict',
    'STATE-DOES-NOT-ALLOW',
    `The declaration is ${row.state.replace('-', ' ')}; this can be done only while it is ${states.join(' or ').replaceAll('-', ' ')}.`,
  );
}

function refuseClaimedByAnother(row: DeclarationRow, { actor }: Asked): void {
  if (row.claimed_by === null || row.claimed_by === actor.personId) return;
  throw new Refusal(
    'conflict',
    'CLAIMED-BY-ANOTHER',
    `${row.claimed_by_name ?? 'Somebody else'} has claimed this declaration; ask them to hand it over.`,
  );
}

/** An act on a declaration, as it is written down. */
export type ActChange = Pick<DeclarationChange, 'columns' | 'event' | 'milestones' | 'notice'>;

/**
 * Writes an officer's act down. Who acts on a declaration that nobody has claimed claims it by that; who takes it up
 * first starts its assessment (M5a).
 * @param claims false for a second officer, who leaves it with the first
 */
export function changeByOfficer(
  parts: OfficerParts,
  asked: Asked,
  row: DeclarationRow,
  change: ActChange,
  claims = true,
): Promise<DeclarationRow> {
  const taken = claims ? takenUp(asked, row) : { columns: {}, milestones: [] };
  return changeDeclaration(parts, asked, row, row.version, {
    ...change,
    columns: { ...taken.columns, ...change.columns },
    milestones: [...taken.milestones, ...(change.milestones ?? [])],
  });
}

/** A moment that the actor reports, for a milestone: known to the minute, from them. */
export function reported(
  { actor }: Asked,
  occurredAt: Date,
): Pick<MilestoneNote, 'occurredAt' | 'precision' | 'source'> {
  return { occurredAt, precision: 'minute', source: { kind: 'person', id: actor.personId, name: actor.name } };
}

/** What claiming changes; nothing where the actor has claimed it already. */
export function takenUp(
  { actor, now }: Asked,
  row: DeclarationRow,
): { readonly columns: DeclarationChange['columns']; readonly milestones: readonly MilestoneNote[] } {
  const starts = row.assessment_open && row.assessment_started_at === null;
  return {
    columns: {
      ...(row.claimed_by === actor.personId
        ? {}
        : { claimed_by: actor.personId, claimed_by_name: actor.name, claimed_at: now }),
      ...(starts ? { assessment_started_at: now } : {}),
    },
    milestones: starts ? [{ milestone: 'M5a', role: 'customs' }] : [],
  };
}

/**
 * A text that a person gave: without white space around, in NFC, not empty, not too long.
 * @throws the refusals `REASON-REQUIRED` and `REASON-TOO-LONG`
 */
export function givenText(text: string, what: string): string {
  const plain = text.normalize('NFC').trim();
  if (plain === '') throw new Refusal('invalid', 'REASON-REQUIRED', `Say ${what}.`);
  if (plain.length > LONGEST_TEXT)
    throw new Refusal('invalid', 'REASON-TOO-LONG', `A text has at most ${LONGEST_TEXT} characters.`);
  return plain;
}
