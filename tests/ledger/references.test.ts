import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { CertificateOfOrigin } from '../../src/documents/types.ts';
import type { Directory } from '../../src/federation/directory.ts';
import type { ClaimFacts, ClaimItem, Use } from '../../src/ledger/ports.ts';
import { convertExactly } from '../../src/ledger/units.ts';
import { exampleCertificate } from '../documents/examples.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';
import {
  certificateOf,
  claimOf,
  deliverCertificate,
  issue,
  itemOf,
  keepCertificate,
  type LedgerNode,
  later,
  NOW,
  openLedgerNode,
} from './support.ts';

let directory: Directory;
let node: LedgerNode;
let thai: LedgerNode;

before(async () => {
  const [th, vn] = [await makeCountry('TH'), await makeCountry('VN')];
  directory = directoryOf([th, vn]);
  node = await openLedgerNode('VN', () => directory, vn);
  thai = await openLedgerNode('TH', () => directory, th);
});
after(() => Promise.all([node, thai].map((each) => each.database.drop())));

const pieces = (value: string) => ({ value, unit: 'C62' });

async function one(item: ClaimItem, facts: Partial<ClaimFacts> = {}, importer: string | null = '0101234567', at = NOW) {
  const claim = { ...claimOf([item], facts), importerIdentifier: importer };
  const [seen] = await node.ledger.preview(node.pool, claim, at);
  const [use] = await node.change((transaction) => node.ledger.reserve(transaction, claim, at));
  assert.ok(use);
  assert.deepEqual([seen?.state, seen?.code], [use.state, use.code], 'the preview says what reserving gives');
  return use;
}

describe('a reference is judged, each reason with its code (threats B2)', () => {
  const table: readonly [
    name: string,
    code: string,
    certificate: Partial<CertificateOfOrigin>,
    row: { state?: string; from?: string },
    item: (number: string) => ClaimItem,
    facts?: Partial<ClaimFacts>,
    importer?: string | null,
    at?: Date,
  ][] = [
    ['cancelled', 'CERTIFICATE-CANCELLED', {}, { state: 'cancelled' }, (n) => itemOf(1, n, pieces('1'))],
    ['replaced', 'CERTIFICATE-REPLACED', {}, { state: 'replaced' }, (n) => itemOf(1, n, pieces('1'))],
    ['refused here', 'CERTIFICATE-REFUSED', {}, { state: 'refused' }, (n) => itemOf(1, n, pieces('1'))],
    [
      'past its validity',
      'CERTIFICATE-EXPIRED',
      {},
      {},
      (n) => itemOf(1, n, pieces('1')),
      {},
      '0101234567',
      new Date('2027-02-27T03:00:00Z'),
    ],
    [
      'for another country',
      'CERTIFICATE-ADDRESSED-ELSEWHERE',
      { importingCountry: 'MY' },
      {},
      (n) => itemOf(1, n, pieces('1')),
    ],
    ['other consignee', 'CERTIFICATE-OTHER-CONSIGNEE', {}, {}, (n) => itemOf(1, n, pieces('1')), {}, '999'],
    [
      'importer without identifier',
      'CERTIFICATE-IMPORTER-UNKNOWN',
      {},
      {},
      (n) => itemOf(1, n, pieces('1')),
      { importer: { id: null, name: 'X', country: null } },
      null,
    ],
    [
      'other exporter',
      'CERTIFICATE-OTHER-EXPORTER',
      {},
      {},
      (n) => itemOf(1, n, pieces('1')),
      { exporter: { id: 'TH999', name: 'Other', country: 'TH' } },
    ],
    ['other goods', 'CERTIFICATE-OTHER-GOODS', {}, {}, (n) => itemOf(1, n, pieces('1'), { commodityCode: '87084000' })],
    [
      'other goods of the item that is named',
      'CERTIFICATE-OTHER-GOODS',
      {},
      {},
      (n) => itemOf(1, `${n}/1`, pieces('1'), { commodityCode: '87084000' }),
    ],
    ['no such item', 'CERTIFICATE-ITEM-UNKNOWN', {}, {}, (n) => itemOf(1, `${n}/7`, pieces('1'))],
    ['other origin', 'CERTIFICATE-OTHER-ORIGIN', {}, {}, (n) => itemOf(1, n, pieces('1'), { originCountry: 'CN' })],
    ['no quantity that could be compared', 'CERTIFICATE-QUANTITY-MISSING', {}, {}, (n) => itemOf(1, n, null)],
    ['zero', 'CERTIFICATE-QUANTITY-MISSING', {}, {}, (n) => itemOf(1, n, pieces('0.00'))],
    ['another kind of unit', 'CERTIFICATE-UNIT-DIFFERS', {}, {}, (n) => itemOf(1, n, { value: '5', unit: 'KGM' })],
    ['more than there is', 'CERTIFICATE-QUANTITY-EXCEEDED', {}, {}, (n) => itemOf(1, n, pieces('1000.000001'))],
  ];
  for (const [name, code, certificate, row, item, facts, importer = '0101234567', at] of table)
    test(`${name}: ${code}`, async () => {
      const made = certificateOf('1000', certificate);
      await keepCertificate(node, made, row);
      const use = await one(item(made.number), facts, importer, at);
      assert.deepEqual([use.state, use.code], ['refused', code], use.reason);
    });

  test('a mistyped number, a paper and one of a country without a node are told apart', async () => {
    const { number } = certificateOf('1');
    const mistyped = number.replace('2026', '2025');
    assert.equal((await one(itemOf(1, mistyped, pieces('1')))).code, 'CERTIFICATE-NUMBER-WRONG');
    assert.equal((await one(itemOf(1, 'E-2026/88', pieces('1')))).code, 'CERTIFICATE-ON-PAPER');
    assert.equal((await one(itemOf(1, 'ATIGA-LA-2026-0000001-K', pieces('1')))).state, 'refused');
  });

  test('several reasons are all told', async () => {
    const made = certificateOf('1000');
    await keepCertificate(node, made, { state: 'cancelled' });
    const use = await one(itemOf(1, made.number, pieces('1'), { originCountry: 'CN' }), {}, '999');
    assert.equal(use.code, 'CERTIFICATE-CANCELLED');
    assert.match(use.reason, /cancelled.*another consignee.*originates in TH/s);
  });

  test('the importer is the consignee also with the scheme or country in front', async () => {
    const made = certificateOf('1000');
    await keepCertificate(node, made);
    for (const importer of ['0101234567', 'VN0101234567', 'VN:MST 0101234567'])
      assert.equal((await one(itemOf(1, made.number, pieces('1')), {}, importer)).state, 'reserved');
  });

  test('another consignment may use it, which is said', async () => {
    const made = certificateOf('1000');
    await keepCertificate(node, made);
    const use = await one(itemOf(1, made.number, pieces('1')), { consignmentReference: '6VN-OTHER' });
    assert.equal(use.state, 'reserved');
    assert.match(use.reason, /issued for consignment/);
  });

  test('of several items under one subheading the one must be named', async () => {
    const example = exampleCertificate();
    const [first] = example.goodsItems;
    assert.ok(first);
    const made = certificateOf('1', {
      goodsItems: [first, { ...first, itemNumber: 2 }],
    });
    await keepCertificate(node, made);
    const use = await one(itemOf(1, made.number, pieces('1')));
    assert.equal(use.code, 'CERTIFICATE-ITEM-AMBIGUOUS');
    assert.match(use.reason, new RegExp(`${made.number}/1 or ${made.number}/2`));
    assert.equal((await one(itemOf(1, `${made.number}/2`, pieces('1')))).certificateItem, 2);
  });

  test('where no quantity is claimed it is taken from the goods, converted exactly', async () => {
    const [item] = exampleCertificate().goodsItems;
    assert.ok(item);
    const made = certificateOf('1', { goodsItems: [{ ...item, quantity: { value: '2', unit: 'TNE' } }] });
    await keepCertificate(node, made);
    const use = await one(itemOf(1, made.number, null));
    assert.deepEqual(use.quantity, { value: '1.2405', unit: 'TNE' });
    const grams = await one(itemOf(1, made.number, { value: '759500', unit: 'GRM' }));
    assert.deepEqual([grams.state, grams.quantity?.value], ['reserved', '0.7595']);
  });
});

test('units convert exactly or not at all', () => {
  assert.equal(convertExactly('310250', 'GRM', 'KGM'), '310.25');
  assert.equal(convertExactly('24', 'C62', 'DZN'), '2');
  assert.equal(convertExactly('100', 'C62', 'DZN'), undefined);
  assert.equal(convertExactly('0.1', 'GRM', 'TNE'), undefined);
  assert.equal(convertExactly('1', 'KGM', 'LTR'), undefined);
  assert.equal(convertExactly('7', 'PR', 'PR'), '7');
  assert.equal(convertExactly('7', 'PR', 'C62'), undefined);
});

describe('a certificate that comes later than the declarations', () => {
  const claim = (number: string, quantity: string) => claimOf([itemOf(1, number, pieces(quantity))]);
  const stateOf = async (id: string): Promise<Use | undefined> => (await node.ledger.usesOf(node.pool, id))[0];

  test('serves them in the order in which they were lodged, and clearance is told of each', async () => {
    const certificate = certificateOf('1000');
    const bytes = await issue(thai, certificate);
    const claims = ['700', '400', '300'].map((quantity) => claim(certificate.number, quantity));
    for (const each of claims) {
      const [use] = await node.change((transaction) => node.ledger.reserve(transaction, each, NOW));
      assert.deepEqual([use?.state, use?.code], ['awaited', 'CERTIFICATE-AWAITED']);
    }
    await deliverCertificate(node, 'TH', bytes, later(5));
    const states = await Promise.all(claims.map(({ declarationId }) => stateOf(declarationId)));
    assert.deepEqual(
      states.map((use) => use?.state),
      ['reserved', 'refused', 'reserved'],
    );
    assert.match(states[1]?.reason ?? '', /400 C62 .* and 300 are left/);
    node.resolved.length = 0;
    await node.ledger.tellDue(later(6));
    assert.deepEqual(new Set(node.resolved), new Set(claims.map(({ declarationId }) => declarationId)));
    await node.ledger.tellDue(later(7));
    assert.equal(node.resolved.length, 3, 'each once');
  });

  test('is seen or awaited, never missed, when it arrives in the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const certificate = certificateOf('100');
      const bytes = await issue(thai, certificate);
      const claims = Array.from({ length: 4 }, () => claim(certificate.number, '25'));
      await Promise.all([
        ...claims.map((each) => node.change((transaction) => node.ledger.reserve(transaction, each, NOW))),
        deliverCertificate(node, 'TH', bytes, later(5)),
      ]);
      for (const { declarationId } of claims) assert.equal((await stateOf(declarationId))?.state, 'reserved');
    }
  });

  test('and is refused: their uses are refused; rubbish from elsewhere under its number changes nothing', async () => {
    const certificate = certificateOf('1000');
    const waiting = claim(certificate.number, '1');
    await node.change((transaction) => node.ledger.reserve(transaction, waiting, NOW));
    await keepCertificate(node, { ...certificate, remarks: 'rubbish' }, { state: 'refused', from: 'MY' });
    assert.equal((await stateOf(waiting.declarationId))?.state, 'awaited');
    await keepCertificate(node, certificate, { state: 'refused' });
    assert.equal((await stateOf(waiting.declarationId))?.code, 'CERTIFICATE-REFUSED');
  });
});

describe('an amended declaration', () => {
  test('draws anew and gives back what its earlier version had; items can be given back alone', async () => {
    const certificate = certificateOf('1000');
    await keepCertificate(node, certificate);
    const id = randomUUID();
    const reserve = (...quantities: string[]) =>
      node.change((transaction) =>
        node.ledger.reserve(
          transaction,
          {
            ...claimOf(quantities.map((quantity, index) => itemOf(index + 1, certificate.number, pieces(quantity)))),
            declarationId: id,
          },
          NOW,
        ),
      );
    await reserve('900');
    const uses = await reserve('500', '500');
    assert.deepEqual(
      uses.map(({ state }) => state),
      ['reserved', 'reserved'],
    );
    await node.change((transaction) => node.ledger.giveBack(transaction, id, later(1), [2]));
    await node.change((transaction) => node.ledger.writeOff(transaction, id, later(2)));
    assert.deepEqual(
      (await node.ledger.usesOf(node.pool, id)).map(({ state }) => state),
      ['written-off', 'given-back'],
    );
    const after = await reserve('500', '400');
    assert.deepEqual(
      after.map(({ state }) => state),
      ['written-off', 'reserved'],
      'what was written off does not draw again',
    );
  });

  test('two at once that swap their certificates do not wait for each other for ever', async () => {
    const [a, b] = [certificateOf('1000'), certificateOf('1000')];
    await keepCertificate(node, a);
    await keepCertificate(node, b);
    const ids = [randomUUID(), randomUUID()];
    const amend = (id: string, ...numbers: string[]) =>
      node.change((transaction) =>
        node.ledger.reserve(
          transaction,
          {
            ...claimOf(numbers.map((number, index) => itemOf(index + 1, number, pieces('10')))),
            declarationId: id,
          },
          NOW,
        ),
      );
    for (let round = 0; round < 10; round += 1)
      await Promise.all(
        ids.map((id, index) => amend(id, ...((round + index) % 2 === 0 ? [a.number, b.number] : [b.number, a.number]))),
      );
    const { rows } = await node.pool.query<{ reserved: string }>({
      text: 'select reserved from certificate_allotments where number = any($1)',
      values: [[a.number, b.number]],
    });
    assert.deepEqual(
      rows.map(({ reserved }) => reserved),
      ['20', '20'],
    );
  });
});
