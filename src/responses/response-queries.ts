import type { Actor } from '../access/actor.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import type { Reader, Statement } from '../store/pool.ts';
import type { ResponseNotice } from './ports.ts';

/**
 * Keeps a response, gives it to its firms, and queues it for their webhooks: one statement that travels with the
 * transaction of the step.
 */
export function keepResponseStatement(id: string, notice: ResponseNotice, bytes: Buffer, now: Date): Statement {
  const { content } = notice;
  return {
    name: 'keep-response',
    text: `with response as (
        insert into responses (id, declaration_id, mrn, lrn, consignment_reference, step, issued_at, declarant_firm_id,
          content, bytes)
        values ($1, $2, $3, $4, $5, $6, $7, ($8::uuid[])[1], $9, $10) returning id, written_by, position, step),
      recipients as (
        insert into response_recipients (firm_id, written_by, position, response_id)
        select distinct firm, r.written_by, r.position, r.id from response r, unnest($8::uuid[]) as firm)
      insert into webhook_deliveries (webhook_id, response_id, queued_at, next_attempt_at)
        select w.id, r.id, $7, $7 from response r join webhooks w
          on w.firm_id = any($8) and w.state = 'active' and (w.steps is null or r.step = any(w.steps))`,
    values: [
      id,
      notice.declarationId,
      notice.movementReference,
      notice.localReference,
      notice.consignmentReference,
      content.step,
      now,
      notice.firmIds,
      JSON.stringify(content),
      bytes,
    ],
  };
}

export interface ResponseRow {
  readonly id: string;
  readonly written_by: string;
  readonly position: bigint;
  readonly mrn: string;
  readonly lrn: string;
  readonly consignment_reference: string;
  readonly step: string;
  readonly issued_at: Date;
  readonly content: ResponseContent;
}

/** Where in the feed a reader stands. */
export interface FeedPlace {
  readonly writtenBy: string;
  readonly position: string;
}

const columns = `r.id, p.written_by::text as written_by, p.position, r.mrn, r.lrn, r.consignment_reference, r.step,
  r.issued_at, r.content`;
/** Own declarations always; others' only while a mandate holds (threats P1). */
const standsFor = `(r.declarant_firm_id = $1 or exists (select 1 from mandates m where m.principal_firm_id = r.declarant_firm_id
  and m.broker_firm_id = $1 and m.valid_from <= $2 and m.valid_until > $2 and m.revoked_at is null))`;

/**
 * The firm's responses in their order after a place, or the newest ones first. Only what no transaction that still runs
 * could precede: so whoever goes on from the last place never misses one.
 */
export async function selectFeed(
  reader: Reader,
  actor: Actor,
  now: Date,
  wanted: {
    readonly after: FeedPlace | null;
    readonly newestFirst: boolean;
    readonly movementReference: string | null;
    readonly step: string | null;
    readonly limit: number;
  },
): Promise<readonly ResponseRow[]> {
  const [beyond, order] = wanted.newestFirst ? (['<', 'desc'] as const) : (['>', 'asc'] as const);
  const { rows } = await reader.query<ResponseRow>({
    name: `response-feed-${order}`,
    text: `select ${columns} from response_recipients p join responses r on r.id = p.response_id
      where p.firm_id = $1 and p.written_by < pg_snapshot_xmin(pg_current_snapshot()) and ${standsFor}
        and ($3::text is null or (p.written_by, p.position) ${beyond} ($3::text::xid8, $4::bigint))
        and ($5::text is null or r.mrn = $5) and ($6::text is null or r.step = $6)
      order by p.written_by ${order}, p.position ${order} limit $7`,
    values: [
      actor.firmId,
      now,
      wanted.after?.writtenBy ?? null,
      wanted.after?.position ?? null,
      wanted.movementReference,
      wanted.step,
      wanted.limit,
    ],
  });
  return rows;
}

/** A response with its bytes, if the actor's firm is told of it. */
export async function findResponse(
  reader: Reader,
  actor: Actor,
  now: Date,
  id: string,
): Promise<(ResponseRow & { readonly bytes: Buffer }) | undefined> {
  const { rows } = await reader.query<ResponseRow & { bytes: Buffer }>({
    name: 'find-response',
    text: `select ${columns}, r.bytes from responses r join response_recipients p on p.response_id = r.id
      where r.id = $3 and p.firm_id = $1 and ${standsFor}`,
    values: [actor.firmId, now, id],
  });
  return rows[0];
}
