import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type Hand, OFFICE, type OfficerNode, OTHER_OFFICE, startOfficerNode } from './officer-support.ts';

let node: OfficerNode;
let officer: Hand;
let colleague: Hand;
let stranger: Hand;
let trader: Hand;
let otherTrader: Hand;
let firmId: string;

const QUESTION = {
  subject: 'Packing list',
  text: 'The marks differ from the invoice.\nSend the packing list.',
  askedFor: ['Packing list', 'Bill of lading'],
  items: [1],
  pointers: ['/declaration/goodsShipment'],
  answerBy: '2036-01-01T00:00:00Z',
};

before(async () => {
  node = await startOfficerNode();
  firmId = await node.web.firm();
  officer = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  colleague = await node.as(await node.web.enter('clearance-officer', { office: OFFICE }));
  stranger = await node.as(await node.web.enter('clearance-officer', { office: OTHER_OFFICE }));
  trader = await node.as(await node.web.enter('trader', { firmId }));
  otherTrader = await node.as(await node.web.enter('trader'));
});
after(() => node.web.stop());

describe('a query to the declarant', () => {
  test('goes to the declarant, comes back with an answer and is closed: M6a, M6b, and a response at each step', async () => {
    const mrn = await node.lodge({ firmId });
    const raised = await officer.act(mrn, 'queries', QUESTION);
    assert.deepEqual([raised.status, raised.body.number], [201, 1]);
    assert.equal(raised.body.declaration.waitingFor, 'declarant');
    assert.equal((await trader.act(mrn, 'queries/1/answer', { text: 'Attached.' })).body.waitingFor, 'officer');
    const closed = await officer.act(mrn, 'queries/1/close', { remark: 'It agrees.' });
    assert.deepEqual([closed.body.openQueries, closed.body.answeredQueries], [0, 0]);
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M6a', 'M6b']);
    assert.deepEqual(node.steps(mrn), ['documents-requested', 'request-answered', 'request-answered']);
    const { rows } = await node.web.pool.query<{ pairs: string }>({
      text: `select count(distinct pair)::text as pairs from clearance_milestones m join declarations d on d.id = m.declaration_id
        where d.mrn = $1 and milestone like 'M6_'`,
      values: [mrn],
    });
    assert.equal(rows[0]?.pairs, '1');
    const { body } = await trader.get(`/api/declarations/${mrn}/queries`);
    assert.deepEqual(
      body.items[0].turns.map((turn: { kind: string }) => turn.kind),
      ['question', 'answer', 'closing'],
    );
    assert.deepEqual(body.items[0].turns[0].askedFor, QUESTION.askedFor);
  });

  test('can be asked again until the answer suffices, and several are open at once', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    await officer.act(mrn, 'queries', { ...QUESTION, subject: 'Value' });
    await trader.act(mrn, 'queries/1/answer', { text: 'Here.' });
    const again = await officer.act(mrn, 'queries/1/ask-again', {
      text: 'That is another shipment.',
      answerBy: '2036-02-01T00:00:00Z',
    });
    assert.deepEqual([again.status, again.body.openQueries, again.body.answeredQueries], [200, 2, 0]);
    const { body } = await trader.get('/api/queries');
    const own = body.items.filter((one: { mrn: string }) => one.mrn === mrn);
    assert.deepEqual(
      own.map((one: { number: number }) => one.number),
      [2, 1],
      'the most urgent first',
    );
    assert.deepEqual(await node.milestones(mrn), ['M5a', 'M6a', 'M6a', 'M6b', 'M6a']);
  });

  test('is shown as overdue when its time is over', async () => {
    const mrn = await node.lodge({ firmId });
    const soon = new Date(node.web.now.getTime() + 60_000).toISOString();
    await officer.act(mrn, 'queries', { ...QUESTION, answerBy: soon });
    const was = node.web.now;
    node.web.now = new Date(was.getTime() + 120_000);
    const { body } = await trader.get('/api/queries');
    const verdict = await officer.get(`/api/declarations/${mrn}/verdict`);
    node.web.now = was;
    assert.equal(body.items.find((one: { mrn: string }) => one.mrn === mrn)?.overdue, true);
    const entry = verdict.body.entries.find((one: { question: string }) => one.question === 'queries-answered');
    assert.equal(entry.code, 'QUERY-OVERDUE');
  });

  test('that is closed without an answer ends the wait for the declarant, by customs', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    assert.equal((await officer.act(mrn, 'queries/1/close', { remark: 'Found it in the file.' })).status, 200);
    const { rows } = await node.web.pool.query<{ role: string }>({
      text: `select m.role from clearance_milestones m join declarations d on d.id = m.declaration_id
        where d.mrn = $1 and milestone = 'M6b'`,
      values: [mrn],
    });
    assert.deepEqual(rows, [{ role: 'customs' }]);
  });

  test('that was the last open thing of a green declaration lets it be released by the node', async () => {
    const mrn = await node.lodge({ firmId, channel: 'green', certificate: 'reserved' });
    await officer.act(mrn, 'queries', QUESTION);
    await trader.act(mrn, 'queries/1/answer', { text: 'Here.' });
    assert.equal((await officer.act(mrn, 'queries/1/close', { remark: 'Good.' })).body.state, 'released');
    assert.deepEqual((await node.milestones(mrn)).slice(-1), ['M10']);
  });

  const wrong: readonly [string, object, string][] = [
    ['a time to answer by that is over', { ...QUESTION, answerBy: '2020-01-01T00:00:00Z' }, 'ANSWER-BY-PAST'],
    ['an item that the declaration does not have', { ...QUESTION, items: [2] }, 'ITEM-UNKNOWN'],
    ['an empty text', { ...QUESTION, text: ' \n ' }, 'BODY-INVALID'],
    ['a text that turns the direction of what follows', { ...QUESTION, text: 'abc\u202Edef' }, 'BODY-INVALID'],
    ['NUL in the subject', { ...QUESTION, subject: 'a\u0000b' }, 'JSON-UNREADABLE'],
    ['a pointer that is none', { ...QUESTION, pointers: ['declaration'] }, 'BODY-INVALID'],
  ];
  for (const [name, body, code] of wrong)
    test(`is refused with ${name}`, async () => {
      const mrn = await node.lodge({ firmId });
      const reply = await officer.act(mrn, 'queries', { ...body });
      assert.equal(reply.body.code, code, JSON.stringify(reply.body));
      assert.deepEqual(await node.milestones(mrn), []);
    });

  test('is answered once: of two answers at once the second is refused', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    const version = await node.versionOf(mrn);
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => trader.act(mrn, 'queries/1/answer', { text: 'Here.' }, version)),
    );
    assert.equal(replies.filter((reply) => reply.status === 200).length, 1);
    assert.equal((await node.standing(mrn))['answered_queries'], 1);
    assert.equal((await trader.act(mrn, 'queries/1/answer', { text: 'Once more.' })).body.code, 'QUERY-NOT-OPEN');
  });

  test('cannot be seen, answered or raised by others (P1)', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    assert.equal((await otherTrader.get(`/api/declarations/${mrn}/queries`)).status, 404);
    assert.equal((await otherTrader.act(mrn, 'queries/1/answer', { text: 'Mine.' })).status, 404);
    assert.equal((await stranger.act(mrn, 'queries', QUESTION)).status, 404);
    assert.equal((await officer.act(mrn, 'queries/1/answer', { text: 'Myself.' })).status, 403);
    assert.equal((await trader.act(mrn, 'queries/1/close', { remark: 'Done.' })).status, 403);
    assert.equal((await colleague.act(mrn, 'queries/1/close', { remark: 'Done.' })).body.code, 'CLAIMED-BY-ANOTHER');
    assert.deepEqual((await otherTrader.get('/api/queries')).body.items, []);
    assert.equal((await officer.act(mrn, 'queries/7/close', { remark: 'Done.' })).body.code, 'QUERY-NOT-FOUND');
  });
});

describe('files of a query', () => {
  const bytes = randomBytes(150_000);

  test('go with the question and with the answer, and come back byte for byte', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    const ours = await officer.file(mrn, 'queries/1/files', 'scan.pdf', Buffer.from('%PDF question'));
    const theirs = await trader.file(mrn, 'queries/1/answer-files', 'packing list.pdf', bytes);
    assert.deepEqual([ours.status, theirs.status], [201, 201], JSON.stringify(theirs.body));
    await trader.act(mrn, 'queries/1/answer', { text: 'See the file.' });
    const { body } = await officer.get(`/api/declarations/${mrn}/queries`);
    assert.deepEqual(
      body.items[0].turns.map((turn: { files: { name: string }[] }) => turn.files.map((file) => file.name)),
      [['scan.pdf'], ['packing list.pdf']],
    );
    const read = await officer.get(`/api/declarations/${mrn}/queries/1/files/${theirs.body.id}`);
    assert.equal(read.status, 200);
    assert.ok(Buffer.isBuffer(read.body) && read.body.equals(bytes));
    assert.match(read.headers['content-disposition'] ?? '', /^attachment/);
    assert.equal((await otherTrader.get(`/api/declarations/${mrn}/queries/1/files/${theirs.body.id}`)).status, 404);
  });

  test('are kept once however often they are sent', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    const one = await trader.file(mrn, 'queries/1/answer-files', 'a.pdf', bytes);
    const two = await trader.file(mrn, 'queries/1/answer-files', 'a.pdf', bytes);
    assert.equal(one.body.id, two.body.id);
    const { rows } = await node.web.pool.query<{ n: number }>({
      text: 'select count(distinct file_id)::int as n from clearance_file_pieces where file_id = any($1)',
      values: [[one.body.id, two.body.id]],
    });
    assert.equal(rows[0]?.n, 1);
  });

  const refused: readonly [string, string, Buffer, string, string][] = [
    ['a program', 'x.exe', Buffer.from('MZ'), 'application/x-msdownload', 'ATTACHMENT-TYPE'],
    ['a name that leads elsewhere', '../x.pdf', Buffer.from('x'), 'application/pdf', 'ATTACHMENT-NAME'],
    ['nothing', 'x.pdf', Buffer.alloc(0), 'application/pdf', 'ATTACHMENT-EMPTY'],
  ];
  for (const [what, name, content, type, code] of refused)
    test(`are not ${what}`, async () => {
      const mrn = await node.lodge({ firmId });
      await officer.act(mrn, 'queries', QUESTION);
      const reply = await trader.file(mrn, 'queries/1/answer-files', name, content, type);
      assert.ok(reply.status >= 400 && reply.status < 500);
      assert.ok(
        [code, 'MEDIA-TYPE-NOT-ACCEPTED', 'BODY-MISSING', 'MEDIA-TYPE'].includes(reply.body.code),
        reply.body.code,
      );
    });

  test('cannot be added once the query is answered', async () => {
    const mrn = await node.lodge({ firmId });
    await officer.act(mrn, 'queries', QUESTION);
    await trader.act(mrn, 'queries/1/answer', { text: 'Here.' });
    const reply = await trader.file(mrn, 'queries/1/answer-files', 'late.pdf', bytes);
    assert.deepEqual([reply.status, reply.body.code], [409, 'QUERY-NOT-OPEN']);
  });
});
