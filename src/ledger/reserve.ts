import { Decimal } from 'decimal.js';
import { memberOf } from '../federation/trust.ts';
import { appendEvent } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { findReceivedCertificates, waitForDeliveries } from './certificate-queries.ts';
import { type Reference, referencesOf } from './claim.ts';
import { drawInTurn, exceeded, notFitting } from './draw-in-turn.ts';
import {
  findUses,
  holdAllotments,
  holdDeclaration,
  holdUses,
  insertUses,
  type NewUse,
  remainingOf,
  type UseRow,
  type Wanted,
} from './draw-queries.ts';
import { type Circumstances, type Judgement, judgeReference } from './judge-reference.ts';
import type { KnownCertificate } from './known-certificate.ts';
import { localDate } from './local-date.ts';
import type { Claim, LedgerParts, Use } from './ports.ts';
import { giveBackHeld } from './use-up.ts';

/** By what references are judged at a moment. */
export function circumstancesOf(parts: LedgerParts, now: Date): Circumstances {
  const directory = parts.directory();
  return {
    country: parts.country,
    today: localDate(now, parts.timeZone),
    isMember: (country) => directory === null || memberOf(directory, country) !== undefined,
  };
}

/** What reserving would give, with nothing stored. */
export async function preview(
  parts: LedgerParts,
  reader: Reader,
  claim: Pick<Claim, 'facts' | 'importerIdentifier'>,
  now: Date,
): Promise<readonly Use[]> {
  const references = referencesOf(claim.facts, claim.importerIdentifier, parts.isCertificateOfOrigin);
  if (references.length === 0) return [];
  const known = await findReceivedCertificates(reader, numbersOf(references));
  const judged = references.map((reference) => judge(parts, reference, known, now));
  const left = await remainingOf(
    reader,
    judged.flatMap(({ wanted }) => (wanted === undefined ? [] : [wanted])),
  );
  const refused = notFitting(
    judged.flatMap(({ wanted }) => (wanted === undefined ? [] : [wanted])),
    left,
  );
  return judged.map(({ use, wanted }) => {
    if (wanted === undefined) return viewOfNew(use, undefined);
    const { unit } = wanted;
    const short = refused.get(use.id);
    const reason = `${wanted.quantity} ${unit} of item ${wanted.item} of ${wanted.number} can be set aside.${wanted.note}`;
    const outcome =
      short === undefined ? { state: 'reserved' as const, code: null, reason } : exceeded(wanted, unit, short);
    return viewOfNew(use, { ...outcome, unit });
  });
}

/**
 * Sets quantities aside for a declaration. What an earlier version of it had set aside is given back first; what was written
 * off for it stays written off, and the same reference does not draw again.
 */
export async function reserve(
  parts: LedgerParts,
  transaction: Transaction,
  claim: Claim,
  now: Date,
): Promise<readonly Use[]> {
  const { declarationId, movementReference } = claim;
  const references = referencesOf(claim.facts, claim.importerIdentifier, parts.isCertificateOfOrigin);
  if (claim.isNew !== true) holdDeclaration(transaction, declarationId);
  const known = await arrivedCertificates(transaction, references);
  const earlier = claim.isNew === true ? [] : await holdUses(transaction, declarationId);
  const kept = earlier.filter(({ state }) => state === 'written-off');
  const judged = references
    .filter((reference) => !kept.some((use) => isSameReference(use, reference)))
    .map((reference) => judge(parts, reference, known, now));
  const wanted = judged.flatMap((each) => (each.wanted === undefined ? [] : [each.wanted]));
  const replaced = earlier.filter(({ state }) => state !== 'written-off');
  if (replaced.length > 0) {
    // Old and new certificates are locked together and in order, or two amendments could wait for each other.
    await holdAllotments(transaction, [...new Set([...replaced, ...wanted].map(({ number }) => number))]);
    await giveBackHeld(parts, transaction, replaced, now, true);
  }
  const by = { declarationId, movementReference, issuedNumber: null, importerIdentifier: claim.importerIdentifier };
  if (judged.length > 0)
    insertUses(
      transaction,
      { ...by, at: now },
      judged.map(({ use }) => use),
    );
  const drawn = await drawInTurn(transaction, wanted, now);
  for (const one of wanted)
    if (drawn.get(one.id)?.state === 'reserved') await noteSetAside(parts, transaction, one, movementReference, now);
  const fresh = judged.map(({ use, wanted: one }) => {
    const outcome = drawn.get(use.id);
    return viewOfNew(use, outcome === undefined || one === undefined ? undefined : { ...outcome, unit: one.unit });
  });
  return [...kept.map(viewOf), ...fresh].sort((one, other) => one.itemSequence - other.itemSequence);
}

/** The uses of a declaration as they stand for its newest version. */
export async function usesOf(reader: Reader, declarationId: string): Promise<readonly Use[]> {
  const rows = await findUses(reader, declarationId);
  return rows.map(viewOf).sort((one, other) => one.itemSequence - other.itemSequence);
}

/** A quantity was set aside: in the log, for ever. */
export async function noteSetAside(
  parts: LedgerParts,
  transaction: Transaction,
  wanted: Wanted,
  movementReference: string | null,
  now: Date,
): Promise<void> {
  await appendEvent(transaction, {
    kind: 'certificate.set-aside',
    subject: wanted.number,
    actor: { id: parts.country, name: parts.names.customs, role: 'node' },
    occurredAt: now,
    data: { useId: wanted.id, item: wanted.item, quantity: wanted.quantity, movementReference },
  });
}

/** A judged reference as the row to be written, and what it wants of which item. */
export interface JudgedUse {
  readonly use: NewUse;
  readonly wanted?: Wanted & { readonly unit: string };
}

/** What a reference comes to, under a given id. */
export function judgedUse(id: string, reference: Reference, judgement: Judgement): JudgedUse {
  const use = { id, itemSequence: reference.itemSequence, reference };
  if (judgement.kind !== 'draw') {
    const { code, reason, kind } = judgement;
    return { use: { ...use, item: null, quantity: null, state: kind, code, reason } };
  }
  const { item, quantity, note } = judgement;
  const { number } = reference;
  return {
    use: {
      ...use,
      item,
      quantity: quantity.value,
      state: 'refused',
      code: 'CERTIFICATE-NOT-ALLOTTED',
      reason: `Nothing of item ${item} of ${number} is allotted to this country.`,
    },
    wanted: { id, number, item, quantity: quantity.value, unit: quantity.unit, note },
  };
}

function judge(
  parts: LedgerParts,
  reference: Reference,
  known: ReadonlyMap<string, KnownCertificate>,
  now: Date,
): JudgedUse {
  const judgement = judgeReference(reference, known.get(reference.number), circumstancesOf(parts, now));
  return judgedUse(parts.newId(), reference, judgement);
}

async function arrivedCertificates(
  transaction: Transaction,
  references: readonly Reference[],
): Promise<ReadonlyMap<string, KnownCertificate>> {
  const numbers = numbersOf(references);
  if (numbers.length === 0) return new Map();
  const known = await findReceivedCertificates(transaction, numbers);
  const missing = numbers.filter((number) => (known.get(number)?.state ?? 'refused') === 'refused');
  if (missing.length === 0) return known;
  await waitForDeliveries(transaction, missing);
  return new Map([...known, ...(await findReceivedCertificates(transaction, missing))]);
}

function numbersOf(references: readonly Reference[]): string[] {
  return [...new Set(references.map(({ number }) => number))];
}

function isSameReference(use: UseRow, reference: Reference): boolean {
  return use.item_sequence === reference.itemSequence && use.number === reference.number;
}

function viewOf(row: UseRow): Use {
  const unit = row.unit ?? row.claimed_unit;
  const value = row.quantity ?? row.claimed_value;
  return {
    id: row.id,
    itemSequence: row.item_sequence,
    certificateNumber: row.number,
    certificateItem: row.item,
    quantity: value === null || unit === null ? null : { value: new Decimal(value).toFixed(), unit },
    state: row.state,
    code: row.code,
    reason: row.reason,
  };
}

function viewOfNew(
  use: NewUse,
  outcome: (Pick<Use, 'state' | 'code' | 'reason'> & { readonly unit: string }) | undefined,
): Use {
  const { claimed } = use.reference;
  const asClaimed = claimed === null || claimed.unit === null ? null : { value: claimed.value, unit: claimed.unit };
  return {
    id: use.id,
    itemSequence: use.itemSequence,
    certificateNumber: use.reference.number,
    certificateItem: use.item,
    quantity: outcome === undefined || use.quantity === null ? asClaimed : { value: use.quantity, unit: outcome.unit },
    state: outcome?.state ?? use.state,
    code: outcome === undefined ? use.code : outcome.code,
    reason: outcome?.reason ?? use.reason,
  };
}
