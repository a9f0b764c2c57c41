import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/documents/refusal.ts';
import {
  CURSOR_LENGTH,
  listMessages,
  type MessageCursor,
  type MessageFilter,
  type MessageLine,
  readMessageCursor,
  writeMessageCursor,
} from '../../src/exchange/operations/list-messages.ts';
import { readQueues } from '../../src/exchange/operations/queues.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
const OUT = ['queued', 'held', 'receipted', 'failed', 'dismissed'];
const IN = ['delivered', 'quarantined', 'test', 'dismissed'];
const START = Date.UTC(2026, 0, 1);

before(async () => {
  database = await createTestDatabase();
  await database.pool.query({
    text: `insert into outgoing_messages (message_id, partner, conversation, service, action, queued_at, window_ends_at,
        next_attempt_at, attempts, state, last_error_code, last_error)
      select 'm' || (i * 7919) % 1000 || '@th', (array['VN', 'JP', 'SG'])[1 + i % 3], 'UCR-' || i % 50, 's', 'a' || i % 4,
        $1::timestamptz + (i / 3) * interval '1 second', '2027-01-01', '2026-01-01', 1,
        ($2::text[])[1 + i % 5], case when i % 5 = 3 then 'EBMS:0005' end, case when i % 5 = 3 then 'away' end
      from generate_series(0, 599) i`,
    values: [new Date(START), OUT],
  });
  await database.pool.query({
    text: `insert into incoming_messages (message_id, partner, conversation, service, action, digest, received_at, state)
      select 'm' || (i * 7919) % 1000 || '@vn', (array['VN', 'MY'])[1 + i % 2], 'UCR-' || i % 50, 's', 'a' || i % 4, '\\x00',
        $1::timestamptz + (i / 2) * interval '1 second', ($2::text[])[1 + i % 4]
      from generate_series(0, 399) i`,
    values: [new Date(START), IN],
  });
});
after(() => database.drop());

async function all(filter: MessageFilter, limit: number): Promise<MessageLine[]> {
  const found: MessageLine[] = [];
  let after: MessageCursor | null = null;
  for (let pages = 0; pages < 2_000; pages += 1) {
    const page = await listMessages(database.pool, filter, { after, limit });
    assert.ok(page.items.length <= limit);
    found.push(...page.items);
    if (page.next === null) return found;
    after = readMessageCursor(writeMessageCursor(page.next));
  }
  throw new Error('the pages have no end');
}

function fits(line: MessageLine, filter: MessageFilter): boolean {
  return (
    (filter.direction === undefined || filter.direction === line.direction) &&
    (filter.partner === undefined || filter.partner === line.partner) &&
    (filter.state === undefined || filter.state === line.state) &&
    (filter.conversation === undefined || filter.conversation === line.conversation) &&
    (filter.action === undefined || filter.action === line.action) &&
    (filter.since === undefined || line.at >= filter.since) &&
    (filter.until === undefined || line.at < filter.until)
  );
}

const moment = fc.integer({ min: 0, max: 220 }).map((second) => new Date(START + second * 1_000));
const filters: fc.Arbitrary<MessageFilter> = fc.record(
  {
    direction: fc.constantFrom('out' as const, 'in' as const),
    partner: fc.constantFrom('VN', 'JP', 'MY', 'ZZ'),
    state: fc.constantFrom('queued', 'failed', 'held', 'receipted', 'dismissed', 'quarantined', 'delivered', 'test'),
    conversation: fc.constantFrom('UCR-7', 'UCR-0', 'UCR-none'),
    action: fc.constantFrom('a0', 'a3', 'none'),
    since: moment,
    until: moment,
  },
  { requiredKeys: [] },
);

describe('the list of messages', () => {
  test('gives with any filter exactly what fits, each once, newest first, however it is paged', async () => {
    const everything = await all({}, 200);
    assert.equal(everything.length, 1_000);
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 20, max: 200 }), async (filter, limit) => {
        const found = await all(filter, limit);
        const expected = everything.filter((line) => fits(line, filter));
        assert.deepEqual(found, expected);
      }),
      { numRuns: 60 },
    );
    for (const [index, line] of everything.entries())
      assert.ok(index === 0 || line.at <= (everything[index - 1]?.at ?? line.at));
  });

  test('refuses a cursor that is none of its own', () => {
    const written = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const text of [
      '',
      'x',
      '1767225600000-a@th',
      written([]),
      written({}),
      written(['start']),
      written(['start', 'middle']),
      written([[1, 'ä'], 'end']),
      written([[1, ''], 'end']),
      written([['1', 'a'], 'end']),
      written([[1e300, 'a'], 'end']),
      written([[1, 'x'.repeat(251)], 'end']),
    ])
      assert.throws(
        () => readMessageCursor(text),
        (error) => error instanceof Refusal && error.code === 'CURSOR-UNREADABLE',
        text,
      );
    const cursor = { out: { at: new Date(START), messageId: "a/b'%@x" }, in: 'end' } as const;
    assert.deepEqual(readMessageCursor(writeMessageCursor(cursor)), cursor);
    const longest = { at: new Date(START), messageId: '~'.repeat(250) };
    assert.ok(writeMessageCursor({ out: longest, in: longest }).length <= CURSOR_LENGTH);
  });
});

describe('a page of a filter that no index knows', () => {
  test('looks at so many messages and no more, and the next ones go on', async () => {
    await database.pool.query({
      text: `insert into incoming_messages (message_id, partner, conversation, service, action, digest, received_at, state)
        select 'n' || i || '@ph', 'PH', 'U', 's', case when i = 1 then 'rare' else 'usual' end, '\\x00',
          $1::timestamptz + i * interval '1 millisecond', 'delivered' from generate_series(1, 7000) i`,
      values: [new Date(START)],
    });
    const filter = { partner: 'PH', action: 'rare' };
    const first = await listMessages(database.pool, filter, { after: null, limit: 50 });
    assert.deepEqual([first.items.length, first.next === null], [0, false]);
    assert.deepEqual(
      (await all(filter, 50)).map((line) => line.messageId),
      ['n1@ph'],
    );
    await database.pool.query({ text: `delete from incoming_messages where partner = 'PH'` });
  });
});

describe('the queues', () => {
  test('count what is not done per partner and state, with the oldest', async () => {
    const queues = new Map((await readQueues(database.pool)).map((queue) => [queue.partner, queue]));
    const everything = await all({}, 200);
    for (const [partner, queue] of queues)
      for (const state of ['queued', 'held', 'failed', 'quarantined'] as const) {
        const lines = everything.filter((line) => line.partner === partner && line.state === state);
        assert.equal(queue[state].count, lines.length, `${partner} ${state}`);
        assert.deepEqual(queue[state].oldestAt, lines.at(-1)?.at ?? null, `${partner} ${state}`);
      }
    assert.deepEqual([...queues.keys()].sort(), ['JP', 'MY', 'SG', 'VN']);
  });
});
