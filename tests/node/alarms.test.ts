import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { PartnerLine } from '../../src/http/node-description.ts';
import { ALARM_CODES } from '../../src/node/alarm-texts.ts';
import { alarmsOf, type Condition } from '../../src/node/alarms.ts';

const NOW = new Date('2026-03-01T03:00:00Z');
const hour = 3_600_000;
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * hour);
const NONE = { count: 0, oldestAt: null };

const VN: PartnerLine = {
  country: 'VN',
  name: 'Viet Nam',
  profile: 'p',
  endpoint: 'https://vn.example/as4',
  pulls: false,
  reachable: true,
  restsUntil: null,
  hold: null,
  undelivered: 0,
  oldestUndeliveredAt: null,
  queued: NONE,
  held: NONE,
  failed: NONE,
  quarantined: NONE,
  lastReceiptAt: null,
  lastErrorCode: null,
  lastError: null,
  certificatesEndAt: null,
};

const WELL: Condition = {
  country: 'TH',
  partners: [VN],
  directory: { state: 'fresh', serial: 3, freshUntil: ago(-24), expiresAt: ago(-240) },
  certificates: new Map([['VN', [{ use: 'tls (ec)', endsAt: ago(-24 * 365) }]]]),
  logged: [],
  waitingForDatabase: 0,
  disk: { freeBytes: 50 * 1024 ** 3, bytes: 100 * 1024 ** 3 },
};

function ringing(change: Partial<Condition>): string[] {
  return alarmsOf({ ...WELL, ...change }, NOW).map(({ code, severity, about }) =>
    `${severity} ${code} ${about}`.trim(),
  );
}

const partner = (change: Partial<PartnerLine>): Partial<Condition> => ({ partners: [{ ...VN, ...change }] });
const ends = (country: string, hours: number): Partial<Condition> => ({
  certificates: new Map([[country, [{ use: 'tls (ec)', endsAt: ago(-hours) }]]]),
});
const logged = (kind: string, code: string): Partial<Condition> => ({
  logged: [
    {
      latestId: '7',
      kind,
      code,
      partner: 'VN',
      count: 2,
      since: ago(1),
      latestAt: ago(0),
      subject: 'x@vn',
      reason: 'why',
    },
  ],
});

describe('alarms', () => {
  const table: readonly (readonly [string, Partial<Condition>, readonly string[]])[] = [
    ['nothing while all is well', {}, []],
    ['a young queue not', partner({ queued: { count: 9, oldestAt: ago(0.9) } }), []],
    ['a queue of an hour', partner({ queued: { count: 9, oldestAt: ago(1) } }), ['warning QUEUE-WAITS VN']],
    ['a queue of a day', partner({ queued: { count: 9, oldestAt: ago(24) } }), ['urgent QUEUE-WAITS VN']],
    [
      'a queue of a held partner not, before it is held for a day',
      partner({ queued: { count: 9, oldestAt: ago(30) }, hold: { since: ago(20), by: 'O', reason: 'r' } }),
      [],
    ],
    [
      'a partner that is held for a day',
      partner({ queued: { count: 9, oldestAt: ago(30) }, hold: { since: ago(25), by: 'O', reason: 'r' } }),
      ['warning PARTNER-HELD VN'],
    ],
    ['messages held for a day', partner({ held: { count: 1, oldestAt: ago(25) } }), ['warning MESSAGES-HELD VN']],
    ['a failed message', partner({ failed: { count: 1, oldestAt: ago(0) } }), ['urgent MESSAGES-FAILED VN']],
    ['a quarantined one', partner({ quarantined: { count: 1, oldestAt: ago(0) } }), ['urgent MESSAGES-QUARANTINED VN']],
    ['a stale directory', { directory: { state: 'stale', freshUntil: ago(2) } }, ['warning DIRECTORY-STALE']],
    ['an expired one', { directory: { state: 'expired', expiresAt: ago(2) } }, ['urgent DIRECTORY-EXPIRED']],
    ['a missing one', { directory: { state: 'missing' } }, ['urgent DIRECTORY-MISSING']],
    ['a certificate in 31 days not', ends('VN', 31 * 24), []],
    ['a certificate in 30 days', ends('VN', 30 * 24), ['warning CERTIFICATE-ENDS VN tls (ec)']],
    ['a certificate in 7 days', ends('TH', 7 * 24), ['urgent CERTIFICATE-ENDS TH tls (ec)']],
    ['a certificate that ended', ends('TH', 0), ['urgent CERTIFICATE-ENDED TH tls (ec)']],
    [
      'a receipt by somebody else',
      logged('message.alarm', 'RECEIPT-NOT-BY-PARTNER'),
      ['urgent RECEIPT-NOT-BY-PARTNER VN'],
    ],
    ['a directory that was refused', logged('directory.refused', 'DIRECTORY-FORK'), ['urgent DIRECTORY-REFUSED VN']],
    ['anything else of the log', logged('message.alarm', 'constructor'), ['urgent LOGGED-ALARM VN']],
    ['a database that people wait for', { waitingForDatabase: 8 }, ['warning DATABASE-BUSY']],
    ['a full disk', { disk: { freeBytes: 1024 ** 3, bytes: 100 * 1024 ** 3 } }, ['urgent DISK-NEARLY-FULL']],
    ['a small part of a large disk not', { disk: { freeBytes: 3 * 1024 ** 3, bytes: 100 * 1024 ** 3 } }, []],
    ['a disk that cannot be asked not', { disk: undefined }, []],
  ];
  for (const [what, change, expected] of table)
    test(`ring for ${what}`, () => {
      assert.deepEqual(ringing(change), expected);
    });

  test('stand urgent ones first, the oldest first, and each says what to do', () => {
    const alarms = alarmsOf(
      {
        ...WELL,
        ...ends('VN', 24 * 20),
        partners: [
          { ...VN, failed: { count: 2, oldestAt: ago(1) }, quarantined: { count: 1, oldestAt: ago(5) } },
          {
            ...VN,
            country: 'JP',
            queued: { count: 3, oldestAt: ago(2) },
            lastErrorCode: 'EBMS:0005',
            lastError: 'away',
          },
        ],
      },
      NOW,
    );
    assert.deepEqual(
      alarms.map(({ code }) => code),
      ['MESSAGES-QUARANTINED', 'MESSAGES-FAILED', 'QUEUE-WAITS', 'CERTIFICATE-ENDS'],
    );
    for (const { means, doNow } of alarms) assert.ok(means.length > 20 && doNow.length > 20);
    assert.match(alarms[2]?.doNow ?? '', /selat ping JP/);
  });

  test('are all in the operators’ guide, and no others are', () => {
    const guide = readFileSync(new URL('../../docs/operators.md', import.meta.url), 'utf8');
    const section = guide.slice(guide.indexOf('## When an alarm rings'));
    const listed = [...section.matchAll(/^\| `([A-Z0-9:-]+)`/gm)].map((match) => match[1]);
    assert.deepEqual(listed.sort(), [...ALARM_CODES].sort());
  });
});
