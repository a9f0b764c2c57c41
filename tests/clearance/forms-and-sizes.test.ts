import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { wcoShapeOf } from '../../src/documents/declaration/wco-kinds.ts';
import { writeWco } from '../../src/documents/declaration/write-wco.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { goodsPresentation } from '../documents/declaration-examples.ts';
import { type ClearanceNode, importOf, startClearanceNode } from './support.ts';

let node: ClearanceNode;
before(async () => {
  node = await startClearanceNode();
  node.channelOf = () => 'yellow';
});
after(() => node.stop());

const XML = { contentType: 'application/xml' };
const asXml = (json: JsonObject): string => writeWco(wcoShapeOf('declaration'), json);

describe('a declaration in XML', () => {
  test('is taken by the same route, and its bytes are kept', async () => {
    const xml = asXml(importOf());
    const { body } = await node.post(node.importer, '/api/declarations', xml, XML).expect(201);
    assert.deepEqual([body.state, body.channel], ['in-clearance', 'yellow']);
    const document = await node
      .get(node.importer, `/api/declarations/${body.mrn}/documents/1`)
      .buffer(true)
      .expect(200);
    assert.equal(document.headers['content-type'], 'application/xml');
    assert.equal(document.text, xml);
  });

  test('has the faults of the JSON form, with XPath and line besides', async () => {
    const json = importOf({ changes: { '/declaration/totalPackageQuantity/value': '21' } });
    const [inXml, inJson] = await Promise.all([
      node.post(node.importer, '/api/declarations', asXml(json), XML).expect(422),
      node.post(node.importer, '/api/declarations', json).expect(422),
    ]);
    const codes = (body: { faults: { code: string; pointer: string }[] }) =>
      body.faults.map(({ code, pointer }) => [code, pointer]);
    assert.deepEqual(codes(inXml.body), codes(inJson.body));
    for (const fault of inXml.body.faults) {
      assert.match(fault.xpath, /^\//);
      assert.equal(typeof fault.line, 'number');
    }
  });

  test('may be amended in JSON, and its goods presented in XML', async () => {
    const json = importOf({ typeCode: 'IMD' });
    const { body } = await node.post(node.importer, '/api/declarations', asXml(json), XML).expect(201);
    const amended = await node
      .post(node.importer, `/api/declarations/${body.mrn}/amendments?reason=x`, json, { version: body.version })
      .expect(200);
    assert.equal(amended.body.documentVersion, 2);
    const presented = await node
      .post(node.importer, '/api/declarations', asXml(goodsPresentation(body.mrn)), XML)
      .expect(200);
    assert.deepEqual([presented.body.done, presented.body.state], ['arrived', 'in-clearance']);
  });

  const hostile: readonly [string, (xml: string) => string][] = [
    ['a DOCTYPE', (xml) => xml.replace(/<(?=[A-Za-z])/, '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><')],
    [
      'an unknown element',
      (xml) =>
        xml
          .replace('</Declaration>', '<Extra/></Declaration>')
          .replace(/<\/(\w+:)Declaration>/, '<$1Extra/></$1Declaration>'),
    ],
    ['another namespace', (xml) => xml.replaceAll('DocumentMetaData-DMS:2', 'DocumentMetaData-DMS:9')],
    ['no end', (xml) => xml.slice(0, -20)],
    ['a NUL character', (xml) => xml.replace('motors', 'mot\u0000ors')],
    [
      'another encoding than it says',
      (xml) => `<?xml version="1.0" encoding="UTF-16"?>${xml.replace(/^<\?xml[^>]*\?>/, '')}`,
    ],
  ];
  for (const [name, spoil] of hostile)
    test(`with ${name} is refused and leaves nothing`, async () => {
      const xml = asXml(importOf());
      const spoilt = spoil(xml);
      assert.notEqual(spoilt, xml);
      const { rows: before } = await node.pool.query({ text: 'select count(*)::int as n from documents' });
      const { body, status } = await node.post(node.importer, '/api/declarations', spoilt, XML);
      assert.deepEqual([status, body.code], [422, 'DECLARATION-FAULTY']);
      assert.ok(body.faults.length > 0);
      const { rows } = await node.pool.query({ text: 'select count(*)::int as n from documents' });
      assert.deepEqual(rows, before);
    });
});

describe('a large declaration', () => {
  /** Sends it while others ask without pause; answers what it got, and which part of its time one of them waited at most. */
  async function sendAmongOthers(declaration: string) {
    await node.lodge();
    let done = false;
    const began = performance.now();
    const sent = node.post(node.importer, '/api/declarations', declaration).then((reply) => {
      done = true;
      return reply;
    });
    let slowest = 0;
    while (!done) {
      const start = performance.now();
      await node.get(node.officer, '/api/declarations?limit=1').expect(200);
      slowest = Math.max(slowest, performance.now() - start);
    }
    return { reply: await sent, waited: slowest / (performance.now() - began) };
  }

  test('of 9,999 items is told that the vocabulary has room for 999, while others go on', async () => {
    const declaration = importOf({ items: Array.from({ length: 9_999 }, () => ({})) });
    const { reply, waited } = await sendAmongOthers(JSON.stringify(declaration));
    assert.deepEqual([reply.status, reply.body.faults[0].code], [422, 'SCHEMA-COUNT']);
    assert.match(reply.body.faults[0].message, /999/);
    assert.ok(waited < 0.5, `${waited} of its time`);
  });

  test('of 999 items and many megabytes is lodged, while others go on', async () => {
    const documents = Array.from({ length: 90 }, (_, index) => ({
      category: 'N',
      type: '730',
      id: `ROAD-CONSIGNMENT-NOTE-${String(index).padStart(5, '0')}`,
    }));
    const items = Array.from({ length: 999 }, () => ({ documents, certificate: null }));
    const declaration = JSON.stringify(importOf({ items }), null, 1);
    assert.ok(declaration.length > 10_000_000 && declaration.length < 20_971_520, String(declaration.length));
    const { reply, waited } = await sendAmongOthers(declaration);
    assert.equal(reply.status, 201, JSON.stringify(reply.body).slice(0, 1000));
    assert.equal(reply.body.goodsItemCount, 999);
    assert.ok(waited < 0.5, `${waited} of its time`);
  });
});
