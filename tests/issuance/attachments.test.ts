import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import { LARGEST_ATTACHMENT } from '../../src/documents/upload.ts';
import { watchMemory } from '../support/memory.ts';
import {
  application,
  directoryOf,
  EXPORTER,
  firmPerson,
  later,
  makeCountry,
  official,
  openNode,
  registerFirm,
  submitted,
  type TestNode,
} from './support.ts';

let node: TestNode;
let trader: Actor;
let id: string;

before(async () => {
  const thailand = await makeCountry('TH');
  node = await openNode(thailand, () => directoryOf([thailand]));
  trader = firmPerson(node, await registerFirm(node, EXPORTER.name, EXPORTER.identifier));
  id = (await node.change(trader, (asked) => node.issuance.create(asked, { content: {} }))).id;
});
after(() => node.database.drop());

const add = (bytes: Readable, name = 'invoice.pdf', contentType = 'application/pdf', of = id, actor = trader) =>
  node.issuance.addAttachment(node.asked(actor), of, { name, contentType, bytes });
const refusedWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code);
  return true;
};
async function pieces(): Promise<number> {
  const { rows } = await node.pool.query<{ n: number }>({
    text: 'select count(*)::int as n from attachment_pieces',
  });
  return rows[0]?.n ?? -1;
}

/** So many bytes, 64 KiB at a time, never whole in memory. */
function bytesOf(size: number): Readable {
  const block = randomBytes(64 * 1024);
  return Readable.from(
    (function* () {
      for (let left = size; left > 0; left -= block.length)
        yield Buffer.from(block.subarray(0, Math.min(left, block.length)));
    })(),
  );
}

describe('an attachment', () => {
  test('is read back as it was sent, whatever pieces it came in', async () => {
    for (const size of [1, 65_535, 65_536, 65_537, 700_001]) {
      const bytes = randomBytes(size);
      const chunks: Buffer[] = [];
      for (let at = 0; at < size; at += 100_003) chunks.push(bytes.subarray(at, at + 100_003));
      const view = await add(Readable.from(chunks), `scan ${size}.pdf`);
      assert.equal(view.size, size);
      assert.equal(view.digest, createHash('sha256').update(bytes).digest('hex'));
      const opened = await node.issuance.openAttachment(node.asked(trader), id, view.id);
      assert.equal(opened.attachment.name, `scan ${size}.pdf`);
      assert.ok(Buffer.concat(await opened.bytes.toArray()).equals(bytes));
    }
    const list = await node.issuance.listAttachments(node.asked(trader), id);
    assert.equal(list.length, 5);
  });

  test('that is sent again is the one that is there', async () => {
    const bytes = randomBytes(1000);
    const first = await add(Readable.from([bytes]), 'same.pdf');
    const before = await pieces();
    const again = await add(Readable.from([bytes]), 'same.pdf');
    assert.equal(again.id, first.id);
    assert.equal(await pieces(), before);
  });

  test('of 10 MB never has 8 MB of it in memory, on its way in and out', async () => {
    await add(bytesOf(512 * 1024), 'warm.pdf');
    const { result, rise } = await watchMemory(async () => {
      const view = await add(bytesOf(10 * 1024 * 1024), 'large.pdf');
      const opened = await node.issuance.openAttachment(node.asked(trader), id, view.id);
      let size = 0;
      for await (const chunk of opened.bytes) size += chunk.length;
      return size;
    });
    assert.equal(result, 10 * 1024 * 1024);
    assert.ok(rise < 8 * 1024 * 1024, `${(rise / 1024 / 1024).toFixed(1)} MB more were held`);
  });

  test('can have the largest size', async () => {
    assert.equal((await add(bytesOf(LARGEST_ATTACHMENT), 'largest.pdf')).size, LARGEST_ATTACHMENT);
  });

  test('that is refused leaves nothing behind', async () => {
    const before = await pieces();
    await assert.rejects(add(bytesOf(LARGEST_ATTACHMENT + 1), 'huge.pdf'), refusedWith('ATTACHMENT-TOO-LARGE'));
    await assert.rejects(add(Readable.from([]), 'empty.pdf'), refusedWith('ATTACHMENT-EMPTY'));
    const breaksOff = Readable.from(
      (async function* () {
        yield randomBytes(600_000);
        throw new Error('connection lost');
      })(),
    );
    await assert.rejects(add(breaksOff, 'half.pdf'), refusedWith('UPLOAD-BROKEN-OFF'));
    assert.equal(await pieces(), before);
  });

  for (const name of [
    '',
    ' a',
    '.htaccess',
    '../../etc/passwd',
    'a/b',
    'a\\b',
    'a\u0000.pdf',
    'a\u202efdp.exe',
    'x'.repeat(121),
    'a"b',
  ])
    test(`cannot be called ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await assert.rejects(add(Readable.from(['x']), name), refusedWith('ATTACHMENT-NAME'));
    });

  for (const type of ['text/html', 'image/svg+xml', 'application/javascript', 'application/octet-stream', ''])
    test(`cannot be ${type || 'of no type'}`, async () => {
      await assert.rejects(add(Readable.from(['x']), 'a', type), refusedWith('ATTACHMENT-TYPE'));
    });

  test('is added only while the application can be changed, by somebody who sees it', async () => {
    const one = await submitted(node, trader, application('500001'));
    await assert.rejects(
      add(Readable.from(['x']), 'late.pdf', 'application/pdf', one.id),
      refusedWith('STATE-DOES-NOT-ALLOW'),
    );
    const stranger = firmPerson(node, await registerFirm(node, 'Stranger', { scheme: 'TH:TIN', value: '1' }));
    await assert.rejects(
      add(Readable.from(['x']), 'x.pdf', 'application/pdf', id, stranger),
      refusedWith('APPLICATION-NOT-FOUND'),
    );
  });

  test('is not added when the application is handed in while it comes', async () => {
    const draft = await node.change(trader, (asked) => node.issuance.create(asked, { content: application('500002') }));
    const before = await pieces();
    const slow = Readable.from(
      (async function* () {
        yield randomBytes(300_000);
        await node.change(trader, (asked) => node.issuance.submit(asked, draft.id, 1));
        yield randomBytes(10);
      })(),
    );
    await assert.rejects(add(slow, 'late.pdf', 'application/pdf', draft.id), refusedWith('STATE-DOES-NOT-ALLOW'));
    assert.equal(await pieces(), before);
  });

  test('is one of twenty at most', async () => {
    const draft = await node.change(trader, (asked) => node.issuance.create(asked, { content: {} }));
    for (let index = 0; index < 20; index += 1)
      await add(Readable.from([`${index}`]), `${index}.txt`, 'text/plain', draft.id);
    await assert.rejects(
      add(Readable.from(['x']), 'x.txt', 'text/plain', draft.id),
      refusedWith('ATTACHMENTS-TOO-MANY'),
    );
  });

  test('is seen by the officer who decides', async () => {
    const draft = await node.change(trader, (asked) => node.issuance.create(asked, { content: application('500003') }));
    const view = await add(Readable.from(['proof']), 'proof.txt', 'text/plain', draft.id);
    await node.change(trader, (asked) => node.issuance.submit(asked, draft.id, 1));
    const officer = node.asked(official(node, 'issuing-officer'), later(3));
    assert.deepEqual(
      (await node.issuance.listAttachments(officer, draft.id)).map((one) => one.id),
      [view.id],
    );
  });
});

describe('keeping house', () => {
  test('makes the series of this year and the next and sweeps what broke off a day ago', async () => {
    await node.pool.query({
      text: `insert into attachment_pieces (attachment_id, position, bytes, written_at)
        values (gen_random_uuid(), 0, 'x', now() - interval '2 days'), (gen_random_uuid(), 0, 'x', now())`,
    });
    const before = await pieces();
    await node.issuance.keepHouse(new Date('2026-12-31T20:00:00Z'));
    await node.issuance.keepHouse(new Date('2026-12-31T20:00:00Z'));
    assert.equal(await pieces(), before - 1);
    const { rows } = await node.pool.query<{ name: string }>({
      text: "select relname as name from pg_class where relname like 'certificate_serial_%' order by 1",
    });
    assert.deepEqual(
      rows.map((row) => row.name),
      [
        'certificate_serial_atiga_2027',
        'certificate_serial_atiga_2028',
        'certificate_serial_rcep_2027',
        'certificate_serial_rcep_2028',
      ],
    );
  });
});
