import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { fromXml } from '../../src/documents/codec.ts';
import { readXml } from '../../src/documents/read-xml.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { Directory } from '../../src/federation/directory.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';
import {
  certificateOf,
  claimOf,
  deliver,
  deliverCertificate,
  issue,
  itemOf,
  keepCertificate,
  type LedgerNode,
  later,
  NOW,
  official,
  openLedgerNode,
  type SentDocument,
  told,
} from './support.ts';

// Three countries: Thailand issues, Viet Nam imports, Malaysia is allotted what Viet Nam gives back.
let directory: Directory;
let thai: LedgerNode;
let viet: LedgerNode;
let malay: LedgerNode;

before(async () => {
  const [th, vn, my] = [await makeCountry('TH'), await makeCountry('VN'), await makeCountry('MY')];
  directory = directoryOf([th, vn, my]);
  thai = await openLedgerNode('TH', () => directory, th);
  viet = await openLedgerNode('VN', () => directory, vn);
  malay = await openLedgerNode('MY', () => directory, my);
});
after(() => Promise.all([thai, viet, malay].map((node) => node.database.drop())));

/** A certificate of 1,000 pieces that Thailand issued and Viet Nam verified. */
async function issued(quantity = '1000'): Promise<{ number: string; bytes: Buffer }> {
  const certificate = certificateOf(quantity);
  const bytes = await issue(thai, certificate);
  await deliverCertificate(viet, 'TH', bytes);
  return { number: certificate.number, bytes };
}

async function use(node: LedgerNode, number: string, quantity: string, at = later(20)): Promise<string> {
  const id = randomUUID();
  const claim = { ...claimOf([itemOf(1, number, { value: quantity, unit: 'C62' })]), declarationId: id };
  const [one] = await node.change((transaction) => node.ledger.reserve(transaction, claim, at));
  assert.equal(one?.state, 'reserved', one?.reason);
  await node.change((transaction) => node.ledger.writeOff(transaction, id, at));
  return id;
}

function asked(node: LedgerNode, role: Parameters<typeof official>[1]) {
  const { query } = node.pool;
  const reader = {
    query,
    later: () => assert.fail('a reader changes nothing'),
    savepoint: <Result>(work: () => Promise<Result>) => work(),
    afterCommit: (work: () => void) => work(),
  };
  return { transaction: reader, actor: { ...official(node, role), office: null }, now: NOW };
}

/** How the issuing node knows a country's allotment: granted, returned, reserved, written off. */
async function atIssuer(number: string, country = 'VN'): Promise<string> {
  const { rows } = await thai.pool.query<{ text: string }>({
    text: `select concat_ws(' ', granted, returned, reserved, written_off) as text from certificate_country_allotments
      where number = $1 and country = $2`,
    values: [number, country],
  });
  return rows[0]?.text ?? 'nothing';
}
async function stateAt(node: LedgerNode, number: string): Promise<string | undefined> {
  const { rows } = await node.pool.query<{ state: string }>({
    text: 'select state from certificates where number = $1',
    values: [number],
  });
  return rows[0]?.state;
}
const act = <Result>(
  node: LedgerNode,
  role: Parameters<typeof official>[1],
  work: (asked: ReturnType<typeof acting>) => Promise<Result>,
): Promise<Result> => node.change((transaction) => work(acting(node, role, transaction)));
function acting(
  node: LedgerNode,
  role: Parameters<typeof official>[1],
  transaction: Parameters<Parameters<LedgerNode['change']>[0]>[0],
) {
  return { transaction, actor: official(node, role), now: later(40) };
}
const refusedWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};
async function onlyOne(sent: readonly SentDocument[], action: string): Promise<SentDocument> {
  assert.deepEqual(
    sent.map((each) => each.action),
    [action],
  );
  const [one] = sent;
  return one ?? assert.fail();
}

describe('a report of use', () => {
  test('tells the issuing node what was used, and both nodes show partly used, then used up', async () => {
    const { number } = await issued();
    await use(viet, number, '700');
    const report = await onlyOne(await told(viet), 'ReportUse');
    assert.equal(report.toCountry, 'TH');
    assert.deepEqual(await deliver(thai, 'VN', report), { taken: true });
    assert.equal(await atIssuer(number), '1000 0 0 700');
    assert.deepEqual([await stateAt(viet, number), await stateAt(thai, number)], ['partly-used', 'partly-used']);
    await use(viet, number, '300');
    await deliver(thai, 'VN', await onlyOne(await told(viet), 'ReportUse'));
    assert.deepEqual([await stateAt(viet, number), await stateAt(thai, number)], ['used-up', 'used-up']);
    assert.deepEqual(await told(viet), [], 'everything is told');
  });

  test('holds many releases together, with each use and without the declaration', async () => {
    const { number } = await issued();
    for (const quantity of ['100', '200', '50']) await use(viet, number, quantity);
    const report = await onlyOne(await told(viet), 'ReportUse');
    const bytes = report.payloads[0]?.content.memory ?? assert.fail();
    const reading = readXml(bytes);
    assert.ok(reading.ok);
    const { json } = fromXml('application-response', reading.document);
    reading.document.dispose();
    const text = JSON.stringify(json);
    assert.ok(!text.includes('26VN0000000000018X'), 'the declaration stays at home');
    assert.match(text, /Item 1: 350 C62 used, 650 left/);
    await deliver(thai, 'VN', report);
    const { rows } = await thai.pool.query<{ quantity: string }>({
      text: 'select quantity from certificate_reported_uses where number = $1 order by line',
      values: [number],
    });
    assert.deepEqual(
      rows.map((row) => row.quantity),
      ['100', '200', '50'],
    );
  });

  test('that comes twice, late or out of order changes nothing wrong', async () => {
    const { number } = await issued();
    const first = await use(viet, number, '400');
    const early = await onlyOne(await told(viet), 'ReportUse');
    await use(viet, number, '100');
    const middle = await onlyOne(await told(viet), 'ReportUse');
    await viet.change((transaction) => viet.ledger.giveBack(transaction, first, later(50)));
    const last = await onlyOne(await told(viet, later(55)), 'ReportUse');
    for (const report of [middle, last, early, middle, last, early]) {
      assert.deepEqual(await deliver(thai, 'VN', report, later(56)), { taken: true });
    }
    assert.equal(await atIssuer(number), '1000 0 0 100');
    const { rows } = await thai.pool.query<{ quantity: string; given_back: boolean }>({
      text: 'select quantity, given_back from certificate_reported_uses where number = $1 order by sequence, line',
      values: [number],
    });
    assert.deepEqual(
      rows.map((row) => `${row.given_back ? '-' : ''}${row.quantity}`),
      ['400', '100', '-400'],
    );
  });

  test('from another country, of an unknown certificate, forged or beyond the allotment is refused and alarmed', async () => {
    const { number, bytes } = await issued();
    await use(viet, number, '700');
    const report = await onlyOne(await told(viet), 'ReportUse');
    assert.equal((await deliver(thai, 'MY', report)).code, 'USE-NOT-FROM-PARTNER');
    const payload = report.payloads[0]?.content.memory ?? assert.fail();
    const forged = Buffer.from(payload.toString('utf8').replaceAll('>700<', '>600<'));
    const altered: SentDocument = {
      ...report,
      payloads: [{ contentType: 'application/xml', content: inMemory(forged) }],
    };
    assert.equal((await deliver(thai, 'VN', altered)).code, 'USE-NOT-TRUSTED');
    const unknown = certificateOf('10');
    await keepCertificate(viet, unknown);
    await use(viet, unknown.number, '10');
    assert.equal(
      (await deliver(thai, 'VN', await onlyOne(await told(viet), 'ReportUse'))).code,
      'USE-OF-UNKNOWN-CERTIFICATE',
    );
    // Malaysia was allotted nothing of it, but has a ledger of its own that says so.
    await deliverCertificate(malay, 'TH', bytes);
    await malay.pool.query({
      text: `with l as (insert into certificate_ledgers (number, side, opened_at) values ($1, 'importing', now()) returning number),
        p as (insert into certificate_partners (number, country, due_at) select number, 'TH', $2::timestamptz from l)
        insert into certificate_allotments (number, item, unit, issued, granted, written_off) select number, 1, 'C62', 1000, 1000, 5 from l`,
      values: [number, NOW],
    });
    await malay.pool.query({ text: `update certificates set state = 'verified' where number = $1`, values: [number] });
    assert.equal((await deliver(thai, 'MY', await onlyOne(await told(malay), 'ReportUse'))).code, 'USE-NOT-ALLOTTED');
    await viet.pool.query({
      text: 'update certificate_allotments set granted = 5000, reserved = 4000 where number = $1',
      values: [number],
    });
    await viet.pool.query({
      text: 'update certificate_partners set due_at = $2 where number = $1',
      values: [number, NOW],
    });
    assert.equal(
      (await deliver(thai, 'VN', await onlyOne(await told(viet), 'ReportUse'))).code,
      'USE-BEYOND-ALLOTMENT',
    );
    assert.equal(await atIssuer(number), '1000 0 0 0', 'nothing of it was believed');
    const { rows } = await thai.pool.query<{ code: string }>({
      text: `select code from open_alarms where kind = 'certificate-use.refused' order by event_id`,
    });
    assert.deepEqual(
      rows.map((row) => row.code),
      [
        'USE-NOT-FROM-PARTNER',
        'USE-NOT-TRUSTED',
        'USE-OF-UNKNOWN-CERTIFICATE',
        'USE-NOT-ALLOTTED',
        'USE-BEYOND-ALLOTMENT',
      ],
    );
  });
});

describe('a message of use that is not what it must be', () => {
  const table: readonly [name: string, code: string, change: (report: SentDocument) => SentDocument][] = [
    ['another service', 'SERVICE-UNKNOWN', (report) => ({ ...report, service: 'urn:other' })],
    ['an action that the service does not have', 'ACTION-UNKNOWN', (report) => ({ ...report, action: 'Take' })],
    ['a report that says it is a return', 'USE-ACTION-DIFFERS', (report) => ({ ...report, action: 'ReturnAllotment' })],
    ['a grant without certificate', 'PAYLOADS-DIFFER', (report) => ({ ...report, action: 'GrantAllotment' })],
    ['no document', 'PAYLOADS-DIFFER', (report) => ({ ...report, payloads: [] })],
    [
      'a report with another document',
      'PAYLOADS-DIFFER',
      (report) => ({ ...report, payloads: [...report.payloads, ...report.payloads] }),
    ],
    [
      'rubbish',
      'USE-NOT-TRUSTED',
      (report) => ({
        ...report,
        payloads: [{ contentType: 'application/xml', content: inMemory(Buffer.from('<!DOCTYPE a><a/>')) }],
      }),
    ],
  ];
  for (const [name, code, change] of table)
    test(`${name} is refused: ${code}`, async () => {
      const { number } = await issued();
      await use(viet, number, '1');
      const report = await onlyOne(await told(viet), 'ReportUse');
      assert.equal((await deliver(thai, 'VN', change(report))).code, code);
      assert.equal(await atIssuer(number), '1000 0 0 0');
    });

  test('an answer to a delivery is none, and a report is no answer to a delivery', async () => {
    const { number } = await issued();
    await use(viet, number, '1');
    const report = await onlyOne(await told(viet), 'ReportUse');
    const answer = viet.sent.findLast(({ action }) => action === 'SendApplicationResponse') ?? assert.fail();
    const disguised = { ...answer, service: report.service, action: report.action };
    assert.equal((await deliver(thai, 'VN', disguised)).code, 'USE-NOT-TRUSTED');
    await assert.rejects(
      thai.change((transaction) =>
        thai.issuance.receive(transaction, {
          ...report,
          fromCountry: 'VN',
          service: answer.service,
          action: answer.action,
          receivedAt: later(60),
        }),
      ),
      refusedWith('ANSWER-NOT-TRUSTED'),
    );
  });
});

describe('a certificate for two countries', () => {
  test('goes to the second only with what the first gave back, and all draws together never exceed it', async () => {
    const { number, bytes } = await issued();
    await use(viet, number, '600');
    const request = {
      country: 'MY',
      items: [{ itemNumber: 1, quantity: '300' }],
      reason: 'Goods go on to Port Klang.',
    };
    const before = (await thai.ledger.read(asked(thai, 'supervisor'), number).catch(() => undefined))?.version;
    assert.equal(before, undefined, 'a supervisor of no office sees nothing');
    const version = async (node: LedgerNode) =>
      (
        await node.pool.query<{ version: number }>({
          text: `select l.version + coalesce((select sum(changes)::integer from certificate_allotments where number = l.number), 0)
            as version from certificate_ledgers l where number = $1`,
          values: [number],
        })
      ).rows[0]?.version ?? 0;
    const officer = async () => ({ ...official(thai, 'issuing-officer'), office: 'TH-MAIN' });
    await thai.pool.query({ text: `update certificates set office = 'TH-MAIN' where number = $1`, values: [number] });
    const allot = async (quantity: string, seen?: number) => {
      const actor = await officer();
      const current = seen ?? (await version(thai));
      return thai.change((transaction) =>
        thai.ledger.allot({ transaction, actor, now: later(40) }, number, current, {
          ...request,
          items: [{ itemNumber: 1, quantity }],
        }),
      );
    };
    await assert.rejects(allot('1'), refusedWith('ALLOTMENT-NOT-FREE'));
    const giveBack = async (quantity: string, seen?: number) => {
      const current = seen ?? (await version(viet));
      return act(viet, 'clearance-officer', (who) =>
        viet.ledger.returnAllotment(who, number, current, {
          items: [{ itemNumber: 1, quantity }],
          reason: 'The rest goes to Malaysia.',
        }),
      );
    };
    await assert.rejects(giveBack('401'), refusedWith('ALLOTMENT-NOT-FREE'));
    await assert.rejects(giveBack('300', 1), refusedWith('CHANGED-MEANWHILE'));
    assert.equal((await giveBack('300')).items[0]?.left, '100');
    await assert.rejects(allot('300'), refusedWith('ALLOTMENT-NOT-FREE'), 'not before the message arrived');
    await deliver(thai, 'VN', await onlyOne(await told(viet, later(41)), 'ReturnAllotment'));
    assert.equal(await atIssuer(number), '1000 300 0 600');
    const view = await allot('300');
    assert.deepEqual(
      view.items[0]?.countries.map((each) => `${each.country} ${each.allotted} ${each.left}`),
      ['MY 300 300', 'VN 700 100'],
    );
    const grant = await onlyOne(await told(thai, later(42)), 'GrantAllotment');
    // Somebody passed it on before it was granted, which must not keep it out afterwards.
    await deliverCertificate(malay, 'VN', bytes);
    assert.equal(await stateAt(malay, number), 'refused');
    assert.deepEqual(await deliver(malay, 'VN', grant).then(({ code }) => code), 'USE-NOT-FROM-PARTNER');
    for (const _ of [1, 2]) assert.deepEqual(await deliver(malay, 'TH', grant), { taken: true });
    assert.equal(await stateAt(malay, number), 'verified');
    await use(malay, number, '300', later(61));
    const [tooMuch] = await malay.change((transaction) =>
      malay.ledger.reserve(transaction, claimOf([itemOf(1, number, { value: '1', unit: 'C62' })]), later(62)),
    );
    assert.equal(tooMuch?.code, 'CERTIFICATE-QUANTITY-EXCEEDED');
    await deliver(thai, 'MY', await onlyOne(await told(malay, later(63)), 'ReportUse'), later(64));
    assert.equal(await atIssuer(number, 'MY'), '300 0 0 300');
    await use(viet, number, '100', later(65));
    await deliver(thai, 'VN', await onlyOne(await told(viet, later(66)), 'ReportUse'), later(67));
    assert.equal(await stateAt(thai, number), 'used-up');
  });

  test('is not taken from a country that did not issue it, and not without a grant', async () => {
    const { number, bytes } = await issued();
    await deliverCertificate(malay, 'TH', bytes);
    assert.equal(await stateAt(malay, number), 'refused');
    const [use] = await malay.change((transaction) =>
      malay.ledger.reserve(transaction, claimOf([itemOf(1, number, { value: '1', unit: 'C62' })]), later(20)),
    );
    assert.equal(use?.code, 'CERTIFICATE-REFUSED');
  });
});

describe('a certificate issued back to back (known answer 10)', () => {
  const second = (first: string, quantity: string) => {
    const made = certificateOf(quantity);
    return {
      ...made,
      number: made.number,
      exporter: made.consignee,
      consignee: { ...made.consignee, name: 'Importer in Malaysia', address: { lines: ['1 Jalan'], country: 'MY' } },
      exportingCountry: 'VN',
      importingCountry: 'MY',
      indications: ['back-to-back' as const],
      backToBack: { number: first, issueDate: made.issueDate },
    };
  };
  const draws = (first: string, quantity: string) =>
    viet.change((transaction) =>
      viet.ledger.certificateIssued(transaction, { certificate: second(first, quantity), at: later(20) }),
    );

  test('of 1,000 with 700 drawn: 301 is refused, 300 accepted, and then nothing is left', async () => {
    const { number } = await issued();
    await use(viet, number, '700');
    await assert.rejects(draws(number, '301'), refusedWith('BACK-TO-BACK-REFUSED'));
    await draws(number, '300');
    await assert.rejects(draws(number, '1'), refusedWith('BACK-TO-BACK-REFUSED'));
    assert.equal(await stateAt(viet, number), 'used-up');
    await deliver(thai, 'VN', await onlyOne(await told(viet), 'ReportUse'));
    assert.equal(await atIssuer(number), '1000 0 0 1000');
  });

  test('two at once for 200 each of 300: exactly one is accepted', async () => {
    const { number } = await issued('300');
    const results = await Promise.allSettled([draws(number, '200'), draws(number, '200')]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  test('on somebody else’s certificate, or one that is not here, is refused', async () => {
    const { number } = await issued();
    const other = second(number, '10');
    const stranger = { ...other, exporter: { ...other.exporter, identifier: { scheme: 'VN:MST', value: '9' } } };
    const issueIt = (certificate: typeof other) =>
      viet.change((transaction) => viet.ledger.certificateIssued(transaction, { certificate, at: later(20) }));
    await assert.rejects(issueIt(stranger), refusedWith('BACK-TO-BACK-REFUSED'));
    await assert.rejects(issueIt(second(certificateOf('1').number, '1')), refusedWith('BACK-TO-BACK-REFUSED'));
  });
});
