import { readCertificateNumber } from '../documents/certificate-number.ts';
import { Refusal } from '../documents/refusal.ts';
import type { CertificateOfOrigin, GoodsItem } from '../documents/types.ts';
import type { Transaction } from '../store/transaction.ts';
import { findReceivedCertificates } from './certificate-queries.ts';
import type { Reference } from './claim.ts';
import { draw, holdAllotments, insertUses } from './draw-queries.ts';
import { judgeReference } from './judge-reference.ts';
import { openIssued } from './open-ledger.ts';
import { markDue } from './partner-queries.ts';
import type { IssuedCertificate, LedgerParts } from './ports.ts';
import { circumstancesOf, type JudgedUse, judgedUse } from './reserve.ts';
import { tellExtent } from './use-up.ts';

/**
 * A certificate is issued, in the transaction that keeps it: its whole quantity is allotted to the importing country. One that
 * is issued back to back uses up that much of the first certificate at once (ATIGA OCP rule 11): while that is valid, for the
 * same goods, and never more than is left on it. Only its consignee exports on it, so that nobody uses up another's.
 * @throws the refusal `BACK-TO-BACK-REFUSED` with every reason; then nothing is issued
 */
export async function certificateIssued(
  parts: LedgerParts,
  transaction: Transaction,
  { certificate, at }: IssuedCertificate,
): Promise<void> {
  await drawOnFirst(parts, transaction, certificate, at);
  openIssued(
    transaction,
    certificate.number,
    certificate.goodsItems.map((item) => ({
      item: item.itemNumber,
      description: item.description,
      harmonizedSystemCode: item.harmonizedSystemCode,
      originCountry: item.originCountry,
      quantity: item.quantity,
    })),
    certificate.importingCountry,
    at,
  );
}

async function drawOnFirst(
  parts: LedgerParts,
  transaction: Transaction,
  certificate: CertificateOfOrigin,
  at: Date,
): Promise<void> {
  const first = certificate.backToBack?.number;
  // A first certificate of another form is on paper, and the issuing officer has it in hand.
  if (first === undefined || readCertificateNumber(first) === undefined) return;
  const known = (await findReceivedCertificates(transaction, [first])).get(first);
  const circumstances = circumstancesOf(parts, at);
  const judged = certificate.goodsItems.map((item) => {
    const reference = referenceOf(certificate, item, first);
    return judgedUse(parts.newId(), reference, judgeReference(reference, known, circumstances));
  });
  refuse(judged.filter(({ wanted }) => wanted === undefined).map(({ use }) => use.reason));
  await holdAllotments(transaction, [first]);
  const by = { declarationId: null, movementReference: null, issuedNumber: certificate.number };
  insertUses(
    transaction,
    { ...by, importerIdentifier: certificate.exporter.identifier?.value ?? null, at },
    judged.map(({ use }) => use),
  );
  const wanted = judged.flatMap((each) => (each.wanted === undefined ? [] : [each.wanted]));
  const drawn = await draw(transaction, wanted, at, 'written-off');
  refuse(failures(judged, drawn));
  markDue(transaction, [first], at);
  await tellExtent(parts, transaction, [first], at);
}

function failures(
  judged: readonly JudgedUse[],
  drawn: ReadonlyMap<string, { readonly state: string; readonly reason: string }>,
): string[] {
  return judged.flatMap(({ use }) => {
    const outcome = drawn.get(use.id);
    return outcome?.state === 'written-off' ? [] : [outcome?.reason ?? use.reason];
  });
}

function refuse(reasons: readonly string[]): void {
  if (reasons.length === 0) return;
  throw new Refusal(
    'conflict',
    'BACK-TO-BACK-REFUSED',
    `The certificate cannot be issued on the first one. ${[...new Set(reasons)].join(' ')}`.slice(0, 2000),
  );
}

function referenceOf(certificate: CertificateOfOrigin, item: GoodsItem, first: string): Reference {
  const { exporter } = certificate;
  return {
    itemSequence: item.itemNumber,
    number: first,
    namedItem: null,
    claimed: item.quantity,
    measures: [],
    commodityCode: item.harmonizedSystemCode,
    originCountry: item.originCountry,
    importer: { identifier: exporter.identifier?.value ?? null, name: exporter.name },
    exporter: { identifier: null, name: null },
    consignmentReference: certificate.consignmentReference,
  };
}
