import type { JsonObject } from '../documents/json.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { hasIndication, itemsOf, type KnownCertificate, member, partyOf } from './known-certificate.ts';

interface CertificateRow {
  readonly number: string;
  readonly state: string;
  readonly scheme: string;
  readonly exporting_country: string;
  readonly importing_country: string;
  readonly received_from: string | null;
  readonly consignment_reference: string;
  readonly content: JsonObject | null;
  readonly allotted: boolean;
}

/**
 * The certificates with these numbers that came to this node: the one in force before any that was refused, of those the one
 * that the issuing country itself delivered, then the newest.
 */
export async function findReceivedCertificates(
  reader: Reader,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, KnownCertificate>> {
  const { rows } = await reader.query<CertificateRow>({
    name: 'ledger-received-certificates',
    text: `select distinct on (c.number) c.number, c.state, c.scheme, c.exporting_country, c.importing_country,
        c.received_from, c.consignment_reference, c.content,
        exists (select 1 from certificate_allotments a where a.number = c.number) as allotted
      from certificates c where c.side = 'importing' and c.number = any($1)
      order by c.number, (c.state = 'refused'), (c.received_from <> c.exporting_country), c.recorded_at desc`,
    values: [numbers],
  });
  return new Map(rows.flatMap((row) => (row.content === null ? [] : [[row.number, knownOf(row, row.content)]])));
}

function knownOf(row: CertificateRow, content: JsonObject): KnownCertificate {
  const issueDate = content['issueDate'];
  return {
    number: row.number,
    state: row.state,
    scheme: row.scheme,
    issueDate: typeof issueDate === 'string' ? issueDate : '',
    exportingCountry: row.exporting_country,
    importingCountry: row.importing_country,
    receivedFrom: row.received_from,
    consignmentReference: row.consignment_reference,
    exporter: partyOf(member(content, 'exporter')),
    consignee: partyOf(member(content, 'consignee')),
    thirdCountryInvoicing: hasIndication(content, 'third-country-invoicing'),
    items: itemsOf(content),
    allotted: row.allotted,
  };
}

/**
 * Waits until no delivery of these numbers is under way, so that a certificate that is just arriving is either seen or finds
 * the use that awaits it. The lock is that of the deliveries (issuance), held until the transaction ends.
 */
export async function waitForDeliveries(transaction: Transaction, numbers: readonly string[]): Promise<void> {
  await transaction.query({
    name: 'ledger-wait-for-deliveries',
    text: `select pg_advisory_xact_lock_shared(hashtextextended(number, 7352021))
      from (select number from unnest($1::text[]) as n (number) order by number) as ordered`,
    values: [numbers],
  });
}
