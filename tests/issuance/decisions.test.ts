import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import { readCertificateNumber } from '../../src/documents/certificate-number.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import type { Directory } from '../../src/federation/directory.ts';
import { verifySeal } from '../../src/seal/verify-seal.ts';
import { eventsOf } from '../../src/store/log.ts';
import {
  application,
  bytesOf,
  directoryOf,
  EXPORTER,
  firmPerson,
  later,
  makeCountry,
  official,
  openNode,
  registerFirm,
  submitted,
  type TestCountry,
  type TestFirm,
  type TestNode,
} from './support.ts';

let thailand: TestCountry;
let vietNam: TestCountry;
let directory: Directory | null;
let node: TestNode;
let exporter: TestFirm;
let trader: Actor;
let officer: Actor;

before(async () => {
  thailand = await makeCountry('TH');
  vietNam = await makeCountry('VN');
  directory = directoryOf([thailand, vietNam]);
  node = await openNode(thailand, () => directory);
  exporter = await registerFirm(node, EXPORTER.name, EXPORTER.identifier);
  trader = firmPerson(node, exporter);
  officer = official(node, 'issuing-officer');
});
after(() => node.database.drop());

const approve = (one: { id: string; version: number }, by = officer, at = later(2)) =>
  node.change(by, (asked) => node.issuance.approve(asked, one.id, one.version), at);
const refusedWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code);
  return true;
};

describe('an approval', () => {
  test('issues a sealed certificate, keeps its bytes and sends exactly them', async () => {
    const before = node.sent.length;
    const issued = await approve(await submitted(node, trader, application('300001')));
    assert.equal(issued.state, 'issued');
    const number = issued.certificateNumber ?? '';
    assert.deepEqual(readCertificateNumber(number)?.country, 'TH');
    const bytes = await node.issuance.readDocument(node.asked(trader), number);
    assert.equal(node.sent.length, before + 1);
    assert.deepEqual(bytesOf(node.sent.at(-1)?.document), bytes);
    assert.equal(node.sent.at(-1)?.document.toCountry, 'VN');
    assert.equal(node.sent.at(-1)?.document.conversationId, '6TH0105536000315-26-300001');
    assert.ok(verifySeal(bytes).ok);
    const certificate = await node.issuance.readCertificate(node.asked(trader), number);
    assert.equal(certificate.state, 'issued');
    assert.equal(certificate.documentDigest, createHash('sha256').update(bytes).digest('hex'));
    assert.equal(certificate.delivery?.status, 'queued');
    assert.equal(certificate.content?.['issueDate'], '2026-02-27');
    assert.equal(certificate.content?.['issueTime'], '10:02:00+07:00');
    assert.equal(certificate.content?.['consignmentReference'], '6TH0105536000315-26-300001');
    assert.deepEqual(
      (await eventsOf(node.pool, [issued.id, number])).map((event) => event.kind),
      ['application.created', 'application.submitted', 'application.approved', 'certificate.issued'],
    );
    const verification = await node.issuance.readVerification(node.asked(trader), number);
    assert.equal(verification.own.outcome, 'verified');
    assert.ok(verification.own.steps.every((step) => step.verdict !== 'failed'));
    assert.equal(verification.partner, undefined);
  });

  test('of two officers at once is made by one', async () => {
    const one = await submitted(node, trader, application('300002'));
    const other = official(node, 'issuing-officer');
    const before = node.sent.length;
    const results = await Promise.allSettled([approve(one), approve(one, other), approve(one), approve(one, other)]);
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected') assert.ok(refusedWith('CHANGED-MEANWHILE')(result.reason));
    const { rows } = await node.pool.query<{ n: number }>({
      text: 'select count(*)::int as n from certificates where application_id = $1',
      values: [one.id],
    });
    assert.equal(rows[0]?.n, 1);
    assert.ok(node.sent.length >= before + 1);
  });

  test('and a rejection at once: one of them is made', async () => {
    const one = await submitted(node, trader, application('300003'));
    const other = official(node, 'issuing-officer');
    const results = await Promise.allSettled([
      approve(one),
      node.change(other, (asked) => node.issuance.reject(asked, one.id, one.version, [{ reason: 'no' }])),
    ]);
    assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected']);
  });

  test('gives each certificate its own number, also many at once', async () => {
    const many = [];
    for (let index = 0; index < 12; index += 1)
      many.push(await submitted(node, trader, application(`3001${index + 10}`)));
    const issued = await Promise.all(many.map((one) => approve(one)));
    const numbers = issued.map((one) => one.certificateNumber);
    assert.equal(new Set(numbers).size, 12);
    for (const number of numbers) assert.ok(readCertificateNumber(number ?? ''));
  });

  test('does not give a number twice when one was taken by an approval that failed', async () => {
    const first = await approve(await submitted(node, trader, application('300004')));
    const one = await submitted(node, trader, application('300005'));
    await assert.rejects(
      node.change(officer, async (asked) => {
        await node.issuance.approve(asked, one.id, one.version);
        throw new Error('the transaction fails at its end');
      }),
      /fails at its end/,
    );
    const after = await approve(one);
    const serial = (number: string | undefined) => readCertificateNumber(number ?? '')?.serial ?? 0;
    assert.ok(serial(after.certificateNumber) > serial(first.certificateNumber) + 1);
  });

  test('marks a certificate that is issued after the shipment as issued retroactively', async () => {
    const issued = await approve(
      await submitted(node, trader, application('300006')),
      officer,
      new Date('2026-03-02T03:00:00Z'),
    );
    const certificate = await node.issuance.readCertificate(node.asked(trader), issued.certificateNumber ?? '');
    assert.deepEqual(certificate.content?.['indications'], ['accumulation', 'issued-retroactively']);
  });

  test('is refused when it comes too late after the shipment, and on the last day it is not', async () => {
    const one = await submitted(node, trader, application('300007'));
    await assert.rejects(approve(one, officer, new Date('2027-03-02T03:00:00Z')), (error) => {
      assert.ok(error instanceof Refusal);
      assert.ok(error.faults.some((fault) => fault.code === 'ISSUED-TOO-LATE'));
      return true;
    });
    const issued = await approve(one, officer, new Date('2027-03-01T03:00:00Z'));
    assert.match(issued.certificateNumber ?? '', /^ATIGA-TH-2027-/);
  });

  test('to a country that has no node issues all the same and says so', async () => {
    const kept = directory;
    directory = directoryOf([thailand]);
    try {
      const before = node.sent.length;
      const issued = await approve(await submitted(node, trader, application('300008')));
      assert.equal(node.sent.length, before);
      const certificate = await node.issuance.readCertificate(node.asked(trader), issued.certificateNumber ?? '');
      assert.deepEqual(certificate.delivery, { status: 'no-node' });
      const history = await node.issuance.applicationHistory(node.asked(trader, later(30)), issued.id);
      assert.ok(history.waits.every((wait) => wait.for !== 'exchange' && wait.until !== undefined));
    } finally {
      directory = kept;
    }
  });

  test('puts out nothing that this node would refuse itself: not entitled by the directory', async () => {
    const kept = directory;
    const whole = directoryOf([thailand, vietNam]);
    directory = { ...whole, members: whole.members.map((member) => ({ ...member, mayIssue: [] })) };
    try {
      const one = await submitted(node, trader, application('300009'));
      const before = node.sent.length;
      await assert.rejects(approve(one), refusedWith('CERTIFICATE-WOULD-BE-REFUSED'));
      assert.equal(node.sent.length, before);
      const still = await node.issuance.readApplication(node.asked(trader), one.id);
      assert.equal(still.state, 'submitted');
    } finally {
      directory = kept;
    }
  });

  test('is refused when the firm is no longer registered as it was', async () => {
    const firm = await registerFirm(node, 'Renamed', { scheme: 'TH:TIN', value: '777' });
    const person = firmPerson(node, firm);
    const content = application('300010', {
      exporter: { ...application().exporter, name: 'Renamed', identifier: { scheme: 'TH:TIN', value: '777' } },
    });
    const one = await submitted(node, person, content);
    await node.pool.query({ text: "update firms set name = 'Other name' where id = $1", values: [firm.id] });
    await assert.rejects(approve(one), refusedWith('APPLICATION-FAULTY'));
  });
});

describe('four eyes (P2)', () => {
  test('nobody decides on an application that they made, handed in, amended, or that is of their firm', async () => {
    const one = await submitted(node, trader, application('300020'));
    const connected: [string, Actor][] = [
      ['made it', { ...officer, personId: trader.personId }],
      ['is of the firm', { ...officer, firmId: exporter.id }],
      ['has the identifier of the firm', { ...officer, firmIdentifier: exporter.identifier }],
    ];
    for (const [why, actor] of connected) {
      await assert.rejects(approve(one, actor), refusedWith('FOUR-EYES'), why);
      const reject = node.change(actor, (asked) => node.issuance.reject(asked, one.id, one.version, [{ reason: 'x' }]));
      await assert.rejects(reject, refusedWith('FOUR-EYES'), why);
    }
  });

  test('also not somebody who amended it as a trader and became an officer since', async () => {
    const draft = await node.change(trader, (asked) => node.issuance.create(asked, { content: application('300021') }));
    const colleague = firmPerson(node, exporter);
    const amended = await node.change(colleague, (asked) =>
      node.issuance.amend(asked, draft.id, 1, application('300021')),
    );
    const one = await node.change(trader, (asked) => node.issuance.submit(asked, draft.id, amended.version));
    await assert.rejects(approve(one, { ...officer, personId: colleague.personId }), refusedWith('FOUR-EYES'));
    assert.equal((await approve(one, { ...officer, personId: randomUUID() })).state, 'issued');
  });
});
