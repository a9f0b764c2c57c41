import type { Actor } from '../access/actor.ts';
import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Cursor } from '../store/cursor.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** A forwarded declaration as the table holds it; digests in hexadecimal. */
export interface ForwardedRow {
  readonly id: string;
  readonly partner: string;
  readonly mrn: string;
  readonly consignment_reference: string;
  readonly document_version: number;
  readonly status: 'accepted' | 'amended' | 'withdrawn';
  readonly document_digest: string | null;
  readonly media_type: string | null;
  readonly facts: DeclarationFacts | null;
  readonly recorded_at: Date;
}

const columns = `f.id, f.partner, f.mrn, f.consignment_reference, f.document_version, f.status,
  encode(f.document_digest, 'hex') as document_digest, f.media_type, f.facts, f.recorded_at`;

/** The newest row of each declaration stands; one that was withdrawn stays so whatever its number. */
const isCurrent = `not exists (select 1 from forwarded_declarations n where n.side = f.side and n.partner = f.partner
  and n.mrn = f.mrn and (n.document_version, n.status = 'withdrawn', n.recorded_at, n.id)
    > (f.document_version, f.status = 'withdrawn', f.recorded_at, f.id))`;

/** What is known of a forwarded declaration when it is sent or received. */
export interface NewForwarded {
  readonly id: string;
  readonly side: 'sent' | 'received';
  readonly partner: string;
  readonly mrn: string;
  readonly consignmentReference: string;
  readonly documentVersion: number;
  readonly status: 'accepted' | 'amended' | 'withdrawn';
  readonly documentDigest: string | null;
  readonly mediaType: string | null;
  readonly paperId: string;
  readonly facts: DeclarationFacts | null;
  readonly importerIdentifier: string | null;
  readonly recordedAt: Date;
}

/** Keeps one, once; false when this version was kept before. */
export async function insertForwarded(transaction: Transaction, one: NewForwarded): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'insert-forwarded-declaration',
    text: `insert into forwarded_declarations (id, side, partner, mrn, consignment_reference, document_version, status,
        document_digest, media_type, paper_id, facts, importer_identifier, recorded_at)
      values ($1, $2, $3, $4, $5, $6, $7, decode($8, 'hex'), $9, $10, $11, $12, $13)
      on conflict (side, partner, mrn, document_version, status) do nothing`,
    values: [
      one.id,
      one.side,
      one.partner,
      one.mrn,
      one.consignmentReference,
      one.documentVersion,
      one.status,
      one.documentDigest,
      one.mediaType,
      one.paperId,
      one.facts === null ? null : JSON.stringify(one.facts),
      one.importerIdentifier,
      one.recordedAt,
    ],
  });
  return rowCount === 1;
}

/**
 * Which received declarations (alias `f`) an actor sees: officials of customs all; a firm those that name it as importer
 * by its identifier; a broker also those of firms whose mandate holds now. Threats P1.
 */
export function visibleForwarded(
  actor: Actor,
  now: Date,
  first: number,
): { name: string; sql: string; values: unknown[] } {
  switch (actor.role) {
    case 'clearance-officer':
    case 'supervisor':
      return { name: 'customs', sql: 'true', values: [] };
    case 'trader':
    case 'broker':
      if (actor.firmId === null) return { name: 'nobody', sql: 'false', values: [] };
      return {
        name: actor.role,
        sql: `f.importer_identifier in (select identifier_value from firms where id = $${first}${
          actor.role === 'broker'
            ? ` or id in (select m.principal_firm_id from mandates m where m.broker_firm_id = $${first}
                and m.valid_from <= $${first + 1} and m.valid_until > $${first + 1} and m.revoked_at is null)`
            : ''
        })`,
        values: actor.role === 'broker' ? [actor.firmId, now] : [actor.firmId],
      };
    default:
      return { name: 'nobody', sql: 'false', values: [] };
  }
}

/** Received declarations that the actor sees, newest first; one more than asked for when there is a next page. */
export async function selectForwarded(
  reader: Reader,
  actor: Actor,
  now: Date,
  filter: { readonly consignmentReference?: string; readonly text?: string },
  page: { readonly limit: number; readonly after: Cursor | null },
): Promise<readonly ForwardedRow[]> {
  const seen = visibleForwarded(actor, now, 6);
  const { rows } = await reader.query<ForwardedRow>({
    name: `list-forwarded-declarations-${seen.name}`,
    text: `select ${columns} from forwarded_declarations f
      where f.side = 'received' and ${seen.sql} and ${isCurrent}
        and ($1::text is null or f.consignment_reference = $1)
        and ($2::text is null or f.mrn = $2 or f.facts::text ilike '%' || $2 || '%')
        and ($3::timestamptz is null or (f.recorded_at, f.id) < ($3, $4::uuid))
      order by f.recorded_at desc, f.id desc limit $5`,
    values: [
      filter.consignmentReference ?? null,
      filter.text?.replaceAll(/[\\%_]/g, '\\$&') ?? null,
      page.after?.at ?? null,
      page.after?.id ?? null,
      page.limit + 1,
      ...seen.values,
    ],
  });
  return rows;
}

/** A received declaration if the actor sees it. */
export async function findForwarded(
  reader: Reader,
  actor: Actor,
  now: Date,
  id: string,
): Promise<ForwardedRow | undefined> {
  const seen = visibleForwarded(actor, now, 2);
  const { rows } = await reader.query<ForwardedRow>({
    name: `find-forwarded-declaration-${seen.name}`,
    text: `select ${columns} from forwarded_declarations f where f.side = 'received' and f.id = $1 and ${seen.sql}`,
    values: [id, ...seen.values],
  });
  return rows[0];
}

/** What stands of the declarations received for a consignment: the newest of each, those withdrawn left out. */
export async function currentOfConsignment(
  reader: Reader,
  consignmentReference: string,
): Promise<readonly ForwardedRow[]> {
  const { rows } = await reader.query<ForwardedRow>({
    name: 'current-forwarded-of-consignment',
    text: `select ${columns} from forwarded_declarations f
      where f.side = 'received' and f.consignment_reference = $1 and f.status <> 'withdrawn' and ${isCurrent}
      order by f.recorded_at desc limit 20`,
    values: [consignmentReference],
  });
  return rows;
}
