import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '../../src/documents/json.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import { createIssuance } from '../../src/issuance/issuance.ts';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerView } from '../../src/ledger/view.ts';
import { carrySamples } from '../../src/region/carry-samples.ts';
import type { SampleUser } from '../../src/region/client.ts';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { importDeclaration } from '../documents/declaration-examples.ts';
import { makeCountry } from '../issuance/support.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { claimOf, itemOf } from './support.ts';

// Whole nodes: the ledger's pages and acts over HTTP, its messages over the real exchange.
let region: TestRegion;
let number: string;
let pool: Pool;
/** Draws at the Vietnamese node as clearance there does, from beside it on its database. */
let draws: Ledger;

before(async () => {
  region = await startTestRegion(['TH', 'VN', 'MY']);
  const [sample] = await carrySamples(region.region.description, 1, () => {});
  number = sample?.number ?? assert.fail();
  pool = region.region.nodes.find(({ configuration }) => configuration.country === 'VN')?.pool ?? assert.fail();
  const { sealing } = await makeCountry('VN');
  const common = {
    country: 'VN',
    pool,
    sealingKey: () => sealing,
    directory: () => null,
    exchange: { send: () => assert.fail('the node itself tells') },
    newId: randomUUID,
  };
  const issuance = createIssuance({
    ...common,
    authority: { name: 'Customs', timeZone: 'Asia/Ho_Chi_Minh', offices: [{ code: 'A', name: 'A', place: 'A' }] },
    ledger: { certificateIssued: async () => undefined, certificateSettled: async () => undefined },
  });
  draws = createLedger({
    ...common,
    names: { customs: 'Customs', authority: 'Customs' },
    timeZone: 'Asia/Ho_Chi_Minh',
    isCertificateOfOrigin: () => true,
    sharesMovementReference: false,
    certificates: {
      see: () => assert.fail('nobody looks here'),
      used: (transaction, use) => issuance.noteUse(transaction, use),
      takeGranted: () => assert.fail('nothing is granted here'),
    },
    clearance: { certificatesResolved: async () => undefined },
    log: { warn: () => undefined },
  });
});
after(() => region.end());

async function ledgerOf(user: SampleUser): Promise<LedgerView> {
  const { text } = await user.get(`/api/certificates/${number}/ledger`);
  const view: LedgerView = JSON.parse(text);
  return view;
}

/** Waits until a user sees the ledger as wanted; the nodes tell each other within a few seconds. */
async function seen(user: SampleUser, isWanted: (view: LedgerView) => boolean): Promise<LedgerView> {
  for (let tries = 0; tries < 150; tries += 1) {
    const view = await ledgerOf(user).catch((error: unknown) => {
      if (error instanceof Refusal && /NOT-FOUND|NOT-OPEN/.test(error.code)) return undefined;
      throw error;
    });
    if (view !== undefined && isWanted(view)) return view;
    await pause(100);
  }
  return assert.fail(`not seen: ${JSON.stringify(await ledgerOf(user))}`);
}

/** A declaration at the Vietnamese node that uses so much of the first item. */
async function use(quantity: string): Promise<void> {
  const { rows } = await pool.query<{ content: JsonObject; consignee: string }>({
    text: `select content, consignee_identifier as consignee from certificates where number = $1`,
    values: [number],
  });
  const content = JSON.parse(JSON.stringify(rows[0]?.content));
  const [item] = content.goodsItems;
  const claim = {
    ...claimOf([
      itemOf(
        1,
        `${number}/1`,
        { value: quantity, unit: item.quantity.unit },
        { commodityCode: item.harmonizedSystemCode, originCountry: item.originCountry },
      ),
    ]),
    importerIdentifier: rows[0]?.consignee ?? null,
  };
  await inTransaction(pool, async (transaction) => {
    const [one] = await draws.reserve(transaction, claim, new Date());
    assert.equal(one?.state, 'reserved', one?.reason);
    await draws.writeOff(transaction, claim.declarationId, new Date());
  });
}

describe('the ledger of a certificate at whole nodes', () => {
  test('shows at both nodes what was used, to traders and officials, the declaration only where it belongs', async () => {
    const clearance = await region.user('VN', 'clearance');
    const exporter = await region.user('TH', 'exporter');
    const before = await ledgerOf(exporter);
    assert.equal(before.side, 'issuing');
    assert.deepEqual(
      before.items[0]?.countries.map(({ country }) => country),
      ['VN'],
    );
    await use('1');
    const here = await ledgerOf(clearance);
    assert.equal(here.items[0]?.writtenOff, '1');
    assert.equal(here.uses[0]?.movementReference, '26VN0000000000018X');
    const there = await seen(exporter, (view) => view.items[0]?.writtenOff === '1');
    assert.equal(there.state, 'partly-used');
    assert.deepEqual(
      there.uses.map((one) => [one.quantity, one.country, one.movementReference]),
      [['1', 'VN', undefined]],
    );
    const importer = await region.user('VN', 'importer');
    const own = await ledgerOf(importer);
    assert.equal(own.uses[0]?.quantity, '1');
    await assert.rejects(
      region.user('TH', 'importer').then((stranger) => ledgerOf(stranger)),
      (error: unknown) => error instanceof Refusal && error.code === 'CERTIFICATE-NOT-FOUND',
    );
  });

  test('a part that one country gives back goes to another, with the certificate, and nobody gets more', async () => {
    const clearance = await region.user('VN', 'clearance');
    const issuing = await region.user('TH', 'issuing');
    const part = { items: [{ itemNumber: 1, quantity: '10' }], reason: 'The consignee sells on to Malaysia.' };
    const etag = async (user: SampleUser) => (await user.get(`/api/certificates/${number}/ledger`)).version;
    const path = `/api/certificates/${number}/ledger`;
    const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code;
    await assert.rejects(
      issuing.post(`${path}/allot`, { ...part, country: 'MY' }, await etag(issuing)),
      refused('ALLOTMENT-NOT-FREE'),
    );
    await assert.rejects(clearance.post(`${path}/return`, part, '"1"'), refused('CHANGED-MEANWHILE'));
    await clearance.post(`${path}/return`, part, await etag(clearance));
    await seen(issuing, (view) => {
      const [item] = view.items;
      return item !== undefined && Number(item.issued) - Number(item.allotted) === 10;
    });
    await assert.rejects(
      issuing.post(`${path}/allot`, { ...part, country: 'JP' }, await etag(issuing)),
      refused('ALLOTMENT-COUNTRY'),
    );
    await issuing.post(`${path}/allot`, { ...part, country: 'MY' }, await etag(issuing));
    const malay = await region.user('MY', 'clearance');
    const granted = await seen(malay, (view) => view.items[0]?.allotted === '10');
    assert.deepEqual([granted.side, granted.state], ['importing', 'verified']);
    const { body } = await malay.get(`/api/certificates/${number}/verification`);
    assert.match(JSON.stringify(body), /the issuing country allotted a part of it to MY/);
  });

  test('a declaration that is lodged sets its quantity aside, and names itself to its firm and to customs', async () => {
    const importer = await region.user('VN', 'importer');
    const { text } = await importer.get(`/api/certificates/${number}`);
    const { content } = JSON.parse(text);
    const [item] = content.goodsItems;
    const before = Number((await ledgerOf(importer)).items[0]?.setAside);
    const declaration = importDeclaration({
      localReference: `LRN-${randomUUID().slice(0, 8)}`,
      importerId: content.consignee.identifier.value,
      items: [
        {
          commodityCode: item.harmonizedSystemCode.padEnd(8, '0').slice(0, 8),
          originCountry: item.originCountry,
          preferenceCode: '301',
          certificate: { id: `${number}/1`, quantity: '2', unit: item.quantity.unit },
        },
      ],
    });
    const lodged = await importer.post('/api/declarations', declaration);
    const after = await ledgerOf(importer);
    assert.equal(Number(after.items[0]?.setAside), before + 2, lodged.text);
    assert.equal(after.uses[0]?.movementReference, lodged.body['movementReference'] ?? lodged.body['mrn']);
  });
});
