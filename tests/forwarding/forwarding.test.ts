import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import type { DeclarationFacts } from '../../src/documents/declaration/facts.ts';
import { readFacts } from '../../src/documents/declaration/read-facts.ts';
import { isObject, type JsonValue } from '../../src/documents/json.ts';
import { createForwarding, type Forwarding } from '../../src/forwarding/forwarding.ts';
import { storeDocument } from '../../src/store/documents.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { asDelivery, type CorrespondingNode, openCorrespondent } from '../correspondence/support.ts';
import { exportDeclaration } from '../documents/declaration-examples.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);

/** The part of a declaration that forwarding looks at; the whole vocabulary is tested where it is read. */
function factsOf(json: JsonValue): DeclarationFacts {
  const text = (name: string): string | null => {
    const value = isObject(json) ? json[name] : undefined;
    return typeof value === 'string' ? value : null;
  };
  return {
    ...readFacts(exportDeclaration()),
    consignmentReference: text('ucr'),
    consignee: { id: text('consignee'), name: 'Pump Works', country: 'VN' },
    destinationCountry: text('to'),
    totalGrossMass: { value: text('mass') ?? '10', unit: 'KGM' },
  };
}

describe('an export declaration that is sent forward', () => {
  let thailand: CorrespondingNode;
  let vietNam: CorrespondingNode;
  let exporting: Forwarding;
  let importing: Forwarding;
  before(async () => {
    const [th, vn] = await Promise.all([makeCountry('TH'), makeCountry('VN')]);
    const directory = directoryOf([th, vn]);
    [thailand, vietNam] = await Promise.all([
      openCorrespondent(th, () => directory),
      openCorrespondent(vn, () => directory),
    ]);
    const forwardingOf = (node: CorrespondingNode): Forwarding =>
      createForwarding({
        country: node.country,
        correspondence: node.correspondence,
        async readDeclaration(bytes) {
          try {
            const json: JsonValue = JSON.parse(bytes.toString());
            return isObject(json) ? { ok: true, facts: factsOf(json), json } : { ok: false, reason: 'No object.' };
          } catch {
            return { ok: false, reason: 'No JSON.' };
          }
        },
        newId: randomUUID,
      });
    exporting = forwardingOf(thailand);
    importing = forwardingOf(vietNam);
    vietNam.handlers = {
      'export-declaration-notice': (transaction, received) => importing.take(transaction, received),
    };
  });
  after(() => Promise.all([thailand.database.drop(), vietNam.database.drop()]));

  let serial = 0;
  let ucr = '';
  let mrn = '';
  beforeEach(() => {
    serial += 1;
    ucr = `6TH0105536000315-${serial}`;
    mrn = `26TH00000000000${String(serial).padStart(3, '0')}`;
    thailand.sent.length = 0;
    vietNam.sent.length = 0;
  });

  async function forward(
    content: object,
    more: { version?: number; withdrawn?: boolean; to?: string | null; at?: Date } = {},
  ): Promise<void> {
    const bytes = Buffer.from(JSON.stringify({ ucr, consignee: '0207654321', to: 'VN', ...content }));
    await inTransaction(thailand.pool, async (transaction) => {
      const documentDigest = await storeDocument(transaction, {
        kind: 'declaration',
        contentType: 'application/json',
        bytes,
      });
      await exporting.accepted(
        transaction,
        {
          movementReference: mrn,
          consignmentReference: ucr,
          destinationCountry: more.to === undefined ? 'VN' : more.to,
          documentDigest,
          documentVersion: more.version ?? 1,
          withdrawn: more.withdrawn === true,
        },
        more.at ?? NOW,
      );
    });
  }
  const deliver = (at = NOW, change?: (bytes: Buffer, index: number) => Buffer) =>
    vietNam.deliver(asDelivery(thailand, at, change));
  const official: Actor = {
    personId: randomUUID(),
    name: 'Officer',
    role: 'clearance-officer',
    firmId: null,
    firmIdentifier: null,
    office: 'VNHPHC',
    country: 'VN',
    via: 'session',
    onlyRights: null,
  };
  const askedBy = (actor: Actor) => ({ reader: vietNam.pool, actor, now: later(60) });
  const listed = async (actor: Actor = official) =>
    (await importing.list(askedBy(actor), { consignmentReference: ucr })).items;

  test('is seen by the officers of the country of destination, with its document byte for byte', async () => {
    await forward({ mass: '12' });
    assert.deepEqual(await deliver(), { taken: true });
    const [line] = await listed();
    assert.ok(line);
    assert.deepEqual(
      [line.from, line.movementReference, line.status, line.exporterName],
      ['TH', mrn, 'accepted', 'Siam Precision Motors Co., Ltd.'],
    );
    const { bytes } = await importing.readDocument(askedBy(official), line.id);
    assert.equal(JSON.parse(bytes.toString()).mass, '12');
    assert.equal((await importing.read(askedBy(official), line.id)).facts?.totalGrossMass?.value, '12');
  });

  test('is sent once to each country of destination, and to nobody when the goods stay or go somewhere unknown', async () => {
    for (const to of ['TH', null]) await forward({}, { to });
    assert.equal(thailand.sent.length, 0);
    await forward({});
    assert.equal(thailand.sent.length, 1);
    assert.equal(thailand.sent[0]?.document.afterEarlierOfConversation, true);
  });

  test('that is amended stands as amended, and only so', async () => {
    await forward({ mass: '12' });
    await deliver();
    await forward({ mass: '13' }, { version: 2, at: later(5) });
    await deliver(later(6));
    const lines = await listed();
    assert.deepEqual(
      lines.map(({ status, documentVersion }) => [status, documentVersion]),
      [['amended', 2]],
    );
  });

  test('that is withdrawn is shown as withdrawn and compared with nothing', async () => {
    await forward({});
    await deliver();
    const imported = factsOf({ ucr, to: 'VN' });
    assert.equal((await importing.compare(vietNam.pool, imported)).compared, true);
    await forward({}, { withdrawn: true, at: later(5) });
    await deliver(later(6));
    const [line] = await listed();
    assert.equal(line?.status, 'withdrawn');
    await assert.rejects(importing.readDocument(askedBy(official), line?.id ?? ''), { code: 'DECLARATION-WITHDRAWN' });
    assert.equal((await importing.compare(vietNam.pool, imported)).compared, false);
  });

  test('is compared with the importer’s declaration of the same consignment', async () => {
    await forward({ mass: '12' });
    await deliver();
    const comparison = await importing.compare(vietNam.pool, factsOf({ ucr, to: 'VN', mass: '24' }));
    assert.ok(comparison.compared);
    assert.deepEqual(
      comparison.differences.map(({ code }) => code),
      ['GROSS-MASS'],
    );
    const other = await importing.compare(vietNam.pool, factsOf({ ucr: 'ANOTHER', to: 'VN' }));
    assert.equal(other.compared, false);
  });

  const refused: readonly (readonly [
    string,
    object,
    ((bytes: Buffer, index: number) => Buffer) | undefined,
    string,
  ])[] = [
    [
      'with another document than the sealed notice names',
      {},
      (bytes, index) => (index === 2 ? Buffer.from(bytes.toString().replace('0207654321', '0201111111')) : bytes),
      'DECLARATION-ALTERED',
    ],
    ['for goods that go to another country', { to: 'JP' }, undefined, 'DECLARATION-NOT-FOR-US'],
    ['of another consignment than its notice', { ucr: 'OTHER' }, undefined, 'DECLARATION-ALTERED'],
  ];
  for (const [what, content, change, code] of refused)
    test(`${what} is refused, and the sender is told`, async () => {
      await forward(content);
      const outcome = await deliver(NOW, change);
      assert.equal(outcome.taken ? '' : outcome.code, code);
      assert.deepEqual(await listed(), []);
      await thailand.deliver(asDelivery(vietNam, NOW));
      const { rows } = await thailand.pool.query<{ outcome: string }>({
        text: `select outcome from papers where side = 'sent' and consignment_reference = $1`,
        values: [ucr],
      });
      assert.deepEqual(
        rows.map((row) => row.outcome),
        ['refused'],
      );
    });

  test('is seen by the firm that it names, by its broker while the mandate holds, and by no other firm', async () => {
    const [importerFirm, otherFirm, brokerFirm] = [randomUUID(), randomUUID(), randomUUID()];
    await vietNam.pool.query({
      text: `insert into firms (id, name, identifier_scheme, identifier_value, country, created_at) values
        ($1, 'Pump Works', 'VN:TIN', '0207654321', 'VN', $4), ($2, 'Other', 'VN:TIN', '1', 'VN', $4),
        ($3, 'Broker', 'VN:TIN', '2', 'VN', $4)`,
      values: [importerFirm, otherFirm, brokerFirm, NOW],
    });
    await vietNam.pool.query({
      text: `insert into mandates (id, principal_firm_id, broker_firm_id, valid_from, valid_until, granted_by, granted_at)
        values ($1, $2, $3, $4, $5, $1, $4)`,
      values: [randomUUID(), importerFirm, brokerFirm, NOW, later(90)],
    });
    await forward({});
    await deliver();
    const person = (role: Actor['role'], firmId: string): Actor => ({ ...official, role, firmId, office: null });
    assert.equal((await listed(person('trader', importerFirm))).length, 1);
    assert.equal((await listed(person('broker', brokerFirm))).length, 1);
    assert.equal((await listed(person('trader', otherFirm))).length, 0);
    const late = { reader: vietNam.pool, actor: person('broker', brokerFirm), now: later(100) };
    assert.equal((await importing.list(late, { consignmentReference: ucr })).items.length, 0);
    const [line] = await listed();
    await assert.rejects(importing.read(askedBy(person('trader', otherFirm)), line?.id ?? ''), {
      code: 'FORWARDED-DECLARATION-NOT-FOUND',
    });
  });

  test('is listed page by page', async () => {
    const whole = await importing.list(askedBy(official), {});
    const first = await importing.list(askedBy(official), { limit: '2' });
    const second = await importing.list(askedBy(official), { limit: '2', after: first.next ?? '' });
    assert.deepEqual(
      [...first.items, ...second.items].map(({ id }) => id),
      whole.items.slice(0, 4).map(({ id }) => id),
    );
    await assert.rejects(importing.list(askedBy(official), { after: 'x' }), { code: 'CURSOR-UNREADABLE' });
  });
});
