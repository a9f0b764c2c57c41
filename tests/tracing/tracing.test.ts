import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../../src/access/actor.ts';
import { appendEvent } from '../../src/store/log.ts';
import { extendLogChain } from '../../src/store/log-chain.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { SHARED_KINDS, TIMELINE_KINDS } from '../../src/tracing/kinds.ts';
import { type RawEvent, timelineOf } from '../../src/tracing/timeline.ts';
import { createTracing, type Tracing } from '../../src/tracing/tracing.ts';
import { asDelivery, type CorrespondingNode, openCorrespondent } from '../correspondence/support.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const inMinutes = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

const actor = (role: Actor['role']): Actor => ({
  personId: randomUUID(),
  name: `A ${role}`,
  role,
  firmId: null,
  firmIdentifier: null,
  office: null,
  country: 'VN',
  via: 'session',
  onlyRights: null,
});

describe('the timeline of a consignment', () => {
  const event = (kind: string, country: string, minutes: number, role = 'node'): RawEvent => ({
    number: BigInt(minutes + 1),
    country,
    kind,
    role,
    at: inMinutes(minutes),
    subject: null,
  });
  const waitsAfter = (...events: RawEvent[]) =>
    timelineOf('U', events, 'VN', inMinutes(60)).waits.map(
      ({ strand, country, for: party, milliseconds }) => `${strand} ${country} ${party} ${milliseconds / 60_000}`,
    );

  test('puts the events of both countries in one order, each with its words', () => {
    const { entries } = timelineOf(
      'U',
      [
        event('certificate.verified', 'VN', 3),
        event('certificate.issued', 'TH', 1),
        event('declaration.accepted', 'VN', 5),
      ],
      'VN',
      inMinutes(9),
    );
    assert.deepEqual(
      entries.map(({ country, words }) => `${country} ${words}`),
      ['TH Certificate of origin issued and sealed', 'VN Certificate verified', 'VN Declaration accepted'],
    );
  });

  const rows: readonly (readonly [string, readonly RawEvent[], readonly string[]])[] = [
    ['nobody before anything happened', [], []],
    [
      'the authority when a certificate was applied for',
      [event('application.submitted', 'TH', 0)],
      ['certificate TH issuing-authority 60'],
    ],
    [
      'nobody when the certificate was verified',
      [
        event('certificate.issued', 'TH', 0),
        event('certificate.delivered', 'TH', 1),
        event('certificate.verified', 'VN', 2),
      ],
      [],
    ],
    [
      'nobody when the exporting side’s receipt is told after the verification',
      [
        event('certificate.verified', 'VN', 1),
        event('certificate.issued', 'TH', 2),
        event('certificate.delivered', 'TH', 3),
      ],
      [],
    ],
    [
      'the trader while a query is open, since it was raised',
      [
        event('declaration.accepted', 'VN', 0),
        event('declaration.query-raised', 'VN', 10),
        event('declaration.query-asked-again', 'VN', 20),
      ],
      ['declaration VN trader 50'],
    ],
    [
      'customs when the trader has answered',
      [event('declaration.query-raised', 'VN', 10), event('declaration.query-answered', 'VN', 30)],
      ['declaration VN customs 30'],
    ],
    ['nobody after the release', [event('declaration.accepted', 'VN', 0), event('declaration.released', 'VN', 10)], []],
    [
      'both sides at once, each in its own strand',
      [
        event('declaration.accepted', 'VN', 0),
        event('origin-query.asked', 'VN', 10),
        event('declaration.accepted', 'TH', 5),
      ],
      ['declaration VN customs 60', 'origin-query VN issuing-authority 50', 'declaration TH customs 55'],
    ],
  ];
  for (const [who, events, expected] of rows)
    test(`waits for ${who}`, () => assert.deepEqual(waitsAfter(...events).toSorted(), expected.toSorted()));

  test('tells partners neither selectivity nor what nobody has thought about', () => {
    for (const kind of SHARED_KINDS) assert.ok(TIMELINE_KINDS[kind]?.shared);
    assert.ok(SHARED_KINDS.every((kind) => !/selectivity|claimed|handed|file|person|alarm|paper/.test(kind)));
  });
});

describe('a consignment that concerns two countries', () => {
  let thailand: CorrespondingNode;
  let vietNam: CorrespondingNode;
  let here: Tracing;
  let there: Tracing;
  let ucr = '';
  let serial = 0;
  let sees = true;

  before(async () => {
    const [th, vn] = await Promise.all([makeCountry('TH'), makeCountry('VN')]);
    const directory = directoryOf([th, vn]);
    [thailand, vietNam] = await Promise.all([
      openCorrespondent(th, () => directory),
      openCorrespondent(vn, () => directory),
    ]);
    const tracingOf = (node: CorrespondingNode): Tracing =>
      createTracing({
        country: node.country,
        pool: node.pool,
        correspondence: node.correspondence,
        seesConsignment: async () => sees,
        clock: () => NOW,
        onError: (error) => assert.fail(String(error)),
      });
    [here, there] = [tracingOf(vietNam), tracingOf(thailand)];
    vietNam.handlers = { 'consignment-events': (transaction, received) => here.take(transaction, received) };
    thailand.handlers = { 'consignment-events': (transaction, received) => there.take(transaction, received) };
  });
  after(() => Promise.all([thailand.database.drop(), vietNam.database.drop()]));
  beforeEach(() => {
    serial += 1;
    ucr = `6TH0105536000315-${serial}`;
    sees = true;
    thailand.sent.length = 0;
    vietNam.sent.length = 0;
  });

  /** That something of the consignment went between the two: here an origin query will do. */
  const concern = async (node: CorrespondingNode, partner: string): Promise<void> => {
    await node.pool.query({
      text: `insert into origin_queries (id, side, state, partner, certificate_number, document_digest, scheme,
          consignment_reference, basis, doubts, asked_at, procedure_ends)
        values ($1, 'asking', 'asked', $2, 'C', decode('00', 'hex'), 'RCEP', $3, 'random', '[]', $4, '2027-01-01')`,
      values: [randomUUID(), partner, ucr, NOW],
    });
  };
  /** The chain waits for every transaction of the server that began before, also in other databases. */
  const linked = async (node: CorrespondingNode): Promise<void> => {
    for (let waits = 0; waits < 500; waits += 1) {
      await extendLogChain(node.pool);
      const { rows } = await node.pool.query<{ open: boolean }>({
        text: 'select exists (select 1 from events where id not in (select event_id from log_chain)) as open',
      });
      if (rows[0]?.open === false) return;
      await pause(10);
    }
  };
  const happens = async (node: CorrespondingNode, kind: string, minutes = 0, role = 'trader'): Promise<void> => {
    await inTransaction(node.pool, (transaction) =>
      appendEvent(transaction, {
        kind,
        subject: 'S',
        conversation: ucr,
        actor: { id: 'somebody', name: 'A name that stays here', role },
        occurredAt: inMinutes(minutes),
        reason: 'A reason that stays here',
        data: { secret: 'a figure that stays here' },
      }),
    );
    await linked(node);
  };
  const kinds = async (tracing: Tracing, node: CorrespondingNode) =>
    (await tracing.timeline({ reader: node.pool, actor: actor('supervisor'), now: NOW }, ucr)).entries.map(
      ({ country, kind }) => `${country} ${kind}`,
    );
  const arrive = async (): Promise<void> => {
    while (thailand.sent.length > 0) await vietNam.deliver(asDelivery(thailand, NOW));
    while (vietNam.sent.length > 0) await thailand.deliver(asDelivery(vietNam, NOW));
  };

  test('is seen whole in both countries', async () => {
    await Promise.all([concern(thailand, 'VN'), concern(vietNam, 'TH')]);
    await happens(thailand, 'certificate.issued', 0, 'issuing-officer');
    await happens(vietNam, 'certificate.verified', 1, 'node');
    await happens(vietNam, 'declaration.accepted', 2);
    assert.equal(await there.share(), 1);
    assert.equal(await here.share(), 1, 'both events in one paper');
    await arrive();
    const whole = ['TH certificate.issued', 'VN certificate.verified', 'VN declaration.accepted'];
    assert.deepEqual(await kinds(here, vietNam), whole);
    assert.deepEqual(await kinds(there, thailand), whole);
  });

  test('is told with what and when and which role, and nothing else', async () => {
    await concern(thailand, 'VN');
    await happens(thailand, 'declaration.released', 5, 'clearance-officer');
    await there.share();
    const paper = JSON.parse(thailand.sent[0]?.document.payloads[0]?.content.memory?.toString() ?? '');
    assert.doesNotMatch(JSON.stringify(paper), /stays here/);
    assert.deepEqual(
      paper.events.map(({ kind, role, occurredAt }: Record<string, string>) => [kind, role, occurredAt]),
      [['declaration.released', 'customs', inMinutes(5).toISOString()]],
    );
  });

  test('is not told of what stays at home', async () => {
    await concern(thailand, 'VN');
    for (const kind of ['declaration.claimed', 'application.created', 'something.new', 'paper.delivered'])
      await happens(thailand, kind);
    assert.equal(await there.share(), 0);
  });

  test('is told once, and again only what is new', async () => {
    await concern(thailand, 'VN');
    await happens(thailand, 'certificate.issued');
    assert.equal(await there.share(), 1);
    assert.equal(await there.share(), 0);
    await happens(thailand, 'certificate.used', 3);
    assert.equal(await there.share(), 1);
    const paper = JSON.parse(thailand.sent[1]?.document.payloads[0]?.content.memory?.toString() ?? '');
    assert.deepEqual(
      paper.events.map(({ kind }: Record<string, string>) => kind),
      ['certificate.used'],
    );
  });

  test('is told from its beginning as soon as another country is concerned', async () => {
    await happens(thailand, 'application.submitted');
    assert.equal(await there.share(), 0);
    await concern(thailand, 'VN');
    await happens(thailand, 'certificate.issued', 1);
    await there.share();
    const paper = JSON.parse(thailand.sent[0]?.document.payloads[0]?.content.memory?.toString() ?? '');
    assert.equal(paper.events.length, 2);
  });

  test('is told once when two processes share at the same time', async () => {
    await concern(thailand, 'VN');
    await happens(thailand, 'certificate.issued');
    const papers = await Promise.all([there.share(), there.share(), there.share()]);
    assert.equal(
      papers.reduce((sum, one) => sum + one, 0),
      1,
    );
  });

  test('is told in several papers when there is much of it', async () => {
    await concern(thailand, 'VN');
    await inTransaction(thailand.pool, async (transaction) => {
      for (let count = 0; count < 620; count += 1)
        await appendEvent(transaction, {
          kind: 'certificate.used',
          subject: 'S',
          conversation: ucr,
          actor: { id: 'x', name: 'x', role: 'node' },
          occurredAt: inMinutes(count),
        });
    });
    await linked(thailand);
    await concern(vietNam, 'TH');
    assert.equal(await there.share(), 2);
    await arrive();
    assert.equal((await kinds(here, vietNam)).length, 620);
  });

  test('is not taken from a country that it does not concern', async () => {
    await concern(thailand, 'VN');
    await happens(thailand, 'certificate.issued');
    await there.share();
    const outcome = await vietNam.deliver(asDelivery(thailand, NOW));
    assert.equal(outcome.taken ? '' : outcome.code, 'CONSIGNMENT-NOT-SHARED');
    assert.deepEqual(await kinds(here, vietNam), []);
  });

  test('is taken once when its paper is delivered twice', async () => {
    await Promise.all([concern(thailand, 'VN'), concern(vietNam, 'TH')]);
    await happens(thailand, 'certificate.issued');
    await there.share();
    const delivery = asDelivery(thailand, NOW);
    await vietNam.deliver(delivery);
    await vietNam.deliver({ ...delivery, messageId: 'another@th.example' });
    assert.equal((await kinds(here, vietNam)).length, 1);
  });

  test('is nothing to those who see none of it', async () => {
    await happens(vietNam, 'declaration.accepted');
    sees = false;
    await assert.rejects(here.timeline({ reader: vietNam.pool, actor: actor('trader'), now: NOW }, ucr), {
      code: 'CONSIGNMENT-NOT-FOUND',
    });
  });
});
