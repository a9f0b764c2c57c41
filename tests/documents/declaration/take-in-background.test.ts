import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { takeDeclaration } from '../../../src/documents/declaration/take.ts';
import { BACKGROUND_FROM, BackgroundTaker } from '../../../src/documents/declaration/take-in-background.ts';
import { wcoShapeOf } from '../../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../../src/documents/declaration/write-wco.ts';
import type { JsonObject } from '../../../src/documents/json.ts';
import { importDeclaration } from '../declaration-examples.ts';

const VIET_NAM = { country: 'VN', date: '2026-03-05' };

function withItems(count: number): JsonObject {
  return importDeclaration({ items: Array.from({ length: count }, (_, index) => ({ invoiceAmount: `${index}.10` })) });
}

function asXml(json: JsonObject): Buffer {
  return Buffer.from(writeWco(wcoShapeOf('declaration'), json));
}

describe('declarations in the background', () => {
  const taker = new BackgroundTaker();
  after(() => taker.close());
  const many = withItems(999);

  test('get the answer they would get at once, while others go on', async () => {
    const bytes = asXml(many);
    assert.ok(bytes.length > BACKGROUND_FROM);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 5);
    const [taken, again] = await Promise.all([
      taker.take(bytes, 'application/xml', VIET_NAM),
      taker.take(Buffer.from(JSON.stringify(many)), 'application/json', VIET_NAM),
    ]);
    clearInterval(turning);
    assert.ok(turns >= 5, `the event loop had ${turns} turns`);
    const direct = takeDeclaration(bytes, 'application/xml', VIET_NAM);
    assert.ok(taken.ok && direct.ok && again.ok);
    assert.deepEqual(taken.facts, direct.facts);
    assert.deepEqual(taken.json, direct.json);
    assert.deepEqual(again.facts, direct.facts);
    assert.equal(taken.label, 'import declaration');
    assert.equal(bytes.length > 0 && bytes[0], 0x3c, 'the bytes are still those of the caller');
  });

  test('get their faults with places', async () => {
    const bytes = asXml(importDeclaration({ items: [...Array.from({ length: 999 }, () => ({})), {}] }));
    const taking = await taker.take(bytes, 'application/xml', VIET_NAM);
    assert.ok(!taking.ok);
    assert.deepEqual(
      taking.faults.map(({ code, xpath }) => `${code} ${xpath}`),
      ['SCHEMA-COUNT /md:MetaData/dec:Declaration/dec:GoodsShipment'],
    );
  });

  test('are taken at once when they are small', async () => {
    const taking = await taker.take(asXml(importDeclaration()), 'application/xml', VIET_NAM);
    assert.equal(taking.ok, true);
  });

  test('of 9,999 items and 20 MB are refused by their stated limits', async () => {
    const taking = await taker.take(Buffer.from(JSON.stringify(withItems(9_999))), 'application/json', VIET_NAM);
    assert.ok(!taking.ok);
    assert.equal(taking.faults[0]?.code, 'SCHEMA-COUNT');
    const large = await taker.take(Buffer.alloc(26 * 1024 * 1024, 0x20), 'application/json', VIET_NAM);
    assert.ok(!large.ok);
    assert.equal(large.faults[0]?.code, 'BYTES-TOO-LARGE');
  });

  test('that were waiting when the taker closes are told so, and it can be used again', async () => {
    const other = new BackgroundTaker();
    const bytes = asXml(withItems(250));
    assert.ok(bytes.length > BACKGROUND_FROM);
    const waiting = other.take(bytes, 'application/xml', VIET_NAM);
    await other.close();
    await assert.rejects(waiting, /ended/);
    assert.equal((await other.take(bytes, 'application/xml', VIET_NAM)).ok, true);
    await other.close();
  });
});
