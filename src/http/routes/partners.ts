import type { JsonObject } from '../../documents/json.ts';
import type { PartnerLine, WaitingMessages } from '../node-description.ts';
import type { Route } from '../route.ts';
import { COUNTRY, LINE, listOf, MOMENT, objectOf, orNull } from './shapes.ts';

const WAITING = objectOf({ count: { type: 'integer' }, oldestAt: orNull(MOMENT) });
const PARTNER = objectOf({
  country: COUNTRY,
  name: LINE,
  profile: LINE,
  endpoint: LINE,
  pulls: { type: 'boolean', description: 'It cannot be called and pulls its messages itself.' },
  reachable: { type: ['boolean', 'null'], description: 'Null while nothing was tried yet.' },
  circuit: {
    ...objectOf({ state: { type: 'string', enum: ['closed', 'open'] }, until: orNull(MOMENT) }),
    description:
      'As this process sees it: open after failed connections; then one message is tried per pause, the next one at `until`.',
  },
  hold: {
    ...objectOf({ since: MOMENT, by: { type: 'string' }, reason: { type: 'string' } }),
    type: ['object', 'null'],
    description: 'Who holds the partner, since when and why; nothing is sent to it meanwhile.',
  },
  undelivered: { type: 'integer', description: 'Messages that are queued or held.' },
  oldestUndeliveredAt: orNull(MOMENT),
  messages: objectOf({ queued: WAITING, held: WAITING, failed: WAITING, quarantined: WAITING }),
  lastReceiptAt: orNull(MOMENT),
  lastErrorCode: { type: ['string', 'null'] },
  lastError: { type: ['string', 'null'] },
  certificatesEndAt: orNull(MOMENT),
});

function waitingJson({ count, oldestAt }: WaitingMessages): JsonObject {
  return { count, oldestAt: oldestAt?.toISOString() ?? null };
}

function partnerJson(line: PartnerLine): JsonObject {
  return {
    country: line.country,
    name: line.name,
    profile: line.profile,
    endpoint: line.endpoint,
    pulls: line.pulls,
    reachable: line.reachable,
    circuit: {
      state: line.restsUntil === null ? 'closed' : 'open',
      until: line.restsUntil?.toISOString() ?? null,
    },
    hold: line.hold === null ? null : { ...line.hold, since: line.hold.since.toISOString() },
    undelivered: line.undelivered,
    oldestUndeliveredAt: line.oldestUndeliveredAt?.toISOString() ?? null,
    lastReceiptAt: line.lastReceiptAt?.toISOString() ?? null,
    messages: {
      queued: waitingJson(line.queued),
      held: waitingJson(line.held),
      failed: waitingJson(line.failed),
      quarantined: waitingJson(line.quarantined),
    },
    lastErrorCode: line.lastErrorCode,
    lastError: line.lastError,
    certificatesEndAt: line.certificatesEndAt?.toISOString() ?? null,
  };
}

/** Those that need a person first: unreachable, then by the age of what waits. */
function byNeed(one: PartnerLine, other: PartnerLine): number {
  const unreachable = Number(one.reachable !== false) - Number(other.reachable !== false);
  if (unreachable !== 0) return unreachable;
  const waiting = (line: PartnerLine): number => line.oldestUndeliveredAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
  return waiting(one) - waiting(other) || one.country.localeCompare(other.country, 'en');
}

/** How the exchange with each partner stands. */
export function partnerRoutes(partners: () => Promise<readonly PartnerLine[]>): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/partners',
      operationId: 'listPartners',
      summary: 'Partners: reachable, what waits, last receipt, when certificates end',
      tag: 'Node',
      right: 'queue.read',
      replies: {
        200: { description: 'One row a partner; the one that needs a person first.', schema: listOf(PARTNER) },
      },
      async handle() {
        return { status: 200, json: { items: [...(await partners())].sort(byNeed).map(partnerJson) } };
      },
    },
  ];
}
