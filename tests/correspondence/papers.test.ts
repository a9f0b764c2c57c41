import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ExportDeclarationNotice, PaperContent } from '../../src/documents/paper-types.ts';
import { readPaper, writePaper } from '../../src/documents/papers.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import type { DeliveryOutcome } from '../../src/exchange/ports.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';
import { asDelivery, type CorrespondingNode, openCorrespondent } from './support.ts';

const NOW = new Date('2026-11-24T03:00:00Z');
const notice = (serial: string): PaperContent<'export-declaration-notice'> => ({
  consignmentReference: `6TH0105536000315-${serial}`,
  movementReference: '26TH0000000000001A',
  documentVersion: 1,
  status: 'withdrawn',
});

describe('a paper between two nodes', () => {
  let thailand: CorrespondingNode;
  let vietNam: CorrespondingNode;
  before(async () => {
    const [th, vn] = await Promise.all([makeCountry('TH'), makeCountry('VN')]);
    const directory = directoryOf([th, vn]);
    [thailand, vietNam] = await Promise.all([
      openCorrespondent(th, () => directory),
      openCorrespondent(vn, () => directory),
    ]);
  });
  after(() => Promise.all([thailand.database.drop(), vietNam.database.drop()]));

  let taken: ExportDeclarationNotice[] = [];
  const takeWith = (outcome: () => DeliveryOutcome): void => {
    taken = [];
    vietNam.handlers = {
      'export-declaration-notice': async (_transaction, { paper }) => {
        taken.push(paper);
        return outcome();
      },
    };
  };
  const send = (serial: string, to = 'VN') =>
    inTransaction(thailand.pool, (transaction) =>
      thailand.correspondence.send(transaction, 'export-declaration-notice', notice(serial), { to }, NOW),
    );
  const stateOf = async (node: CorrespondingNode, serial: string) => {
    const { rows } = await node.pool.query<{ side: string; kind: string; outcome: string | null; reasons: unknown }>({
      text: 'select side, kind, outcome, reasons from papers where consignment_reference = $1 order by recorded_at, kind',
      values: [`6TH0105536000315-${serial}`],
    });
    return rows;
  };

  test('is handed to its journey, answered as read, and the answer is kept by the sender', async () => {
    takeWith(() => ({ taken: true }));
    await send('A1');
    assert.deepEqual(await vietNam.deliver(asDelivery(thailand, NOW)), { taken: true });
    assert.equal(taken.length, 1);
    assert.equal(taken[0]?.from, 'TH');
    assert.deepEqual(await thailand.deliver(asDelivery(vietNam, NOW)), { taken: true });
    const [sent] = await stateOf(thailand, 'A1');
    assert.deepEqual({ ...sent }, { side: 'sent', kind: 'export-declaration-notice', outcome: 'read', reasons: [] });
  });

  test('is refused by its journey with the reason, which the sender learns', async () => {
    takeWith(() => {
      throw new Refusal('conflict', 'NOT-NOW', 'This is not possible now.');
    });
    await send('A2');
    const outcome = await vietNam.deliver(asDelivery(thailand, NOW));
    assert.deepEqual(outcome, { taken: false, code: 'NOT-NOW', reason: 'This is not possible now.' });
    await thailand.deliver(asDelivery(vietNam, NOW));
    const [sent] = await stateOf(thailand, 'A2');
    assert.equal(sent?.outcome, 'refused');
    assert.deepEqual(sent?.reasons, [{ code: 'NOT-NOW', reason: 'This is not possible now.' }]);
  });

  test('is tried again when it was refused and is delivered again, and taken once', async () => {
    let refuse = true;
    takeWith(() => (refuse ? { taken: false, code: 'NOT-NOW', reason: 'Not now.' } : { taken: true }));
    await send('A3');
    const delivery = asDelivery(thailand, NOW);
    assert.equal((await vietNam.deliver(delivery)).taken, false);
    refuse = false;
    assert.equal((await vietNam.deliver(delivery)).taken, true);
    assert.equal((await vietNam.deliver(delivery)).taken, true);
    assert.equal(taken.length, 2);
    vietNam.sent.length = 0;
  });

  test('is kept and not sent when the country has no node', async () => {
    const sent = await send('A4', 'JP');
    assert.equal(sent.messageId, null);
    assert.equal(thailand.sent.length, 0);
    assert.equal((await stateOf(thailand, 'A4')).length, 1);
  });

  const rows: readonly (readonly [what: string, change: (bytes: Buffer, index: number) => Buffer, code: string])[] = [
    [
      'altered on its way',
      (bytes, index) => (index === 0 ? Buffer.from(bytes.toString().replace('withdrawn', 'accepted')) : bytes),
      'DOCUMENT-ALTERED',
    ],
    ['without a seal', (bytes, index) => (index === 1 ? Buffer.from('<x/>') : bytes), 'SEAL-MISSING'],
    ['that is no JSON', (bytes, index) => (index === 0 ? Buffer.from('<x/>') : bytes), 'DOCUMENT-ALTERED'],
  ];
  for (const [what, change, code] of rows)
    test(`${what} reaches no journey and is answered as refused`, async () => {
      takeWith(() => ({ taken: true }));
      await send(`B${code.length}`);
      const outcome = await vietNam.deliver(asDelivery(thailand, NOW, change));
      assert.equal(outcome.taken ? '' : outcome.code, code);
      assert.equal(taken.length, 0);
      assert.equal(vietNam.sent.shift()?.document.action, 'paper-answer');
    });

  test('of another country than the one that delivers it reaches no journey', async () => {
    takeWith(() => ({ taken: true }));
    await send('C1');
    const outcome = await vietNam.deliver({ ...asDelivery(thailand, NOW), fromCountry: 'JP' });
    assert.equal(outcome.taken ? '' : outcome.code, 'SIGNER-COUNTRY-DIFFERS');
    assert.equal(taken.length, 0);
    vietNam.sent.length = 0;
  });

  test('for another country than this one reaches no journey', async () => {
    takeWith(() => ({ taken: true }));
    await send('C2');
    const outcome = await inTransaction(thailand.pool, (transaction) =>
      thailand.correspondence.receive(transaction, { ...asDelivery(thailand, NOW), fromCountry: 'TH' }),
    );
    assert.equal(outcome.taken ? '' : outcome.code, 'PAPER-MISDIRECTED');
    thailand.sent.length = 0;
  });

  test('of a kind that nobody takes is refused', async () => {
    vietNam.handlers = {};
    await send('C3');
    const outcome = await vietNam.deliver(asDelivery(thailand, NOW));
    assert.equal(outcome.taken ? '' : outcome.code, 'PAPER-KIND-UNKNOWN');
    await assert.rejects(vietNam.deliver({ ...asDelivery(vietNam, NOW), action: 'other' }), { code: 'ACTION-UNKNOWN' });
  });

  test('that answers a paper nobody sent goes to the quarantine', async () => {
    takeWith(() => ({ taken: true }));
    await send('C4');
    await vietNam.deliver(asDelivery(thailand, NOW));
    const stranger = await inTransaction(vietNam.pool, (transaction) =>
      vietNam.correspondence.send(
        transaction,
        'paper-answer',
        {
          consignmentReference: '6TH0105536000315-C4',
          about: { digest: 'a'.repeat(64), messageId: 'm@x' },
          outcome: 'read',
          reasons: [],
        },
        { to: 'TH' },
        NOW,
      ),
    );
    assert.notEqual(stranger.messageId, null);
    vietNam.sent.shift();
    const outcome = await thailand.deliver(asDelivery(vietNam, NOW));
    assert.equal(outcome.taken ? '' : outcome.code, 'ANSWER-TO-UNKNOWN-PAPER');
  });
});

describe('the form of a paper', () => {
  const whole: ExportDeclarationNotice = {
    paper: 'export-declaration-notice',
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    from: 'TH',
    to: 'VN',
    madeAt: '2026-11-24T03:00:00.000Z',
    ...notice('D1'),
  };
  test('is canonical: the same paper always has the same bytes, in the order of the names', () => {
    const bytes = writePaper<'export-declaration-notice'>({ ...whole });
    assert.match(bytes.toString(), /^\{"consignmentReference":.*"to":"VN"\}$/);
    assert.deepEqual(readPaper('export-declaration-notice', bytes), { ok: true, paper: whole });
  });
  const wrong: readonly (readonly [string, object, string, string])[] = [
    ['a name that papers do not have', { more: 1 }, 'SCHEMA-UNKNOWN-PROPERTY', '/more'],
    ['no consignment', { consignmentReference: undefined }, 'SCHEMA-REQUIRED', '/consignmentReference'],
    ['a status that there is not', { status: 'gone' }, 'SCHEMA-CHOICE', '/status'],
    ['a moment that is none', { madeAt: 'yesterday' }, 'SCHEMA-FORMAT', '/madeAt'],
  ];
  for (const [what, change, code, pointer] of wrong)
    test(`with ${what} is refused with its place`, () => {
      const reading = readPaper('export-declaration-notice', Buffer.from(JSON.stringify({ ...whole, ...change })));
      assert.deepEqual(reading.ok ? [] : reading.faults.map((fault) => [fault.code, fault.pointer]), [[code, pointer]]);
    });
});
