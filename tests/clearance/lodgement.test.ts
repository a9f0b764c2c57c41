import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type ClearanceNode, importOf, startClearanceNode } from './support.ts';

let node: ClearanceNode;
before(async () => {
  node = await startClearanceNode();
});
after(() => node.stop());

describe('lodging a declaration', () => {
  test('a faultless one is accepted with an MRN and its channel', async () => {
    const { body, mrn } = await node.lodge();
    console.log(body);
    console.log(await node.responses(mrn), await node.milestones(mrn));
    assert.match(mrn, /^26VN\d{13}[0-9A-Z]$/);
    const read = await node.get(node.importer, `/api/declarations/${mrn}`).expect(200);
    console.log(JSON.stringify(read.body, null, 1).slice(0, 3000), importOf, randomUUID);
  });
});
