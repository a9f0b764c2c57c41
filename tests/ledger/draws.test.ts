import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import {
  certificateOf,
  claimOf,
  itemOf,
  keepCertificate,
  type LedgerNode,
  later,
  NOW,
  openLedgerNode,
} from './support.ts';

let node: LedgerNode;
before(async () => {
  node = await openLedgerNode('VN');
});
after(() => node.database.drop());

const reserve = (number: string, quantity: string, id = randomUUID()) =>
  node.change((transaction) =>
    node.ledger.reserve(
      transaction,
      { ...claimOf([itemOf(1, number, { value: quantity, unit: 'C62' })]), declarationId: id },
      NOW,
    ),
  );
async function balance(number: string) {
  const { rows } = await node.pool.query<{ reserved: string; written_off: string; returned: string; granted: string }>({
    text: 'select reserved, written_off, returned, granted from certificate_allotments where number = $1 order by item',
    values: [number],
  });
  return rows.map((row) => `${row.reserved} ${row.written_off}`);
}

describe('a certificate that is here', () => {
  test('is drawn on, written off and given back, each once', async () => {
    const certificate = certificateOf('1000');
    await keepCertificate(node, certificate);
    const id = randomUUID();
    const [use] = await reserve(certificate.number, '700', id);
    assert.equal(use?.state, 'reserved', use?.reason);
    assert.deepEqual(use?.quantity, { value: '700', unit: 'C62' });
    assert.deepEqual(await balance(certificate.number), ['700 0']);
    for (const _ of [1, 2]) await node.change((transaction) => node.ledger.writeOff(transaction, id, later(1)));
    assert.deepEqual(await balance(certificate.number), ['0 700']);
    assert.deepEqual(node.used.at(-1)?.extent, 'part');
    const [refused] = await reserve(certificate.number, '301');
    assert.deepEqual([refused?.state, refused?.code], ['refused', 'CERTIFICATE-QUANTITY-EXCEEDED']);
    const other = randomUUID();
    assert.equal((await reserve(certificate.number, '300', other))[0]?.state, 'reserved');
    await node.change((transaction) => node.ledger.writeOff(transaction, other, later(2)));
    assert.deepEqual(node.used.at(-1)?.extent, 'all');
    for (const _ of [1, 2]) await node.change((transaction) => node.ledger.giveBack(transaction, id, later(3)));
    assert.deepEqual(await balance(certificate.number), ['0 300']);
    assert.equal((await node.ledger.usesOf(node.pool, id))[0]?.state, 'given-back');
  });

  for (const count of [50, 200])
    test(`of ${count} draws at once exactly as many get something as there is quantity for`, async () => {
      const certificate = certificateOf('1000');
      await keepCertificate(node, certificate);
      const uses = await Promise.all(Array.from({ length: count }, () => reserve(certificate.number, '30')));
      const states = uses.map(([use]) => use?.state);
      assert.equal(states.filter((state) => state === 'reserved').length, Math.min(count, 33));
      assert.equal(states.filter((state) => state === 'refused').length, Math.max(0, count - 33));
      assert.deepEqual(await balance(certificate.number), ['990 0']);
    });
});
