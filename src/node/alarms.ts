import type { LoggedAlarm } from '../exchange/operations/open-alarms.ts';
import type { AlarmLine, DirectoryCondition, PartnerLine } from '../http/node-description.ts';
import { type AlarmCode, type AlarmText, TEXTS, textOfLogged } from './alarm-texts.ts';
import type { CertificateEnd } from './certificate-ends.ts';

/** What alarms are computed from. */
export interface Condition {
  /** ISO 3166-1 alpha-2 of this node. */
  readonly country: string;
  readonly partners: readonly PartnerLine[];
  readonly directory: DirectoryCondition;
  /** Of this node and its partners, by country. */
  readonly certificates: ReadonlyMap<string, readonly CertificateEnd[]>;
  readonly logged: readonly LoggedAlarm[];
  /** Requests that wait for a connection to the database. */
  readonly waitingForDatabase: number;
  /** The disk of the node's folder; undefined where it cannot be asked. */
  readonly disk: { readonly freeBytes: number; readonly bytes: number } | undefined;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** From when on things ring. */
export const ALARM_LIMITS = {
  queueWarningMilliseconds: hour,
  queueUrgentMilliseconds: 24 * hour,
  heldMilliseconds: 24 * hour,
  certificateWarningMilliseconds: 30 * day,
  certificateUrgentMilliseconds: 7 * day,
  /** Both must be undercut: a large disk may be full to a small part and still have room. */
  diskFreePart: 0.1,
  diskFreeBytes: 2 * 1024 ** 3,
  waitingForDatabase: 8,
} as const;

/** Everything that needs a person at this moment: urgent first, then the oldest first. */
export function alarmsOf(condition: Condition, now: Date): AlarmLine[] {
  const alarms = [
    ...condition.partners.flatMap((partner) => alarmsOfPartner(partner, now)),
    ...alarmsOfDirectory(condition.directory, now),
    ...alarmsOfCertificates(condition, now),
    ...condition.logged.map(alarmOfLogged),
    ...alarmsOfMachine(condition),
  ];
  const age = (alarm: AlarmLine): number => alarm.since?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const rank = (alarm: AlarmLine): number => (alarm.severity === 'urgent' ? 0 : 1);
  return alarms.sort((one, other) => rank(one) - rank(other) || age(one) - age(other));
}

interface Ringing {
  readonly about?: string;
  readonly since?: Date | null;
  readonly count?: number;
  readonly severity?: AlarmLine['severity'];
}

function ring(code: AlarmCode, text: AlarmText, more: Ringing): AlarmLine {
  return {
    code,
    severity: more.severity ?? text.severity,
    about: more.about ?? '',
    since: more.since ?? null,
    count: more.count ?? 1,
    means: text.means,
    doNow: text.doNow,
    id: null,
  };
}

/** Whether something that waits since a moment has waited that long. */
function isOlder(since: Date | null, milliseconds: number, now: Date): since is Date {
  return since !== null && now.getTime() - since.getTime() >= milliseconds;
}

function alarmsOfPartner(partner: PartnerLine, now: Date): AlarmLine[] {
  const { country, hold, queued, held, failed, quarantined } = partner;
  const alarms: AlarmLine[] = [];
  if (hold !== null) {
    if (isOlder(hold.since, ALARM_LIMITS.heldMilliseconds, now))
      alarms.push(
        ring('PARTNER-HELD', TEXTS['PARTNER-HELD'](country, hold), {
          about: country,
          since: hold.since,
          count: queued.count,
        }),
      );
  } else if (isOlder(queued.oldestAt, ALARM_LIMITS.queueWarningMilliseconds, now))
    alarms.push(
      ring('QUEUE-WAITS', TEXTS['QUEUE-WAITS'](partner), {
        about: country,
        since: queued.oldestAt,
        count: queued.count,
        severity: isOlder(queued.oldestAt, ALARM_LIMITS.queueUrgentMilliseconds, now) ? 'urgent' : 'warning',
      }),
    );
  if (isOlder(held.oldestAt, ALARM_LIMITS.heldMilliseconds, now))
    alarms.push(
      ring('MESSAGES-HELD', TEXTS['MESSAGES-HELD'](country), {
        about: country,
        since: held.oldestAt,
        count: held.count,
      }),
    );
  if (failed.count > 0)
    alarms.push(
      ring('MESSAGES-FAILED', TEXTS['MESSAGES-FAILED'](country), {
        about: country,
        since: failed.oldestAt,
        count: failed.count,
      }),
    );
  if (quarantined.count > 0)
    alarms.push(
      ring('MESSAGES-QUARANTINED', TEXTS['MESSAGES-QUARANTINED'](country), {
        about: country,
        since: quarantined.oldestAt,
        count: quarantined.count,
      }),
    );
  return alarms;
}

function alarmsOfDirectory({ state, freshUntil, expiresAt }: DirectoryCondition, now: Date): AlarmLine[] {
  switch (state) {
    case 'fresh':
      return [];
    case 'stale':
      return [ring('DIRECTORY-STALE', TEXTS['DIRECTORY-STALE'](expiresAt ?? now), { since: freshUntil ?? null })];
    case 'expired':
      return [ring('DIRECTORY-EXPIRED', TEXTS['DIRECTORY-EXPIRED'](), { since: expiresAt ?? null })];
    case 'missing':
      return [ring('DIRECTORY-MISSING', TEXTS['DIRECTORY-MISSING'](), {})];
  }
}

function alarmsOfCertificates({ country, certificates }: Condition, now: Date): AlarmLine[] {
  const alarms: AlarmLine[] = [];
  for (const [member, ends] of certificates)
    for (const { use, endsAt } of ends) {
      const rest = endsAt.getTime() - now.getTime();
      if (rest > ALARM_LIMITS.certificateWarningMilliseconds) continue;
      const isOwn = member === country;
      const about = `${member} ${use}`;
      if (rest <= 0)
        alarms.push(
          ring('CERTIFICATE-ENDED', TEXTS['CERTIFICATE-ENDED'](about, endsAt, isOwn), { about, since: endsAt }),
        );
      else
        alarms.push(
          ring('CERTIFICATE-ENDS', TEXTS['CERTIFICATE-ENDS'](about, endsAt, isOwn), {
            about,
            severity: rest <= ALARM_LIMITS.certificateUrgentMilliseconds ? 'urgent' : 'warning',
          }),
        );
    }
  return alarms;
}

function alarmOfLogged(found: LoggedAlarm): AlarmLine {
  const { code, text } = textOfLogged(found);
  return {
    ...ring(code, text, { about: found.partner || found.subject, since: found.since, count: found.count }),
    id: found.latestId,
  };
}

function alarmsOfMachine({ waitingForDatabase, disk }: Condition): AlarmLine[] {
  const alarms: AlarmLine[] = [];
  if (waitingForDatabase >= ALARM_LIMITS.waitingForDatabase)
    alarms.push(ring('DATABASE-BUSY', TEXTS['DATABASE-BUSY'](), { count: waitingForDatabase }));
  if (
    disk !== undefined &&
    disk.freeBytes < disk.bytes * ALARM_LIMITS.diskFreePart &&
    disk.freeBytes < ALARM_LIMITS.diskFreeBytes
  )
    alarms.push(ring('DISK-NEARLY-FULL', TEXTS['DISK-NEARLY-FULL'](disk.freeBytes), {}));
  return alarms;
}
