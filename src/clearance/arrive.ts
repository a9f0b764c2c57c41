import { readDocument } from '../store/documents.ts';
import { admitStep } from './admit-step.ts';
import { type ArrivalReport, arrivalData, arrivalMilestone } from './arrival-note.ts';
import type { Asked } from './asked.ts';
import { changeDeclaration, type DeclarationChange } from './change-declaration.ts';
import { type DeclarationRow, findDeclaration } from './declaration-row.ts';
import { dutyConsequenceOf } from './duty-consequence.ts';
import { acceptanceOf, judge, openOrders, selectChannel } from './judgement.ts';
import { localDay } from './local-day.ts';
import { forward, tellAcceptance } from './lodge.ts';
import type { LodgementParts } from './lodgement-parts.ts';
import { selectDecisions } from './officer/case-file.ts';
import { withheldItems } from './officer/duty-standing.ts';
import { openedPermits } from './opened-permits.ts';
import type { DeclarationReading } from './received-document.ts';
import { registrableFrom } from './registrable.ts';
import { settleIfNothingOpen } from './settle.ts';
import { type DeclarationVersion, noteSelection, readVersion } from './versions.ts';

/**
 * Notes the arrival of the goods. A declaration that was lodged ahead is judged anew, by the rules and rates of this day,
 * and accepted: it gets its channel, and what is green with nothing open is released. Where it has faults by now, the
 * arrival is kept all the same and the declarant is told what to amend. For one that is accepted already only the arrival
 * is noted.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `CHANGED-MEANWHILE`, `STATE-DOES-NOT-ALLOW`, `MILESTONE-IN-FUTURE`,
 * `ZONE-UNKNOWN`.
 */
export async function reportArrival(
  parts: LodgementParts,
  asked: Asked,
  mrn: string,
  version: number | null,
  report: ArrivalReport,
): Promise<DeclarationRow> {
  const seen = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  admitStep(seen, version, 'arrive');
  const arrival: Arrival = {
    columns: { arrived_at: seen.arrived_at ?? report.at },
    data: arrivalData(report),
    milestones: [arrivalMilestone(asked, report)],
  };
  if (seen.state === 'in-clearance')
    return changeDeclaration(parts, asked, seen, version, {
      columns: arrival.columns,
      event: { kind: 'declaration.arrived', data: arrival.data },
      milestones: arrival.milestones,
    });
  const date = localDay(asked.now, parts.customs.timeZone);
  const document = await readVersion(asked.transaction, seen.id, seen.document_version);
  const reading = await readAgain(parts, asked, document, date);
  if (!reading.ok) return noteUnacceptable(parts, asked, seen, version, arrival, reading);
  return acceptArrived(parts, asked, seen, version, arrival, document, date);
}

interface Arrival {
  readonly columns: DeclarationChange['columns'];
  readonly data: { readonly [name: string]: string };
  readonly milestones: NonNullable<DeclarationChange['milestones']>;
}

/** The declaration by the rules of this day; what was accepted then may have faults by now. */
async function readAgain(
  parts: LodgementParts,
  asked: Asked,
  { digest, form }: Pick<DeclarationVersion, 'digest' | 'form'>,
  date: string,
): Promise<DeclarationReading> {
  const stored = await readDocument(asked.transaction, digest);
  if (stored === undefined) throw new Error(`document ${digest} is not there`);
  return parts.taker.take(stored.bytes, form, date);
}

async function noteUnacceptable(
  parts: LodgementParts,
  asked: Asked,
  seen: DeclarationRow,
  version: number | null,
  arrival: Arrival,
  reading: Extract<DeclarationReading, { ok: false }>,
): Promise<DeclarationRow> {
  return changeDeclaration(parts, asked, seen, version, {
    columns: arrival.columns,
    event: { kind: 'declaration.not-accepted', data: { ...arrival.data, faults: reading.faults.length } },
    milestones: arrival.milestones,
    notice: {
      step: 'rejected',
      rejectedAt: asked.now.toISOString(),
      faults: reading.faults.map(({ code, pointer, message }) => ({ code, pointer, message })),
      statements: [
        { code: 'AMENDMENT-NEEDED', text: 'The goods are there and the declaration has faults by now: amend it.' },
      ],
    },
  });
}

async function acceptArrived(
  parts: LodgementParts,
  asked: Asked,
  seen: DeclarationRow,
  version: number | null,
  arrival: Arrival,
  document: DeclarationVersion,
  date: string,
): Promise<DeclarationRow> {
  const { transaction, now } = asked;
  const content = registrableFrom(document.facts, parts.customs.offices);
  const judged = { id: seen.id, mrn: seen.mrn, declarantFirmId: seen.declarant_firm_id, content, date };
  const judgement = await judge(
    parts,
    transaction,
    judged,
    now,
    withheldItems(await selectDecisions(transaction, seen.id)),
  );
  const selection = await selectChannel(parts, transaction, judged, judgement, now);
  const before = { row: seen, openedPermits: await openedPermits(transaction, seen.id) };
  const acceptance = acceptanceOf(parts, judgement, selection, before, now);
  const owed = await dutyConsequenceOf(asked, seen, judgement);
  const row = await changeDeclaration(parts, asked, seen, version, {
    columns: {
      ...arrival.columns,
      ...acceptance.columns,
      state: 'in-clearance',
      accepted_at: now,
      ...owed.columns,
    },
    event: { kind: 'declaration.accepted', data: { ...arrival.data, channel: acceptance.columns.channel ?? null } },
    milestones: arrival.milestones,
  });
  noteSelection(transaction, seen.id, seen.document_version, judgement.assessment, selection);
  openOrders(transaction, row.id, acceptance, now);
  tellAcceptance(parts, asked, row, judgement, acceptance);
  await forward(parts, asked, row, { digest: Buffer.from(document.digest, 'hex') });
  return settleIfNothingOpen(parts, asked, row);
}
