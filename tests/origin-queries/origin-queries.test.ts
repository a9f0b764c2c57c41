import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import type { Role } from '../../src/access/rights.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import type { AskedOrigin } from '../../src/origin-queries/asked.ts';
import type { Question } from '../../src/origin-queries/asking.ts';
import { createOriginQueries, type OriginQueries } from '../../src/origin-queries/origin-queries.ts';
import type { OriginQueryParts, QueriedCertificate } from '../../src/origin-queries/ports.ts';
import { inTransaction, type Transaction } from '../../src/store/transaction.ts';
import { asDelivery, type CorrespondingNode, openCorrespondent } from '../correspondence/support.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const DAY = 86_400_000;
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY);
const MRN = '26VN00000000000001';

const certificate: QueriedCertificate = {
  number: 'ATIGA-TH-2026-0000001-J',
  scheme: 'ATIGA-FORM-D',
  documentDigest: 'ab'.repeat(32),
  issuingCountry: 'TH',
  importingCountry: 'VN',
  consignmentReference: '6TH0105536000315-1',
  office: 'TH-DFT-BKK',
  itemNumbers: [1, 2],
};

/** Journey J5 over two nodes with their databases; only the wire between them is cut short. */
describe('a query about a certificate of origin', () => {
  let thailand: CorrespondingNode;
  let vietNam: CorrespondingNode;
  let asking: OriginQueries;
  let answering: OriginQueries;
  let told: Parameters<OriginQueryParts['answered']>[1][] = [];
  let toldOfQuestions: string[] = [];
  let declarationId = '';

  before(async () => {
    const [th, vn] = await Promise.all([makeCountry('TH'), makeCountry('VN')]);
    const directory = directoryOf([th, vn]);
    [thailand, vietNam] = await Promise.all([
      openCorrespondent(th, () => directory),
      openCorrespondent(vn, () => directory),
    ]);
    const queriesOf = (node: CorrespondingNode, side: 'issuing' | 'importing'): OriginQueries =>
      createOriginQueries({
        country: node.country,
        correspondence: node.correspondence,
        async findCase(_reader, actor, _now, mrn) {
          if (mrn !== MRN || actor.office !== 'VNHPHC')
            throw new Refusal('not-found', 'DECLARATION-NOT-FOUND', 'There is no such declaration that you can see.');
          return { declarationId, movementReference: MRN, certificateNumbers: [certificate.number, 'NOT-HERE'] };
        },
        findCertificate: async (_reader, wanted, number) =>
          wanted === side && number === certificate.number ? certificate : undefined,
        asked: async (_transaction, { queryId }) => {
          toldOfQuestions.push(queryId);
        },
        async answered(_transaction, answer) {
          told.push(answer);
        },
        newId: randomUUID,
      });
    asking = queriesOf(vietNam, 'importing');
    answering = queriesOf(thailand, 'issuing');
    thailand.handlers = {
      'origin-query': (transaction, received) => answering.takeQuery(transaction, received),
      'origin-determination': (transaction, received) => answering.takeDetermination(transaction, received),
    };
    vietNam.handlers = { 'origin-answer': (transaction, received) => asking.takeAnswer(transaction, received) };
  });
  after(() => Promise.all([thailand.database.drop(), vietNam.database.drop()]));
  beforeEach(async () => {
    told = [];
    toldOfQuestions = [];
    declarationId = randomUUID();
    thailand.sent.length = 0;
    vietNam.sent.length = 0;
    await vietNam.pool.query({
      text: `insert into declarations (id, mrn, state, procedure, type_code, lrn, ucr, declarant_firm_id,
          lodged_by_firm_id, lodged_by, office, goods_item_count, goods_description, search_text, lodged_at, updated_at)
        values ($1, $2, 'in-clearance', 'import', 'IMA', $2, 'U', $1, $1, $1, 'VNHPHC', 1, 'Motors', '', $3, $3)`,
      values: [declarationId, `M${declarationId.slice(0, 12)}`, NOW],
    });
  });

  const official = (node: CorrespondingNode, role: Role, office: string): Actor => ({
    personId: randomUUID(),
    name: `An ${role}`,
    role,
    firmId: null,
    firmIdentifier: null,
    office,
    country: node.country,
    via: 'session',
    onlyRights: null,
  });
  const does = <Result>(
    node: CorrespondingNode,
    role: Role,
    work: (asked: AskedOrigin) => Promise<Result>,
    more: { office?: string; now?: Date } = {},
  ): Promise<Result> =>
    inTransaction(node.pool, (transaction: Transaction) => {
      const office = more.office ?? (node === vietNam ? 'VNHPHC' : 'TH-DFT-BKK');
      return work({ transaction, actor: official(node, role, office), now: more.now ?? NOW });
    });
  const question = (more: Partial<Question> = {}): Question => ({
    movementReference: MRN,
    certificateNumber: certificate.number,
    basis: 'doubt',
    doubts: [{ itemNumber: 1, about: 'origin', words: 'The value of the parts from elsewhere seems too low.' }],
    ...more,
  });
  const ask = (more: Partial<Question> = {}) =>
    does(vietNam, 'clearance-officer', (asked) => asking.ask(asked, question(more)));
  const receipt = async (messageId: string, at: Date): Promise<void> =>
    inTransaction(vietNam.pool, (transaction) => asking.receipted(transaction, { messageId, at }));
  /** Asks, and lets the other node have the query a day later. */
  const asked = async () => {
    const query = await ask();
    const delivery = asDelivery(vietNam, inDays(1));
    await thailand.deliver(delivery);
    await receipt(delivery.messageId, inDays(1));
    thailand.sent.length = 0;
    return query.id;
  };
  const findings = (one: 'confirmed' | 'not-confirmed' | 'undecided', other = one) => [
    { itemNumber: 1, finding: one, reason: 'Books of the producer.' },
    { itemNumber: 2, finding: other, reason: 'Books of the producer.' },
  ];
  const answer = async (id: string, items = findings('confirmed'), authentic = true, now = inDays(30)) => {
    const seen = await does(thailand, 'issuing-officer', (who) => answering.read(who, id));
    const content = { authentic, items, statement: null };
    await does(thailand, 'issuing-officer', (who) => answering.answer(who, id, seen.version, content), { now });
    await vietNam.deliver(asDelivery(thailand, now));
    vietNam.sent.length = 0;
  };
  const readHere = (id: string, now = NOW) =>
    does(vietNam, 'clearance-officer', (who) => asking.read(who, id), { now });

  test('is put to the office that issued the certificate, with its doubts', async () => {
    const id = await asked();
    const there = await does(thailand, 'issuing-officer', (who) => answering.read(who, id));
    assert.deepEqual(
      [there.side, there.partner, there.certificateNumber, there.basis, there.doubts.length],
      ['answering', 'VN', certificate.number, 'doubt', 1],
    );
    assert.equal(there.movementReference, undefined, 'the importer’s declaration is nothing to the other side');
    assert.deepEqual(toldOfQuestions, [id], 'clearance holds the goods from then on');
  });

  test('is due 90 days after it was received, on both sides, and the whole process 180 days after it was asked', async () => {
    const id = await asked();
    const [here, there] = [
      await readHere(id, inDays(11)),
      await does(thailand, 'issuing-officer', (who) => answering.read(who, id), { now: inDays(11) }),
    ];
    for (const query of [here, there]) {
      assert.equal(query.answerBy, inDays(91).toISOString());
      assert.equal(query.daysLeft, 80);
      assert.equal(query.procedureEnds, '2027-05-23');
    }
  });

  test('has no day for its answer while it is on its way', async () => {
    const query = await ask();
    const here = await readHere(query.id);
    assert.deepEqual([here.delivery, here.answerBy, here.daysLeft], ['on-its-way', undefined, undefined]);
  });

  test('that is late is shown as late, and found among the late ones', async () => {
    const id = await asked();
    const late = await readHere(id, inDays(92));
    assert.equal(late.daysLeft, -1);
    const overdue = (now: Date) =>
      does(vietNam, 'clearance-officer', (who) => asking.list(who, { overdue: 'true', limit: '200' }), { now });
    const has = async (now: Date) => (await overdue(now)).items.some((one) => one.id === id);
    assert.deepEqual([await has(inDays(90)), await has(inDays(92))], [false, true]);
    const [standing] = await asking.standingOf(vietNam.pool, declarationId, inDays(92));
    assert.equal(standing?.state, 'expired');
  });

  test('is answered item by item, and clearance is told', async () => {
    const id = await asked();
    await answer(id);
    const here = await readHere(id);
    assert.equal(here.state, 'answered');
    assert.deepEqual(
      here.answers.map(({ authentic, items }) => [authentic, items.map(({ finding }) => finding)]),
      [[true, ['confirmed', 'confirmed']]],
    );
    assert.deepEqual(
      told.map(({ declarationId: about, confirmed }) => [about, confirmed]),
      [[declarationId, true]],
    );
    assert.equal((await asking.standingOf(vietNam.pool, declarationId, inDays(31)))[0]?.confirmed, true);
  });

  const unconfirmed: readonly (readonly [string, Parameters<typeof answer>[1], boolean])[] = [
    ['one item is not confirmed', findings('confirmed', 'not-confirmed'), true],
    ['one item is undecided', findings('undecided', 'confirmed'), true],
    ['the authority did not issue it', findings('confirmed'), false],
  ];
  for (const [what, items, authentic] of unconfirmed)
    test(`does not confirm the certificate when ${what}`, async () => {
      const id = await asked();
      await answer(id, items, authentic);
      assert.deepEqual(
        told.map(({ confirmed }) => confirmed),
        [false],
      );
      assert.equal((await asking.standingOf(vietNam.pool, declarationId, inDays(31)))[0]?.confirmed, false);
    });

  test('can be answered once more; the later answer stands, the earlier is kept', async () => {
    const id = await asked();
    await answer(id, findings('undecided'));
    await answer(id, findings('confirmed'), true, inDays(40));
    const here = await readHere(id);
    assert.deepEqual(
      here.answers.map(({ number, items }) => [number, items[0]?.finding]),
      [
        [1, 'undecided'],
        [2, 'confirmed'],
      ],
    );
    assert.equal((await asking.standingOf(vietNam.pool, declarationId, inDays(41)))[0]?.confirmed, true);
  });

  test('ends with a determination that the issuing administration learns', async () => {
    const id = await asked();
    await answer(id, findings('not-confirmed'));
    const seen = await readHere(id);
    await does(vietNam, 'clearance-officer', (who) =>
      asking.end(who, id, seen.version, 'not-originating', 'The producer could not show its costs.'),
    );
    await thailand.deliver(asDelivery(vietNam, inDays(50)));
    const there = await does(thailand, 'issuing-officer', (who) => answering.read(who, id));
    assert.deepEqual([there.state, there.outcome], ['determined', 'not-originating']);
    await assert.rejects(
      does(thailand, 'issuing-officer', (who) =>
        answering.answer(who, id, there.version, { authentic: true, items: findings('confirmed'), statement: null }),
      ),
      { code: 'QUERY-ENDED' },
    );
  });

  test('can be withdrawn before it is answered, and not determined', async () => {
    const id = await asked();
    const { version } = await readHere(id);
    const end = (outcome: 'originating' | 'withdrawn') =>
      does(vietNam, 'clearance-officer', (who) => asking.end(who, id, version, outcome, 'Asked by mistake.'));
    await assert.rejects(end('originating'), { code: 'QUERY-NOT-ANSWERED' });
    await end('withdrawn');
    assert.deepEqual(await asking.standingOf(vietNam.pool, declarationId, inDays(2)), []);
    await assert.rejects(end('withdrawn'), { code: 'CHANGED-MEANWHILE' });
  });

  const refused: readonly (readonly [string, Partial<Question>, string])[] = [
    ['without a doubt that is named', { doubts: [] }, 'DOUBT-MISSING'],
    [
      'about an item that the certificate does not have',
      { doubts: [{ itemNumber: 9, about: 'origin', words: 'x' }] },
      'DOUBT-ITEM-UNKNOWN',
    ],
    [
      'about a certificate that the declaration does not name',
      { certificateNumber: 'X' },
      'CERTIFICATE-NOT-OF-DECLARATION',
    ],
    ['about a certificate that has not come', { certificateNumber: 'NOT-HERE' }, 'CERTIFICATE-NOT-HERE'],
    ['about a declaration that the officer does not see', { movementReference: 'X' }, 'DECLARATION-NOT-FOUND'],
  ];
  for (const [what, more, code] of refused)
    test(`is refused ${what}`, async () => {
      await assert.rejects(ask(more), { code });
      assert.equal(vietNam.sent.length, 0);
    });

  test('at random needs no reasons, and sends none', async () => {
    const query = await ask({ basis: 'random' });
    assert.deepEqual(query.doubts, []);
  });

  test('is put once: a second one waits for the answer to the first', async () => {
    await asked();
    await assert.rejects(ask(), { code: 'QUERY-OPEN' });
  });

  test('about bytes that this administration did not issue is refused, and the other side is told', async () => {
    const query = await ask();
    const delivery = asDelivery(vietNam, inDays(1));
    const known = thailand.handlers;
    thailand.handlers = {
      'origin-query': (transaction, received) =>
        answering.takeQuery(transaction, {
          ...received,
          paper: { ...received.paper, documentDigest: 'cd'.repeat(32) },
        }),
    };
    const outcome = await thailand.deliver(delivery);
    thailand.handlers = known;
    assert.equal(outcome.taken ? '' : outcome.code, 'QUERY-ABOUT-UNKNOWN-CERTIFICATE');
    await assert.rejects(
      does(thailand, 'issuing-officer', (who) => answering.read(who, query.id)),
      { code: 'ORIGIN-QUERY-NOT-FOUND' },
    );
  });

  test('is answered for every item or not at all', async () => {
    const id = await asked();
    const { version } = await does(thailand, 'issuing-officer', (who) => answering.read(who, id));
    for (const items of [findings('confirmed').slice(0, 1), [...findings('confirmed'), ...findings('confirmed')]])
      await assert.rejects(
        does(thailand, 'issuing-officer', (who) =>
          answering.answer(who, id, version, { authentic: true, items, statement: null }),
        ),
        { code: 'FINDINGS-INCOMPLETE' },
      );
  });

  test('is nothing to another office, on either side', async () => {
    const id = await asked();
    const elsewhere = { office: 'ELSEWHERE' };
    await assert.rejects(
      does(thailand, 'issuing-officer', (who) => answering.read(who, id), elsewhere),
      { code: 'ORIGIN-QUERY-NOT-FOUND' },
    );
    await assert.rejects(
      does(vietNam, 'clearance-officer', (who) => asking.read(who, id), elsewhere),
      { code: 'ORIGIN-QUERY-NOT-FOUND' },
    );
    for (const role of ['trader', 'analyst', 'operator'] as const)
      await assert.rejects(
        does(vietNam, role, (who) => asking.read(who, id)),
        { code: 'ORIGIN-QUERY-NOT-FOUND' },
      );
  });

  test('is answered by one of two officers who answer at once', async () => {
    const id = await asked();
    const { version } = await does(thailand, 'issuing-officer', (who) => answering.read(who, id));
    const content = { authentic: true, items: findings('confirmed'), statement: null };
    const both = await Promise.allSettled(
      [1, 2].map(() => does(thailand, 'issuing-officer', (who) => answering.answer(who, id, version, content))),
    );
    assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1);
  });

  test('is listed page by page', async () => {
    const list = (query: Record<string, string>) =>
      does(vietNam, 'clearance-officer', (who) => asking.list(who, query));
    const whole = await list({ limit: '200' });
    const first = await list({ limit: '2' });
    const second = await list({ limit: '2', after: first.next ?? '' });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      whole.items.slice(0, 4).map(({ id }) => id),
    );
  });
});
