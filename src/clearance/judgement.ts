import { Decimal } from 'decimal.js';
import { type NationalProfile, profileOf } from '../documents/declaration/national-profile.ts';
import { type Channel, type Selection, stricter } from '../selectivity/selection.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Assessment } from '../tariff/assessment.ts';
import type { MilestoneNote, Notice } from './change-declaration.ts';
import type { ChangeableColumns, DeclarationRow } from './declaration-row.ts';
import { claimedFacts } from './officer/officer-facts.ts';
import { insertInspection, insertPermit, SYSTEM_NAME } from './officer/system-steps.ts';
import { type Outstanding, outstanding } from './outstanding.ts';
import type { CertificateUse, ClearanceParts } from './ports.ts';
import type { Registrable } from './registrable.ts';
import { type RequiredPaper, requiredPapers } from './required-papers.ts';

/** Whose declaration is judged, and by which day. */
export interface JudgedCase {
  readonly id: string;
  readonly mrn: string;
  readonly declarantFirmId: string;
  readonly content: Registrable;
  /** `YYYY-MM-DD` in the zone of the administration. */
  readonly date: string;
  /** It is being lodged: nothing was set aside for it before. */
  readonly isNew?: true;
}

/** What follows from a declaration's content on a day. */
export interface Judgement {
  readonly authorised: boolean;
  readonly assessment: Assessment;
  readonly uses: readonly CertificateUse[];
  readonly papers: readonly RequiredPaper[];
}

/**
 * Computes the duty and sets the certificates' quantities aside, in place of what an earlier version had set aside.
 * @param withheld items whose preference an officer withholds: they draw on no certificate
 */
export async function judge(
  parts: ClearanceParts,
  transaction: Transaction,
  judged: JudgedCase,
  now: Date,
  withheld: ReadonlySet<number> = new Set(),
): Promise<Judgement> {
  const { facts, procedure } = judged.content;
  const authorised = await parts.selectivity.isAuthorised(transaction, judged.declarantFirmId, now);
  const assessment = await parts.duty.assess(transaction, facts, judged.date);
  const uses =
    procedure === 'export'
      ? []
      : await parts.ledger.reserve(
          transaction,
          {
            declarationId: judged.id,
            movementReference: judged.mrn,
            facts: claimedFacts(facts, withheld),
            importerIdentifier: facts.importer?.id ?? null,
            ...(judged.isNew === true ? { isNew: true } : {}),
          },
          now,
        );
  return { authorised, assessment, uses, papers: requiredPapers(facts, profileOf(parts.country)) };
}

/** Assigns the channel by the rules in force. */
export function selectChannel(
  parts: ClearanceParts,
  transaction: Transaction,
  { content, mrn, declarantFirmId }: JudgedCase,
  { assessment, authorised, uses }: Judgement,
  now: Date,
): Promise<Selection> {
  return parts.selectivity.select(
    transaction,
    {
      movementReference: mrn,
      facts: content.facts,
      assessment,
      office: content.office,
      declarantFirmId,
      authorisedTrader: authorised,
      certificateUses: uses,
    },
    now,
  );
}

/** What the acceptance of a declaration changes and leaves behind. */
export interface Acceptance {
  readonly outstanding: Outstanding;
  readonly columns: Partial<ChangeableColumns>;
  readonly milestones: readonly MilestoneNote[];
  readonly notices: readonly Notice[];
  /** Inspections and permits that the system orders; to be opened once the declaration's row is there. */
  readonly permits: readonly { readonly id: string; readonly paper: RequiredPaper }[];
  readonly inspectionId: string | null;
}

/**
 * What follows when a declaration gets its channel: who has to look at what, by when the office means to have decided,
 * what is to be paid, and what the declarant is told of it. `before` is how it stood, for one that is accepted again
 * after an amendment: its channel never gets milder, and what is open already is not opened twice.
 */
export function acceptanceOf(
  parts: ClearanceParts,
  judgement: Judgement,
  selection: Selection,
  before: { readonly row: DeclarationRow; readonly openedPermits: readonly string[] } | null,
  now: Date,
): Acceptance {
  const channel =
    before?.row.channel === undefined || before.row.channel === null
      ? selection.channel
      : stricter(selection.channel, before.row.channel);
  const found = outstanding({ channel, ...judgement });
  const permits = found.permits
    .filter((paper) => before === null || !before.openedPermits.includes(permitKey(paper)))
    .map((paper) => ({ id: parts.newId(), paper }));
  const inspects = found.inspection && before?.row.channel !== 'red';
  const became = before?.row.channel !== channel;
  const hours = profileOf(parts.country).standardHours[channel];
  return {
    outstanding: found,
    columns: {
      channel,
      authorised_trader: judgement.authorised,
      open_certificates: found.openCertificates,
      assessment_open: found.assessmentOpen,
      open_inspections: (before?.row.open_inspections ?? 0) + (inspects ? 1 : 0),
      open_permits: (before?.row.open_permits ?? 0) + permits.length,
      ...(became ? { channel_at: now, target_at: new Date(now.getTime() + hours * 3_600_000) } : {}),
    },
    milestones: [
      ...(became ? [{ milestone: 'M4', role: 'customs' } as const] : []),
      ...permits.map(({ id }) => ({ milestone: 'M7a', role: 'other-agency', pair: id }) as const),
    ],
    notices: became ? controlNotices(channel) : [],
    permits,
    inspectionId: inspects ? parts.newId() : null,
  };
}

/** By what a permit is known when it is asked whether it was opened already. */
export function permitKey(paper: { readonly agency: string | null; readonly title: string }): string {
  return `${paper.agency ?? ''}\n${paper.title}`;
}

/** Opens what the acceptance orders; the declaration's row is there and held by the transaction. */
export function openOrders(transaction: Transaction, declarationId: string, acceptance: Acceptance, now: Date): void {
  if (acceptance.inspectionId !== null)
    insertInspection(transaction, {
      id: acceptance.inspectionId,
      declarationId,
      what: 'Inspection of the goods: red channel.',
      place: null,
      itemSequences: [],
      orderedBy: null,
      orderedByName: SYSTEM_NAME,
      orderedAt: now,
    });
  for (const { id, paper } of acceptance.permits)
    insertPermit(transaction, {
      id,
      declarationId,
      agency: paper.agency ?? '',
      subject: paper.title,
      itemSequences: paper.itemSequences,
      openedBy: null,
      openedByName: SYSTEM_NAME,
      openedAt: now,
    });
}

function controlNotices(channel: Channel): readonly Notice[] {
  if (channel === 'green') return [];
  return [
    {
      step: 'control',
      statements: [
        channel === 'yellow'
          ? { code: 'CONTROL-DOCUMENTS', text: 'The documents are looked at before the goods are released.' }
          : { code: 'CONTROL-GOODS', text: 'The goods are inspected before they are released.' },
      ],
    },
  ];
}

/** The duty as the declarant is told it: item by item what is payable; nothing where nothing is. */
export function dutyNotice(assessment: Assessment): Notice | null {
  const total = assessment.claimedTotal;
  if (total !== null && new Decimal(total.amount).isZero()) return null;
  return {
    step: 'duty',
    statements: [
      {
        code: 'DUTY',
        text:
          total === null
            ? 'The duty could not be computed for every item; an officer establishes it.'
            : `Duty of ${total.amount} ${total.currency} is due; pay or secure it. ${assessment.notIncluded}`,
      },
    ],
    duties: assessment.items.flatMap(({ sequence, preferenceCode, customsValue, claimed }) =>
      claimed.computed
        ? [
            {
              itemSequence: sequence,
              typeCode: CUSTOMS_DUTY,
              preferenceCode,
              baseAmount: customsValue,
              ratePercent: /^(\d+(?:\.\d+)?)%$/.exec(claimed.rate.words)?.[1] ?? null,
              payable: claimed.duty,
            },
          ]
        : [],
    ),
  };
}

/** Duty type of the vocabulary's users (UN/EDIFACT 5153): customs duty. */
const CUSTOMS_DUTY = 'A00';

/** The profile by which declarations of this administration are read. */
export function ownProfile(parts: ClearanceParts): NationalProfile {
  return profileOf(parts.country);
}
