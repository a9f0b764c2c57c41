import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

export interface WebhookRow {
  readonly id: string;
  readonly version: number;
  readonly url: string;
  readonly steps: readonly string[] | null;
  readonly state: 'active' | 'paused';
  readonly failing_since: Date | null;
  readonly created_at: Date;
  readonly waiting: number;
}

const columns = `w.id, w.version, w.url, w.steps, w.state, w.failing_since, w.created_at,
  (select count(*)::integer from (select 1 from webhook_deliveries d where d.webhook_id = w.id and d.state = 'queued'
    limit 1000) as few) as waiting`;

/** The webhooks of a firm, newest first. */
export async function selectWebhooks(reader: Reader, firmId: string): Promise<readonly WebhookRow[]> {
  const { rows } = await reader.query<WebhookRow>({
    name: 'list-webhooks',
    text: `select ${columns} from webhooks w where w.firm_id = $1 and w.state <> 'removed'
      order by w.created_at desc, w.id desc`,
    values: [firmId],
  });
  return rows;
}

export async function findWebhook(reader: Reader, firmId: string, id: string): Promise<WebhookRow | undefined> {
  const { rows } = await reader.query<WebhookRow>({
    name: 'find-webhook',
    text: `select ${columns} from webhooks w where w.firm_id = $1 and w.id = $2 and w.state <> 'removed'`,
    values: [firmId, id],
  });
  return rows[0];
}

/** Adds a webhook unless the firm has as many as it may; two at once wait for each other. */
export async function insertWebhook(
  transaction: Transaction,
  one: {
    readonly id: string;
    readonly firmId: string;
    readonly url: string;
    readonly steps: readonly string[] | null;
    readonly secret: Buffer;
    readonly createdAt: Date;
    readonly createdBy: string;
  },
  most: number,
): Promise<boolean> {
  await transaction.query({
    name: 'lock-webhooks-of-firm',
    text: 'select 1 from firms where id = $1 for update',
    values: [one.firmId],
  });
  const { rowCount } = await transaction.query({
    name: 'insert-webhook',
    text: `insert into webhooks (id, firm_id, url, steps, secret, state, created_at, created_by)
      select $1::uuid, $2::uuid, $3::text, $4::text[], $5::bytea, 'active', $6::timestamptz, $7::uuid
      where (select count(*) from webhooks where firm_id = $2 and state <> 'removed') < $8::integer`,
    values: [one.id, one.firmId, one.url, one.steps, one.secret, one.createdAt, one.createdBy, most],
  });
  return rowCount === 1;
}

/** What can be changed of a webhook. */
export interface WebhookChange {
  readonly url?: string;
  /** Null: every step. */
  readonly steps?: readonly string[] | null;
  readonly state?: 'active' | 'paused' | 'removed';
  readonly secret?: Buffer;
}

/** Changes a webhook that is at this version; false when somebody else changed it. */
export async function updateWebhook(
  transaction: Transaction,
  firmId: string,
  id: string,
  version: number,
  change: WebhookChange,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await transaction.query({
    name: 'update-webhook',
    text: `update webhooks set version = version + 1, url = coalesce($4, url),
        steps = case when $5 then $6::text[] else steps end, state = coalesce($7, state),
        secret_before = case when $8::bytea is null then secret_before else secret end,
        secret_changed_at = case when $8::bytea is null then secret_changed_at else $9::timestamptz end,
        secret = coalesce($8, secret),
        failing_since = case when $4::text is not null or $7 = 'active' then null else failing_since end
      where firm_id = $1 and id = $2 and version = $3 and state <> 'removed'`,
    values: [
      firmId,
      id,
      version,
      change.url ?? null,
      change.steps !== undefined,
      change.steps ?? null,
      change.state ?? null,
      change.secret ?? null,
      now,
    ],
  });
  return rowCount === 1;
}
