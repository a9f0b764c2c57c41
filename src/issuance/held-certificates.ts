import { isArray, isObject, type JsonObject } from '../documents/json.ts';
import type { SchemeId } from '../documents/types.ts';
import type { Reader } from '../store/pool.ts';
import type { VerificationStepView } from './views.ts';

/** A certificate as other journeys of the node need it, whoever asks; who may see it is for them to judge. */
export interface HeldCertificate {
  readonly number: string;
  readonly side: 'issuing' | 'importing';
  readonly state: string;
  readonly scheme: SchemeId;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly consignmentReference: string;
  /** SHA-256, hexadecimal, of the sealed bytes. */
  readonly documentDigest: string;
  /** Office that issued it; null on the importing side. */
  readonly office: string | null;
  readonly itemNumbers: readonly number[];
  /** What this node found when it checked the sealed bytes. */
  readonly checkedAt: Date;
  readonly steps: readonly VerificationStepView[];
}

interface Row {
  readonly number: string;
  readonly side: 'issuing' | 'importing';
  readonly state: string;
  readonly scheme: string;
  readonly exporting_country: string;
  readonly importing_country: string;
  readonly consignment_reference: string;
  readonly document_digest: string;
  readonly office: string | null;
  readonly content: JsonObject | null;
  readonly own_checked_at: Date;
  readonly own_steps: readonly VerificationStepView[];
}

/**
 * The certificates with these numbers that this node issued, or that came to it: of one number the one that is in force,
 * else the newest that was refused.
 */
export async function heldCertificates(
  reader: Reader,
  side: 'issuing' | 'importing',
  numbers: readonly string[],
): Promise<readonly HeldCertificate[]> {
  if (numbers.length === 0) return [];
  const { rows } = await reader.query<Row>({
    name: 'held-certificates',
    text: `select distinct on (c.number) c.number, c.side, c.state, c.scheme, c.exporting_country, c.importing_country,
        c.consignment_reference, encode(c.document_digest, 'hex') as document_digest, c.office, c.content,
        c.own_checked_at, c.own_steps
      from certificates c where c.side = $1 and c.number = any($2)
      order by c.number, (c.state = 'refused'), c.recorded_at desc`,
    values: [side, numbers],
  });
  return rows.flatMap((row) => {
    const { scheme } = row;
    if (!isScheme(scheme)) return [];
    return [
      {
        number: row.number,
        side: row.side,
        state: row.state,
        scheme,
        exportingCountry: row.exporting_country,
        importingCountry: row.importing_country,
        consignmentReference: row.consignment_reference,
        documentDigest: row.document_digest,
        office: row.office,
        itemNumbers: itemNumbersOf(row.content),
        checkedAt: row.own_checked_at,
        steps: row.own_steps,
      },
    ];
  });
}

/** Numbers of the certificates of a consignment that came here and were found good. */
export async function verifiedNumbersOf(reader: Reader, consignmentReference: string): Promise<readonly string[]> {
  const { rows } = await reader.query<{ number: string }>({
    name: 'verified-certificates-of-consignment',
    text: `select number from certificates
      where consignment_reference = $1 and side = 'importing' and state in ('verified', 'partly-used')
      order by recorded_at limit 50`,
    values: [consignmentReference],
  });
  return rows.map((row) => row.number);
}

function isScheme(scheme: string): scheme is SchemeId {
  return scheme === 'ATIGA-FORM-D' || scheme === 'RCEP';
}

function itemNumbersOf(content: JsonObject | null): number[] {
  const items = content?.['goodsItems'];
  if (items === undefined || !isArray(items)) return [];
  return items.flatMap((item) => {
    const number = isObject(item) ? item['itemNumber'] : undefined;
    return typeof number === 'number' ? [number] : [];
  });
}
