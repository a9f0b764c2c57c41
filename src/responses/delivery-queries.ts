import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** A delivery that is due, with what it takes to make it. */
export interface DueDelivery {
  readonly id: string;
  readonly webhook_id: string;
  readonly response_id: string;
  readonly attempts: number;
  readonly queued_at: Date;
  readonly url: string;
  readonly secret: Buffer;
  readonly secret_before: Buffer | null;
  readonly secret_changed_at: Date | null;
  readonly mrn: string;
  readonly lrn: string;
  readonly consignment_reference: string;
  readonly step: string;
  readonly issued_at: Date;
  readonly content: unknown;
}

/**
 * Claims due deliveries for a try: until the lease is over no other process takes them. Of one webhook at most a few at a
 * time, the oldest first; none of a webhook that was paused, nor for a broker whose mandate has ended.
 */
export async function claimDeliveries(
  reader: Reader,
  now: Date,
  leaseUntil: Date,
  most: number,
): Promise<readonly DueDelivery[]> {
  const { rows } = await reader.query<DueDelivery>({
    name: 'claim-webhook-deliveries',
    text: `with due as (
        select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
          join responses r on r.id = d.response_id
        where d.state = 'queued' and d.next_attempt_at <= $1 and w.state = 'active'
          and (r.declarant_firm_id = w.firm_id or exists (select 1 from mandates m
            where m.principal_firm_id = r.declarant_firm_id and m.broker_firm_id = w.firm_id
              and m.valid_from <= $1 and m.valid_until > $1 and m.revoked_at is null))
        order by d.next_attempt_at, d.id limit $3 for update of d skip locked),
      claimed as (
        update webhook_deliveries d set next_attempt_at = $2, attempts = d.attempts + 1 from due where d.id = due.id
        returning d.id, d.webhook_id, d.response_id, d.attempts, d.queued_at)
      select c.id, c.webhook_id, c.response_id, c.attempts, c.queued_at, w.url, w.secret, w.secret_before,
        w.secret_changed_at, r.mrn, r.lrn, r.consignment_reference, r.step, r.issued_at, r.content
      from claimed c join webhooks w on w.id = c.webhook_id join responses r on r.id = c.response_id
      order by c.queued_at, c.id`,
    values: [now, leaseUntil, most],
  });
  return rows;
}

/** Notes that a delivery was taken. */
export async function noteDelivered(reader: Reader, id: string, webhookId: string, status: number, at: Date) {
  await reader.query({
    name: 'note-webhook-delivered',
    text: `with done as (
        update webhook_deliveries set state = 'delivered', delivered_at = $4, last_status = $3, last_error = null
        where id = $1 and state = 'queued')
      update webhooks set failing_since = null where id = $2 and failing_since is not null`,
    values: [id, webhookId, status, at],
  });
}

/** Notes that a try failed: when the next is due, or that there is none. */
export async function noteFailedTry(
  reader: Reader,
  one: {
    readonly id: string;
    readonly webhookId: string;
    readonly status: number | null;
    readonly error: string;
    /** Null: it was the last. */
    readonly nextAt: Date | null;
    readonly at: Date;
  },
): Promise<void> {
  await reader.query({
    name: 'note-webhook-failed',
    text: `with done as (
        update webhook_deliveries set last_status = $3, last_error = $4,
          state = case when $5::timestamptz is null then 'failed' else 'queued' end,
          next_attempt_at = coalesce($5, next_attempt_at)
        where id = $1 and state = 'queued')
      update webhooks set failing_since = $6 where id = $2 and failing_since is null`,
    values: [one.id, one.webhookId, one.status, one.error, one.nextAt, one.at],
  });
}

export interface DeliveryRow {
  readonly id: string;
  readonly response_id: string;
  readonly mrn: string;
  readonly step: string;
  readonly state: 'queued' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly queued_at: Date;
  readonly next_attempt_at: Date;
  readonly delivered_at: Date | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
}

/** The newest deliveries of a webhook before a place. */
export async function selectDeliveries(
  reader: Reader,
  webhookId: string,
  wanted: {
    readonly state: string | null;
    readonly before: { readonly at: Date; readonly id: string } | null;
    readonly limit: number;
  },
): Promise<readonly DeliveryRow[]> {
  const { rows } = await reader.query<DeliveryRow>({
    name: 'list-webhook-deliveries',
    text: `select d.id, d.response_id, r.mrn, r.step, d.state, d.attempts, d.queued_at, d.next_attempt_at, d.delivered_at,
        d.last_status, d.last_error
      from webhook_deliveries d join responses r on r.id = d.response_id
      where d.webhook_id = $1 and ($2::text is null or d.state = $2)
        and ($3::timestamptz is null or (d.queued_at, d.id) < ($3, $4::uuid))
      order by d.queued_at desc, d.id desc limit $5`,
    values: [webhookId, wanted.state, wanted.before?.at ?? null, wanted.before?.id ?? null, wanted.limit],
  });
  return rows;
}

/** Queues responses of a time for a webhook once more, whether they were delivered or not; answers how many. */
export async function replayDeliveries(
  transaction: Transaction,
  webhook: { readonly id: string; readonly firmId: string },
  from: Date,
  until: Date,
  now: Date,
  most: number,
): Promise<number> {
  const { rowCount } = await transaction.query({
    name: 'replay-webhook-deliveries',
    text: `insert into webhook_deliveries (webhook_id, response_id, queued_at, next_attempt_at)
      select $1::uuid, r.id, $5::timestamptz, $5::timestamptz from responses r join response_recipients p on p.response_id = r.id
      where p.firm_id = $2 and r.issued_at >= $3 and r.issued_at < $4 order by r.position limit $6`,
    values: [webhook.id, webhook.firmId, from, until, now, most],
  });
  return rowCount;
}
