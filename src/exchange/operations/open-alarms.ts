import { Refusal } from '../../documents/refusal.ts';
import { appendEvent } from '../../store/log.ts';
import type { Reader } from '../../store/pool.ts';
import type { Transaction } from '../../store/transaction.ts';
import type { Act } from './acts.ts';

/** Alarms of the log that are alike and that nobody has acknowledged yet. */
export interface LoggedAlarm {
  /** Id of the latest of them: what is acknowledged reaches up to it. */
  readonly latestId: string;
  /** Kind of the events, such as `message.alarm`. */
  readonly kind: string;
  /** What is wrong, as its finder coded it; empty where it has none. */
  readonly code: string;
  /** The partner concerned; empty where there is none. */
  readonly partner: string;
  readonly count: number;
  readonly since: Date;
  readonly latestAt: Date;
  /** Subject and reason of the latest. */
  readonly subject: string;
  readonly reason: string;
}

/** The alarms of the log that are open, alike ones together, the oldest first. */
export async function readLoggedAlarms(reader: Reader): Promise<LoggedAlarm[]> {
  const { rows } = await reader.query<{
    latest_id: bigint;
    kind: string;
    code: string;
    partner: string;
    count: number;
    since: Date;
    latest_at: Date;
    subject: string;
    reason: string | null;
  }>({
    name: 'read-open-alarms',
    text: `select a.*, e.subject, e.reason from (
        select kind, code, partner, count(*)::integer as count, min(occurred_at) as since, max(occurred_at) as latest_at,
          max(event_id) as latest_id
        from open_alarms group by kind, code, partner order by since limit 200) a
      join events e on e.id = a.latest_id order by a.since`,
  });
  return rows.map((row) => ({
    latestId: String(row.latest_id),
    kind: row.kind,
    code: row.code,
    partner: row.partner,
    count: row.count,
    since: row.since,
    latestAt: row.latest_at,
    subject: row.subject,
    reason: row.reason ?? '',
  }));
}

/**
 * Acknowledges an alarm of the log and all like it that came before: they ring no more. What comes afterwards rings
 * anew.
 * @param latestId of {@link LoggedAlarm}
 * @returns how many were acknowledged
 * @throws the refusal `ALARM-NOT-OPEN` when somebody was faster, or there never was such an alarm
 */
export async function acknowledgeAlarms(
  transaction: Transaction,
  latestId: string,
  note: string,
  act: Pick<Act, 'actor' | 'now'>,
): Promise<number> {
  const { rows } = await transaction.query<{ kind: string; code: string; partner: string }>({
    name: 'acknowledge-alarms',
    text: `delete from open_alarms using (select kind, code, partner from open_alarms where event_id = $1 for update) a
      where open_alarms.kind = a.kind and open_alarms.code = a.code and open_alarms.partner = a.partner and event_id <= $1
      returning open_alarms.kind, open_alarms.code, open_alarms.partner`,
    values: [latestId],
  });
  const [first] = rows;
  if (first === undefined)
    throw new Refusal('conflict', 'ALARM-NOT-OPEN', 'No such alarm is open; perhaps somebody acknowledged it already.');
  await appendEvent(transaction, {
    kind: 'alarm.acknowledged',
    subject: latestId,
    actor: act.actor,
    occurredAt: act.now,
    reason: note,
    data: { kind: first.kind, code: first.code, partner: first.partner, count: rows.length },
  });
  return rows.length;
}
