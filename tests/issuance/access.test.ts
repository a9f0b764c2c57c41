import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import {
  application,
  asDelivery,
  directoryOf,
  EXPORTER,
  firmPerson,
  giveMandate,
  later,
  makeCountry,
  official,
  openNode,
  registerFirm,
  submitted,
  type TestFirm,
  type TestNode,
} from './support.ts';

// Threats P1: who sees an application or a certificate, as a table. Everybody else is told that there is none.
let thai: TestNode;
let viet: TestNode;
let draftId: string;
let submittedId: string;
let number: string;
const people = new Map<string, Actor>();

const person = (name: string): Actor => {
  const found = people.get(name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
};

before(async () => {
  const [thailand, vietNam] = [await makeCountry('TH'), await makeCountry('VN')];
  const directory = directoryOf([thailand, vietNam]);
  thai = await openNode(thailand, () => directory);
  viet = await openNode(vietNam, () => directory);
  const exporter = await registerFirm(thai, EXPORTER.name, EXPORTER.identifier);
  const stranger = await registerFirm(thai, 'Stranger', { scheme: 'TH:TIN', value: 'S1' });
  const broker = await registerFirm(thai, 'Broker', { scheme: 'TH:TIN', value: 'B1' });
  const former = await registerFirm(thai, 'Former broker', { scheme: 'TH:TIN', value: 'B2' });
  const revoked = await registerFirm(thai, 'Revoked broker', { scheme: 'TH:TIN', value: 'B3' });
  const future = await registerFirm(thai, 'Future broker', { scheme: 'TH:TIN', value: 'B4' });
  const consignee = await registerFirm(thai, 'Consignee', { scheme: 'VN:MST', value: '0101234567' });
  const consigneeThere = await registerFirm(viet, 'Consignee', { scheme: 'VN:MST', value: '0101234567' });
  const strangerThere = await registerFirm(viet, 'Stranger', { scheme: 'VN:MST', value: '9' });
  await giveMandate(thai, exporter, broker);
  await giveMandate(thai, exporter, former, later(-120), later(-60));
  await giveMandate(thai, exporter, future, later(600), later(700));
  const gone = await giveMandate(thai, exporter, revoked);
  await thai.pool.query({ text: 'update mandates set revoked_at = $2 where id = $1', values: [gone, later(-1)] });
  await giveMandate(thai, stranger, former);
  const trader = (firm: TestFirm, role: 'trader' | 'broker' = 'trader') => firmPerson(thai, firm, role);
  for (const [name, actor] of [
    ['trader of the firm', trader(exporter)],
    ['trader of another firm', trader(stranger)],
    ['broker by mandate', trader(broker, 'broker')],
    ['trader in the broker firm', trader(broker)],
    ['broker after the mandate', trader(former, 'broker')],
    ['broker with revoked mandate', trader(revoked, 'broker')],
    ['broker before the mandate', trader(future, 'broker')],
    ['consignee', trader(consignee)],
    ['officer of the office', official(thai, 'issuing-officer')],
    ['supervisor of the office', official(thai, 'supervisor')],
    ['officer of another office', official(thai, 'issuing-officer', 'TH-PORT')],
    ['supervisor of another office', official(thai, 'supervisor', 'TH-PORT')],
    ['officer without office', official(thai, 'issuing-officer', null)],
    ['clearance officer', official(thai, 'clearance-officer')],
    ['analyst', official(thai, 'analyst')],
    ['operator', official(thai, 'operator')],
    ['clearance officer there', official(viet, 'clearance-officer')],
    ['supervisor there', official(viet, 'supervisor')],
    ['issuing officer there', official(viet, 'issuing-officer')],
    ['analyst there', official(viet, 'analyst')],
    ['operator there', official(viet, 'operator')],
    ['consignee there', firmPerson(viet, consigneeThere)],
    ['broker of the consignee there', firmPerson(viet, consigneeThere, 'broker')],
    ['trader of another firm there', firmPerson(viet, strangerThere)],
  ] as const)
    people.set(name, actor);
  const owner = person('trader of the firm');
  const content = application('200001');
  draftId = (await thai.change(owner, (asked) => thai.issuance.create(asked, { content }))).id;
  submittedId = (await submitted(thai, owner, application('200002'))).id;
  const toIssue = await submitted(thai, owner, application('200003'));
  const officer = person('officer of the office');
  const issued = await thai.change(
    officer,
    (asked) => thai.issuance.approve(asked, toIssue.id, toIssue.version),
    later(2),
  );
  number = issued.certificateNumber ?? '';
  await viet.deliver(asDelivery(thai, thai.sent[0]));
});
after(async () => {
  await thai.database.drop();
  await viet.database.drop();
});

/** Who sees the draft, the submitted application, the certificate here; x is yes. */
const here: [string, string, string, string][] = [
  ['trader of the firm', 'x', 'x', 'x'],
  ['trader of another firm', '-', '-', '-'],
  ['broker by mandate', 'x', 'x', 'x'],
  ['trader in the broker firm', '-', '-', '-'],
  ['broker after the mandate', '-', '-', '-'],
  ['broker with revoked mandate', '-', '-', '-'],
  ['broker before the mandate', '-', '-', '-'],
  ['consignee', '-', '-', 'x'],
  ['officer of the office', '-', 'x', 'x'],
  ['supervisor of the office', '-', 'x', 'x'],
  ['officer of another office', '-', '-', '-'],
  ['supervisor of another office', '-', '-', '-'],
  ['officer without office', '-', '-', '-'],
  ['clearance officer', '-', '-', '-'],
  ['analyst', '-', '-', '-'],
  ['operator', '-', '-', '-'],
];
const there: [string, string][] = [
  ['clearance officer there', 'x'],
  ['supervisor there', 'x'],
  ['issuing officer there', '-'],
  ['analyst there', '-'],
  ['operator there', '-'],
  ['consignee there', 'x'],
  ['broker of the consignee there', 'x'],
  ['trader of another firm there', '-'],
];

async function sees(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'x';
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    assert.equal(error.kind, 'not-found');
    assert.match(error.code, /^(APPLICATION|ATTACHMENT|CERTIFICATE)-NOT-FOUND$/);
    return '-';
  }
}

describe('who sees what on the issuing node', () => {
  for (const [name, draft, application, certificate] of here)
    test(`${name}: draft ${draft}, submitted ${application}, certificate ${certificate}`, async () => {
      const asked = thai.asked(person(name), later(3));
      const { issuance } = thai;
      const lines = (await issuance.listApplications(asked, { limit: '200' })).items.map((line) => line.id);
      for (const [id, expected] of [
        [draftId, draft],
        [submittedId, application],
      ] as const) {
        assert.equal(await sees(() => issuance.readApplication(asked, id)), expected);
        assert.equal(await sees(() => issuance.applicationHistory(asked, id)), expected);
        assert.equal(await sees(() => issuance.listAttachments(asked, id)), expected);
        assert.equal(await sees(() => issuance.openAttachment(asked, id, randomUUID())), '-');
        assert.equal(lines.includes(id) ? 'x' : '-', expected);
      }
      const certificates = (await issuance.listCertificates(asked, {})).items.map((line) => line.number);
      assert.equal(certificates.includes(number) ? 'x' : '-', certificate);
      assert.equal(await sees(() => issuance.readCertificate(asked, number)), certificate);
      assert.equal(await sees(() => issuance.readDocument(asked, number)), certificate);
      assert.equal(await sees(() => issuance.readVerification(asked, number)), certificate);
      assert.equal(await sees(() => issuance.certificateHistory(asked, number)), certificate);
    });

  for (const [name, , application] of here.filter(([, , application]) => application === '-'))
    test(`${name} changes nothing of an application that they do not see (${application})`, async () => {
      const actor = person(name);
      const reasons = [{ reason: 'x' }];
      for (const attempt of [
        () => thai.change(actor, (asked) => thai.issuance.amend(asked, submittedId, 2, {})),
        () => thai.change(actor, (asked) => thai.issuance.submit(asked, submittedId, 2)),
        () => thai.change(actor, (asked) => thai.issuance.withdraw(asked, submittedId, 2, 'x')),
        () => thai.change(actor, (asked) => thai.issuance.returnForCorrection(asked, submittedId, 2, reasons)),
        () => thai.change(actor, (asked) => thai.issuance.reject(asked, submittedId, 2, reasons)),
        () => thai.change(actor, (asked) => thai.issuance.approve(asked, submittedId, 2)),
      ])
        assert.equal(await sees(attempt), '-');
    });

  test('the consignee reads of the certificate, not of the application before it', async () => {
    const history = await thai.issuance.certificateHistory(thai.asked(person('consignee')), number);
    assert.deepEqual(
      history.entries.map((entry) => entry.kind),
      ['certificate.issued'],
    );
    const full = await thai.issuance.certificateHistory(thai.asked(person('trader of the firm')), number);
    assert.ok(full.entries.some((entry) => entry.kind === 'application.submitted'));
  });

  test('a mandate that ends takes the sight away', async () => {
    const broker = person('broker by mandate');
    assert.equal(await sees(() => thai.issuance.readApplication(thai.asked(broker, later(59)), draftId)), 'x');
    assert.equal(await sees(() => thai.issuance.readApplication(thai.asked(broker, later(60)), draftId)), '-');
  });
});

describe('who sees what on the importing node', () => {
  for (const [name, expected] of there)
    test(`${name}: certificate ${expected}`, async () => {
      const asked = viet.asked(person(name), later(20));
      const { issuance } = viet;
      const listed = (await issuance.listCertificates(asked, {})).items.some((line) => line.number === number);
      assert.equal(listed ? 'x' : '-', expected);
      assert.equal(await sees(() => issuance.readCertificate(asked, number)), expected);
      assert.equal(await sees(() => issuance.readDocument(asked, number)), expected);
      assert.equal(await sees(() => issuance.readVerification(asked, number)), expected);
      assert.equal(await sees(() => issuance.certificateHistory(asked, number)), expected);
    });
});
