import { randomBytes, randomUUID } from 'node:crypto';
import type { Selectivity } from '../../src/clearance/ports.ts';
import { createSelectivity, type SelectivityOfNode } from '../../src/clearance/selectivity/selectivity.ts';
import type { Channel } from '../../src/selectivity/selection.ts';
import type { Pool } from '../../src/store/pool.ts';
import { anAssessment, caseParts, someFacts } from '../selectivity/cases.ts';

export const NOW = new Date('2026-03-01T03:00:00Z');

/** What a channel is asked for: an import without certificates. */
export function aDeclaration(facts = someFacts()): Parameters<Selectivity['select']>[1] {
  return { ...caseParts({ facts }), certificateUses: [] };
}

/** Selectivity over a pool that may be opened later; nothing refers to certificates. */
export function selectivityOver(
  pool: () => Pool,
  clock: () => Date = () => NOW,
  errors: unknown[] = [],
): SelectivityOfNode {
  return createSelectivity({
    get pool() {
      return pool();
    },
    newId: randomUUID,
    clock,
    usesOf: async () => [],
    onError: (error) => errors.push(error),
  });
}

/** Stores a past declaration with the channel that it was given. */
export async function storePast(
  pool: Pool,
  firmId: string,
  more: { readonly channel?: Channel; readonly lodgedAt?: Date; readonly origin?: string } = {},
): Promise<string> {
  const id = randomUUID();
  const mrn = `26VN${randomBytes(7).toString('hex').toUpperCase()}`;
  const at = more.lodgedAt ?? new Date(NOW.getTime() - 86_400_000);
  const digest = randomBytes(32);
  const facts = someFacts({ exportCountry: more.origin ?? 'TH' });
  const selection = { channel: more.channel ?? 'green', ruleSetVersion: 1, fired: [], at: at.toISOString() };
  await pool.query({
    text: `with document as (
        insert into documents (digest, kind, content_type, bytes) values ($1, 'declaration', 'application/json', '{}')),
      declaration as (
        insert into declarations (id, mrn, state, channel, procedure, type_code, lrn, ucr, declarant_firm_id,
          lodged_by_firm_id, lodged_by, office, goods_item_count, goods_description, search_text, lodged_at, updated_at)
        values ($2, $3, 'in-clearance', $4, 'import', 'IMA', $3, 'UCR', $5, $5, $5, 'HPH', 1, 'Wheels', '', $6, $6)
        returning id)
      insert into declaration_versions (declaration_id, number, kind, document_digest, form, facts, assessment, selection,
          lodged_at, lodged_by, lodged_by_name)
        select id, 1, 'original', $1, 'json', $7::jsonb, $8::jsonb, $9::jsonb, $6, $5, 'A trader' from declaration`,
    values: [digest, id, mrn, selection.channel, firmId, at, facts, anAssessment(), selection],
  });
  return mrn;
}
