import type { JsonValue } from '../documents/json.ts';
import { isArray, isObject } from '../documents/json.ts';
import type { Reader } from '../store/pool.ts';

/** One step of a verification as it was stored. */
export interface StoredStep {
  readonly step: string;
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  readonly reason: string;
  readonly code?: string;
}

/** What this node found when it checked a certificate that arrived, and how the certificate stands now. */
export interface StoredVerification {
  readonly number: string;
  readonly state: string;
  readonly issuingCountry: string;
  readonly checkedAt: string;
  readonly steps: readonly StoredStep[];
  readonly documentDigest: string;
}

/**
 * The stored verifications of certificates on the importing side, for whoever decides about goods that they are named
 * for. Of one number the document in use; where every document with it was refused, the newest.
 */
export async function verificationsOf(
  reader: Reader,
  numbers: readonly string[],
): Promise<readonly StoredVerification[]> {
  if (numbers.length === 0) return [];
  const { rows } = await reader.query<{
    number: string;
    state: string;
    exporting_country: string;
    own_checked_at: Date;
    own_steps: JsonValue;
    digest: string;
  }>({
    name: 'verifications-of-certificates',
    text: `select distinct on (number) number, state, exporting_country, own_checked_at, own_steps,
        encode(document_digest, 'hex') as digest
      from certificates where number = any($1) and side = 'importing'
      order by number, (state = 'refused'), recorded_at desc`,
    values: [numbers],
  });
  return rows.map((row) => ({
    number: row.number,
    state: row.state,
    issuingCountry: row.exporting_country,
    checkedAt: row.own_checked_at.toISOString(),
    steps: isArray(row.own_steps) ? row.own_steps.flatMap(stepOf) : [],
    documentDigest: row.digest,
  }));
}

/** What cannot be read as a step is none, so that its question stays unchecked. */
function stepOf(value: JsonValue): StoredStep[] {
  if (!isObject(value)) return [];
  const { step, verdict, reason, code } = value;
  if (typeof step !== 'string' || typeof reason !== 'string') return [];
  if (verdict !== 'passed' && verdict !== 'failed' && verdict !== 'not-checked') return [];
  return [{ step, verdict, reason, ...(typeof code === 'string' ? { code } : {}) }];
}
