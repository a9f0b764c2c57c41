import { Decimal } from 'decimal.js';
import { readCertificateNumber } from '../documents/certificate-number.ts';
import { Refusal } from '../documents/refusal.ts';
import { memberOf } from '../federation/trust.ts';
import { storeDocument } from '../store/documents.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { findReceivedCertificates } from './certificate-queries.ts';
import { holdAllotments } from './draw-queries.ts';
import { openItems, resolveAwaited } from './open-ledger.ts';
import { type BalanceRow, balancesOf } from './partner-queries.ts';
import type { Delivered, LedgerParts, Taken } from './ports.ts';
import { quantityNamed, readMessage, type TrustedMessage } from './read-message.ts';
import {
  extentOfIssued,
  findAbout,
  holdCountry,
  keepReportedUses,
  noteGrant,
  noteReport,
  noteSequence,
  type ReportedBalance,
  type ReportedUse,
} from './receive-queries.ts';
import { tellExtent } from './use-up.ts';

/**
 * Takes a partner's message about the use of a certificate, in the transaction that keeps its message. What cannot be
 * believed or does not fit changes nothing: it is alarmed, and the message goes to the quarantine.
 * @returns `resolved` when clearance is to be told of declarations
 */
export async function receiveUse(
  parts: LedgerParts,
  transaction: Transaction,
  delivered: Delivered,
): Promise<Taken & { readonly resolved?: boolean }> {
  try {
    return await transaction.savepoint(async () => {
      const read = await readMessage(parts, delivered);
      return read.message.outcome === 'granted'
        ? await takeGrant(parts, transaction, delivered, read)
        : await takeReport(parts, transaction, delivered, read);
    });
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error;
    await appendEvent(transaction, {
      kind: 'certificate-use.refused',
      subject: delivered.messageId,
      conversation: delivered.conversationId,
      actor: partnerActor(parts, delivered.fromCountry),
      occurredAt: delivered.receivedAt,
      reason: error.message,
      data: { alarm: true, partner: delivered.fromCountry, code: error.code },
    });
    return { taken: false, code: error.code, reason: error.message };
  }
}

/** At the issuing node: what a country used, set aside and gave back of its allotment. */
async function takeReport(
  parts: LedgerParts,
  transaction: Transaction,
  delivered: Delivered,
  { message, bytes }: TrustedMessage,
): Promise<Taken> {
  const { number, documentDigest } = message.responseTo;
  const { sequence } = message.utilisation;
  const country = delivered.fromCountry;
  const about = await findAbout(transaction, 'issuing', number, documentDigest);
  if (about === undefined)
    throw new Refusal(
      'invalid',
      'USE-OF-UNKNOWN-CERTIFICATE',
      `This node issued no certificate ${number} with digest ${documentDigest}.`,
    );
  const held = await holdCountry(transaction, number, country);
  if (held === undefined)
    throw new Refusal('invalid', 'USE-NOT-ALLOTTED', `Nothing of ${number} was ever allotted to ${country}.`);
  const isNewer = BigInt(sequence) > held.received;
  const balances = reportedBalances(message, held.balances, country, isNewer);
  const digest = await storeDocument(transaction, {
    kind: 'application-response',
    contentType: 'application/xml',
    bytes,
  });
  const at = delivered.receivedAt;
  keepReportedUses(transaction, { number, country, sequence, at }, reportedUses(message, held.balances));
  if (!isNewer) return { taken: true };
  noteReport(transaction, { number, country, sequence, at, balances });
  await appendEvent(transaction, {
    kind: 'certificate.use-reported',
    subject: number,
    conversation: about.consignment_reference,
    actor: partnerActor(parts, country),
    occurredAt: at,
    reason: message.steps[0]?.reason,
    data: { sequence, documentDigest: digest, messageId: delivered.messageId },
  });
  const isUsedOtherwise = held.balances.some((row) => {
    const reported = balances.find(({ item }) => item === row.item);
    return reported !== undefined && !new Decimal(reported.writtenOff).eq(row.written_off);
  });
  if (isUsedOtherwise) {
    const extent = await extentOfIssued(transaction, number);
    await parts.certificates.used(transaction, { number, side: 'issuing', at, ...extent });
  }
  return { taken: true };
}

/** The balances of a report, each checked against what the country was allotted. */
function reportedBalances(
  { responseTo, utilisation }: TrustedMessage['message'],
  held: readonly BalanceRow[],
  country: string,
  isNewer: boolean,
): readonly ReportedBalance[] {
  return utilisation.lines
    .filter(({ kind }) => kind === 'balance')
    .map((line) => {
      const own = held.find(({ item }) => item === line.itemNumber);
      const [returned, reserved, writtenOff] = (['returned', 'set-aside', 'used'] as const).map((name) =>
        quantityNamed(line, name),
      );
      const told = [returned, reserved, writtenOff];
      if (own === undefined || returned === undefined || reserved === undefined || writtenOff === undefined)
        throw new Refusal(
          'invalid',
          'USE-INCOMPLETE',
          `Item ${line.itemNumber} of ${responseTo.number} is not one that ${country} was allotted, or its quantities are not all told.`,
        );
      if (told.some((each) => each?.unit !== own.unit))
        throw new Refusal(
          'invalid',
          'USE-UNIT-DIFFERS',
          `Item ${own.item} of ${responseTo.number} is counted in ${own.unit}.`,
        );
      const all = new Decimal(returned.value).plus(reserved.value).plus(writtenOff.value);
      if (isNewer && all.gt(own.granted))
        throw new Refusal(
          'invalid',
          'USE-BEYOND-ALLOTMENT',
          `${country} was allotted ${new Decimal(own.granted).toFixed()} ${own.unit} of item ${own.item} of ${responseTo.number} and tells of ${all.toFixed()}.`,
        );
      if (isNewer && new Decimal(returned.value).lt(own.returned))
        throw new Refusal(
          'invalid',
          'RETURN-TAKEN-BACK',
          `${country} gave back ${new Decimal(own.returned).toFixed()} ${own.unit} of item ${own.item} of ${responseTo.number} before, and now tells of less.`,
        );
      return { item: own.item, returned: returned.value, reserved: reserved.value, writtenOff: writtenOff.value };
    });
}

function reportedUses({ utilisation }: TrustedMessage['message'], held: readonly BalanceRow[]): ReportedUse[] {
  return utilisation.lines.flatMap((line, index) => {
    const used = quantityNamed(line, 'used');
    if (line.kind === 'balance' || used === undefined) return [];
    if (!held.some(({ item }) => item === line.itemNumber)) return [];
    return [
      {
        line: index,
        item: line.itemNumber,
        quantity: used.value,
        isCorrection: line.kind === 'correction',
        usedOn: line.date,
        movementReference: line.movementReference ?? null,
      },
    ];
  });
}

/** At a node that draws: the issuing country says how much of a certificate may be used here; the certificate comes along. */
async function takeGrant(
  parts: LedgerParts,
  transaction: Transaction,
  delivered: Delivered,
  { message, bytes, certificate }: TrustedMessage,
): Promise<Taken & { readonly resolved?: boolean }> {
  const { number, documentDigest } = message.responseTo;
  const country = delivered.fromCountry;
  if (readCertificateNumber(number)?.country !== country)
    throw new Refusal('invalid', 'GRANT-NOT-BY-ISSUER', `${country} did not issue ${number} and cannot allot it.`);
  if (certificate === undefined) throw new Error('a grant was read without its certificate');
  const taken = await parts.certificates.takeGranted(transaction, delivered, certificate);
  if (!taken.taken) throw new Refusal('invalid', 'GRANT-WITHOUT-CERTIFICATE', taken.reason);
  const about = await findAbout(transaction, 'importing', number, documentDigest);
  if (about === undefined || about.state === 'refused')
    throw new Refusal(
      'invalid',
      'GRANT-OF-OTHER-CERTIFICATE',
      `The certificate that came along is not ${number} with digest ${documentDigest}, or it is refused here.`,
    );
  const known = (await findReceivedCertificates(transaction, [number])).get(number);
  if (known === undefined) throw new Error(`${number} was taken and is not in the table`);
  await storeDocument(transaction, { kind: 'application-response', contentType: 'application/xml', bytes });
  const granted = grantedQuantities(message, known.items);
  // The delivery is the grant to the country that the certificate is made out for; any other begins with nothing.
  const isOurs = known.importingCountry === parts.country;
  openItems(
    transaction,
    known,
    delivered.receivedAt,
    known.items.map(({ quantity }) => (isOurs ? quantity.value : '0')),
  );
  await holdAllotments(transaction, [number]);
  if (await isNews(transaction, number, country, message.utilisation.sequence)) {
    await refuseBeyondIssued(transaction, number, country, granted);
    noteGrant(transaction, number, granted);
    noteSequence(transaction, number, country, message.utilisation.sequence, delivered.receivedAt);
    await appendEvent(transaction, {
      kind: 'certificate.allotted',
      subject: number,
      conversation: about.consignment_reference,
      actor: partnerActor(parts, country),
      occurredAt: delivered.receivedAt,
      reason: message.steps[0]?.reason,
      data: { documentDigest, messageId: delivered.messageId, sequence: message.utilisation.sequence },
    });
    await reviveUsedUp(parts, transaction, number, about.state, delivered.receivedAt);
  }
  const resolved = await resolveAwaited(parts, transaction, number, delivered.receivedAt);
  return { taken: true, resolved };
}

async function isNews(transaction: Transaction, number: string, country: string, sequence: string): Promise<boolean> {
  const { rows } = await transaction.query<{ received_sequence: bigint }>({
    name: 'ledger-hold-issuer',
    text: 'select received_sequence from certificate_partners where number = $1 and country = $2 for update',
    values: [number, country],
  });
  return BigInt(sequence) > (rows[0]?.received_sequence ?? -1n);
}

function grantedQuantities(
  { responseTo, utilisation }: TrustedMessage['message'],
  items: readonly { readonly item: number; readonly quantity: { readonly unit: string } }[],
): { readonly item: number; readonly granted: string }[] {
  return utilisation.lines
    .filter(({ kind }) => kind === 'balance')
    .map((line) => {
      const granted = quantityNamed(line, 'granted');
      const unit = items.find(({ item }) => item === line.itemNumber)?.quantity.unit;
      if (granted === undefined || granted.unit !== unit)
        throw new Refusal(
          'invalid',
          'GRANT-DIFFERS-FROM-CERTIFICATE',
          `The grant tells item ${line.itemNumber} of ${responseTo.number} otherwise than the certificate.`,
        );
      return { item: line.itemNumber, granted: granted.value };
    });
}

/** No country can be allotted more at a time than there is on the certificate. */
async function refuseBeyondIssued(
  transaction: Transaction,
  number: string,
  country: string,
  granted: readonly { readonly item: number; readonly granted: string }[],
): Promise<void> {
  const balances = await balancesOf(transaction, { number, country, side: 'importing' });
  for (const row of balances) {
    const one = granted.find(({ item }) => item === row.item);
    if (one !== undefined && new Decimal(one.granted).minus(row.returned).gt(row.issued))
      throw new Refusal(
        'invalid',
        'GRANT-BEYOND-CERTIFICATE',
        `${country} allots more of item ${row.item} of ${number} than there is on it.`,
      );
  }
}

/** Of a certificate that was used up here there is something left again. */
async function reviveUsedUp(
  parts: LedgerParts,
  transaction: Transaction,
  number: string,
  state: string,
  at: Date,
): Promise<void> {
  if (state === 'used-up') await tellExtent(parts, transaction, [number], at);
}

function partnerActor(parts: LedgerParts, country: string): { id: string; name: string; role: string } {
  const directory = parts.directory();
  return {
    id: country,
    name: (directory === null ? undefined : memberOf(directory, country)?.name) ?? country,
    role: 'node',
  };
}
