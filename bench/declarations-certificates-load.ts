import { createHash, randomUUID } from 'node:crypto';
import { makeCertificateNumber } from '../src/documents/certificate-number.ts';
import type { CertificateOfOrigin } from '../src/documents/types.ts';
import { sampleCountry } from '../src/region/sample-country.ts';
import type { Pool } from '../src/store/pool.ts';
import { exampleCertificate } from '../tests/documents/examples.ts';

/** A verified certificate for the importer of the sample region with one item of so many motors, under this serial. */
function certificateOf(serial: number, quantity: string): CertificateOfOrigin {
  const { importer, exporter } = { ...sampleCountry('VN'), exporter: sampleCountry('TH').exporter };
  const example = exampleCertificate();
  const [item] = example.goodsItems;
  if (item === undefined) throw new Error('the example has no goods');
  const today = new Date();
  return {
    ...example,
    number: makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year: today.getUTCFullYear(), serial }),
    issueDate: new Date(today.getTime() - 10 * 86_400_000).toISOString().slice(0, 10),
    exporter: { ...example.exporter, ...exporter },
    consignee: { ...example.consignee, ...importer },
    goodsItems: [{ ...item, quantity: { value: quantity, unit: 'C62' } }],
  };
}

/**
 * Puts certificates into a node as if they had come and been verified, each with an open ledger for its whole quantity.
 * @returns their numbers
 */
export async function keepCertificates(pool: Pool, first: number, count: number, quantity: string): Promise<string[]> {
  const certificates = Array.from({ length: count }, (_, index) => certificateOf(first + index, quantity));
  const bytes = certificates.map((certificate) => Buffer.from(JSON.stringify(certificate)));
  await pool.query({
    text: `with given as (
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
          as g (id, number, content, bytes, digest)),
      kept as (
        insert into documents (digest, kind, content_type, bytes)
        select digest, 'certificate-of-origin', 'application/xml', bytes from given),
      known as (
        insert into certificates (id, side, number, state, scheme, exporting_country, importing_country,
          consignment_reference, search_text, document_digest, content, recorded_at, own_outcome, own_steps, own_checked_at,
          received_from, consignee_scheme, consignee_identifier)
        select id, 'importing', number, 'verified', 'ATIGA-FORM-D', 'TH', 'VN', content::jsonb ->> 'consignmentReference',
          '', digest, content::jsonb, now(), 'verified', '[]', now(), 'TH',
          content::jsonb #>> '{consignee,identifier,scheme}', content::jsonb #>> '{consignee,identifier,value}'
        from given),
      opened as (
        insert into certificate_ledgers (number, side, opened_at) select number, 'importing', now() from given),
      partner as (
        insert into certificate_partners (number, country) select number, 'TH' from given)
      insert into certificate_allotments (number, item, unit, issued, granted)
        select number, 1, 'C62', $6::numeric, $6::numeric from given`,
    values: [
      certificates.map(() => randomUUID()),
      certificates.map(({ number }) => number),
      bytes.map((each) => each.toString()),
      bytes,
      bytes.map((each) => createHash('sha256').update(each).digest()),
      quantity,
    ],
  });
  return certificates.map(({ number }) => number);
}
