import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import { toXml } from '../../src/documents/codec.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import type { CertificateOfOrigin } from '../../src/documents/types.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { Directory } from '../../src/federation/directory.ts';
import { makeCertificate } from '../../src/issuance/make-certificate.ts';
import type { DeliveredMessage } from '../../src/issuance/ports.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { readDocument } from '../../src/store/documents.ts';
import { eventsOf } from '../../src/store/log.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import {
  application,
  asDelivery,
  bytesOf,
  directoryOf,
  EXPORTER,
  firmPerson,
  later,
  makeCountry,
  NOW,
  official,
  openNode,
  registerFirm,
  submitted,
  type TestCountry,
  type TestNode,
} from './support.ts';

let thailand: TestCountry;
let vietNam: TestCountry;
let japan: TestCountry;
let directory: Directory;
let thai: TestNode;
let viet: TestNode;
let trader: Actor;
let customs: Actor;
let serial = 400_000;

before(async () => {
  [thailand, vietNam, japan] = [await makeCountry('TH'), await makeCountry('VN'), await makeCountry('JP')];
  thai = await openNode(thailand, () => directory);
  viet = await openNode(vietNam, () => directory);
  trader = firmPerson(thai, await registerFirm(thai, EXPORTER.name, EXPORTER.identifier));
  customs = official(viet, 'clearance-officer');
});
beforeEach(() => {
  directory = directoryOf([thailand, vietNam, japan]);
});
after(async () => {
  await thai.database.drop();
  await viet.database.drop();
});

/** Issues one certificate in Thailand; gives its number and what was sent. */
async function issue(): Promise<{ number: string; applicationId: string; message: TestNode['sent'][number] }> {
  serial += 1;
  const one = await submitted(thai, trader, application(String(serial)));
  const officer = official(thai, 'issuing-officer');
  const issued = await thai.change(officer, (asked) => thai.issuance.approve(asked, one.id, one.version), later(2));
  const message = thai.sent.at(-1);
  assert.ok(message);
  return { number: issued.certificateNumber ?? '', applicationId: issued.id, message };
}

/** A certificate as somebody else might seal it. */
function sealedBy(
  country: TestCountry,
  change: (made: CertificateOfOrigin) => object = (made) => made,
  at = later(2),
): Buffer {
  serial += 1;
  const made = makeCertificate(application(String(serial)), {
    country: 'TH',
    authority: thai.parts.authority,
    office: { code: 'TH-MAIN', name: 'Main office', place: 'Capital' },
    officer: 'Somebody',
    at,
    serial,
  });
  const { privateKey, certificate } = country.sealing;
  const document = { ...made, ...change(made) };
  return sealDocument(toXml('certificate-of-origin', document), { privateKey, certificate, signingTime: at });
}

const delivery = (bytes: Buffer, more: Partial<DeliveredMessage> = {}): DeliveredMessage => ({
  messageId: `${randomUUID()}@th.example`,
  fromCountry: 'TH',
  conversationId: 'UCR-1',
  service: 'urn:selat:service:certificate-of-origin',
  action: 'SendCertificate',
  payloads: [{ contentType: 'application/xml', content: inMemory(bytes) }],
  receivedAt: later(10),
  ...more,
});
const refusedWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** The newest certificate that Viet Nam received, by the digest of its bytes. */
async function received(bytes: Buffer) {
  const { rows } = await viet.pool.query<{
    state: string;
    number: string;
    own_steps: { step: string; verdict: string; code?: string }[];
  }>({
    text: `select state, number, own_steps from certificates where side = 'importing' and encode(document_digest, 'hex') = $1`,
    values: [digestOf(bytes)],
  });
  return rows;
}
async function failures(bytes: Buffer): Promise<string[]> {
  const [row] = await received(bytes);
  assert.equal(row?.state, 'refused');
  return (row?.own_steps ?? []).filter((step) => step.verdict === 'failed').map((step) => step.code ?? step.step);
}
/** The answer that Viet Nam sent last, as Thailand would take it. */
const answer = () => asDelivery(viet, viet.sent.at(-1), later(12));

describe('a certificate on its way from Thailand to Viet Nam', () => {
  test('is verified there, answered, and both nodes tell the same story', async () => {
    const { number, applicationId, message } = await issue();
    assert.deepEqual(await viet.deliver(asDelivery(thai, message)), { taken: true });
    const there = await viet.issuance.readCertificate(viet.asked(customs), number);
    assert.equal(there.state, 'verified');
    assert.equal(there.side, 'importing');
    assert.equal(there.documentDigest, digestOf(bytesOf(message.document)));
    assert.deepEqual(await viet.issuance.readDocument(viet.asked(customs), number), bytesOf(message.document));
    const verdict = await viet.issuance.readVerification(viet.asked(customs), number);
    assert.equal(verdict.own.outcome, 'verified');
    assert.deepEqual(
      verdict.own.steps.map((step) => `${step.step} ${step.verdict}`),
      [
        'unaltered passed',
        'seal passed',
        'signer-certificate passed',
        'signer-authority passed',
        'schema passed',
        'agreement-and-validity passed',
        'not-cancelled-and-quantity passed',
        'addressed-to-us passed',
        'delivered-by-issuer passed',
        'number-unique passed',
      ],
    );
    const receipt = { messageId: message.messageId, at: later(11) };
    await inTransaction(thai.pool, (transaction) => thai.issuance.receipted(transaction, receipt));
    const response = answer();
    assert.equal(response.conversationId, there.consignmentReference);
    assert.deepEqual(await thai.deliver(response), { taken: true });
    await inTransaction(viet.pool, (transaction) =>
      viet.issuance.receipted(transaction, { messageId: response.messageId, at: later(13) }),
    );

    const here = await thai.issuance.readCertificate(thai.asked(trader), number);
    assert.equal(here.state, 'delivered');
    assert.equal(here.delivery?.status, 'receipted');
    const both = await thai.issuance.readVerification(thai.asked(trader), number);
    assert.equal(both.partner?.outcome, 'verified');
    assert.equal(both.partner?.country, 'VN');
    assert.deepEqual(
      both.partner?.steps.map((step) => `${step.step} ${step.verdict}`),
      verdict.own.steps.map((step) => `${step.step} ${step.verdict}`),
    );
    const answered = await readDocument(thai.pool, both.partner?.responseDigest ?? '');
    assert.deepEqual(answered?.bytes, bytesOf(viet.sent.at(-1)?.document));

    const history = await thai.issuance.applicationHistory(thai.asked(trader, later(30)), applicationId);
    assert.deepEqual(
      history.entries.map((entry) => entry.kind),
      [
        'application.created',
        'application.submitted',
        'application.approved',
        'certificate.issued',
        'certificate.delivered',
        'certificate.answered',
      ],
    );
    assert.deepEqual(
      history.waits.map((wait) => `${wait.for} ${wait.milliseconds / 60_000}`),
      ['trader 1', 'issuing-office 1', 'exchange 9', 'importing-customs 1'],
    );
    const storyThere = await viet.issuance.certificateHistory(viet.asked(customs, later(30)), number);
    assert.deepEqual(
      storyThere.entries.map((entry) => entry.kind),
      ['certificate.issued', 'certificate.received', 'certificate.verified', 'certificate.answer-delivered'],
    );
    assert.ok(storyThere.waits.every((wait) => wait.until !== undefined));
  });

  test('delivered twice has one effect and gets the same answer again', async () => {
    const { message } = await issue();
    const bytes = bytesOf(message.document);
    const before = viet.sent.length;
    await Promise.all(
      [0, 1, 2].map(() => viet.deliver(delivery(bytes, { conversationId: message.document.conversationId }))),
    );
    assert.equal((await received(bytes)).length, 1);
    assert.equal(viet.sent.length, before + 3);
    for (const sent of viet.sent.slice(-3))
      assert.deepEqual(await thai.deliver(asDelivery(viet, sent)), { taken: true });
  });

  test('with the number of another one that is in force is refused with the reason', async () => {
    const { number, message } = await issue();
    await viet.deliver(asDelivery(thai, message));
    const other = sealedBy(thailand, () => ({ number, remarks: 'other' }));
    await viet.deliver(delivery(other));
    assert.deepEqual(await failures(other), ['NUMBER-HAS-OTHER-DOCUMENT']);
    const shown = await viet.issuance.readCertificate(viet.asked(customs), number);
    assert.equal(shown.documentDigest, digestOf(bytesOf(message.document)), 'the one in force is shown');
    const history = await viet.issuance.certificateHistory(viet.asked(customs), number);
    assert.ok(history.entries.every((entry) => entry.kind !== 'certificate.refused'));
  });

  test('is not kept out by rubbish that was sent under its number before', async () => {
    const { number, message } = await issue();
    const rubbish = sealedBy(japan, () => ({ number }));
    await viet.deliver(delivery(rubbish, { fromCountry: 'JP' }));
    assert.ok((await failures(rubbish)).includes('SIGNER-COUNTRY-DIFFERS'));
    await viet.deliver(asDelivery(thai, message));
    assert.equal((await viet.issuance.readCertificate(viet.asked(customs), number)).state, 'verified');
  });
});

describe('a received certificate is refused, with the reason, and answered', () => {
  const altered = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('utf8').replace('Siam Motor Works Co.', 'Siam Motor Works Ko.'));
  const table: [string, () => { bytes: Buffer; from?: string; at?: Date; directory?: Partial<Directory> }, string][] = [
    ['when it was altered', () => ({ bytes: altered(sealedBy(thailand)) }), 'DOCUMENT-ALTERED'],
    ['when another country sealed it', () => ({ bytes: sealedBy(vietNam) }), 'SIGNER-COUNTRY-DIFFERS'],
    [
      'when another country delivered it',
      () => ({ bytes: sealedBy(thailand), from: 'JP' }),
      'DELIVERED-BY-OTHER-COUNTRY',
    ],
    [
      'when it is for another country (B2)',
      () => ({
        bytes: sealedBy(thailand, (made) => ({
          importingCountry: 'PH',
          transport: { ...made.transport, portOfDischarge: 'PHMNL' },
          consignee: { ...made.consignee, address: { ...made.consignee.address, country: 'PH' } },
        })),
      }),
      'ADDRESSED-ELSEWHERE',
    ],
    [
      'when it has expired (B2)',
      () => ({ bytes: sealedBy(thailand), at: new Date('2027-03-10T00:00:00Z') }),
      'CERTIFICATE-OF-ORIGIN-EXPIRED',
    ],
    [
      'when its number was mistyped',
      () => ({
        bytes: sealedBy(thailand, (made) => ({
          number: `${made.number.slice(0, -1)}${made.number.endsWith('A') ? 'B' : 'A'}`,
        })),
      }),
      'NUMBER-CHECK-CHARACTER',
    ],
    [
      'when its signer was revoked before it sealed (C3)',
      () => ({
        bytes: sealedBy(thailand),
        directory: {
          revocations: [
            {
              country: 'TH',
              serialNumber: thailand.sealing.certificate.serialNumber,
              fingerprint256: thailand.sealing.certificate.fingerprint256,
              revokedAt: '2026-02-01T00:00:00Z',
              reason: 'key lost',
            },
          ],
        },
      }),
      '',
    ],
  ];
  for (const [what, make, code] of table)
    test(what, async () => {
      const made = make();
      directory = directoryOf([thailand, vietNam, japan], made.directory);
      const more = { fromCountry: made.from ?? 'TH', receivedAt: made.at ?? later(10) };
      const before = viet.sent.length;
      assert.deepEqual(await viet.deliver(delivery(made.bytes, more)), { taken: true });
      const found = await failures(made.bytes);
      assert.ok(code === '' ? found.length > 0 : found.some((each) => each.startsWith(code)), found.join(', '));
      assert.equal(viet.sent.length, before + 1);
      assert.equal(viet.sent.at(-1)?.document.toCountry, more.fromCountry);
      const kept = await readDocument(viet.pool, digestOf(made.bytes));
      assert.deepEqual(kept?.bytes, made.bytes, 'the bytes are kept as they came');
    });

  test('but not when its signer was revoked after it sealed (C3)', async () => {
    const { number, message } = await issue();
    const { serialNumber, fingerprint256 } = thailand.sealing.certificate;
    const revocation = {
      country: 'TH',
      serialNumber,
      fingerprint256,
      revokedAt: later(5).toISOString(),
      reason: 'lost',
    };
    directory = directoryOf([thailand, vietNam, japan], { revocations: [revocation] });
    await viet.deliver(asDelivery(thai, message));
    const verdict = await viet.issuance.readVerification(viet.asked(customs), number);
    assert.equal(verdict.own.outcome, 'verified');
    assert.ok(verdict.own.steps.some((step) => step.reason.includes('revoked later')));
  });

  test('and the refusal comes back to the issuer with every reason', async () => {
    const { number, message } = await issue();
    directory = directoryOf([thailand, vietNam, japan], {
      members: directoryOf([thailand, vietNam, japan]).members.map((member) => ({ ...member, mayIssue: [] })),
    });
    await viet.deliver(asDelivery(thai, message));
    assert.deepEqual(await thai.deliver(answer()), { taken: true });
    const verification = await thai.issuance.readVerification(thai.asked(trader), number);
    assert.equal(verification.partner?.outcome, 'refused');
    assert.ok(verification.partner?.steps.some((step) => step.code === 'ISSUANCE-NOT-GRANTED'));
    const [event] = (await eventsOf(thai.pool, [number])).filter((one) => one.kind === 'certificate.answered');
    assert.match(event?.reason ?? '', /does not grant/);
  });
});

describe('a delivery that cannot be read (A9)', () => {
  const rubbish: [string, Buffer][] = [
    ['no XML', Buffer.from('not a document')],
    ['nothing', Buffer.alloc(0)],
    ['a DOCTYPE', Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
    ['XML of another kind', Buffer.from('<order xmlns="urn:x"/>')],
    ['binary', Buffer.from([0, 255, 254, 1])],
  ];
  for (const [what, bytes] of rubbish)
    test(`such as ${what} is kept, answered as refused, and left to the quarantine`, async () => {
      const before = viet.sent.length;
      const reception = await viet.deliver(delivery(bytes));
      assert.equal(reception.taken, false);
      assert.equal(viet.sent.length, before + 1);
      assert.equal((await received(bytes)).length, 0);
      const events = await eventsOf(viet.pool, [`document ${digestOf(bytes)}`]);
      assert.equal(events[0]?.kind, 'certificate.refused');
      await assert.rejects(thai.deliver(answer()), refusedWith('ANSWER-TO-UNKNOWN-DOCUMENT'));
    });

  test('is refused when it is of no service, action or number of payloads that this node has', async () => {
    const bytes = sealedBy(thailand);
    await assert.rejects(viet.deliver(delivery(bytes, { service: 'urn:x' })), refusedWith('SERVICE-UNKNOWN'));
    await assert.rejects(viet.deliver(delivery(bytes, { action: 'Shout' })), refusedWith('ACTION-UNKNOWN'));
    await assert.rejects(viet.deliver(delivery(bytes, { payloads: [] })), refusedWith('PAYLOAD-NOT-ONE'));
  });
});

describe('an answer', () => {
  test('counts once, however often it comes', async () => {
    const { number, message } = await issue();
    await viet.deliver(asDelivery(thai, message));
    await Promise.all([thai.deliver(answer()), thai.deliver(answer()), thai.deliver(answer())]);
    const events = (await eventsOf(thai.pool, [number])).filter((event) => event.kind === 'certificate.answered');
    assert.equal(events.length, 1);
  });

  test('is not taken from another country than the one the certificate was sent to', async () => {
    const { number, message } = await issue();
    await viet.deliver(asDelivery(thai, message));
    await assert.rejects(thai.deliver({ ...answer(), fromCountry: 'JP' }), refusedWith('ANSWER-NOT-FROM-PARTNER'));
    const verification = await thai.issuance.readVerification(thai.asked(trader), number);
    assert.equal(verification.partner, undefined);
  });

  test('is not taken when it is altered, sealed by another, or no answer', async () => {
    const { message } = await issue();
    await viet.deliver(asDelivery(thai, message));
    const good = answer();
    const bytes = good.payloads[0]?.content.memory ?? Buffer.alloc(0);
    const altered = Buffer.from(bytes.toString('utf8').replace('>verified<', '>refused<'));
    const asPayload = (payload: Buffer) => ({
      ...good,
      payloads: [{ contentType: 'application/xml', content: inMemory(payload) }],
    });
    await assert.rejects(thai.deliver(asPayload(altered)), refusedWith('ANSWER-NOT-TRUSTED'));
    await assert.rejects(thai.deliver(asPayload(bytesOf(message.document))), refusedWith('ANSWER-NOT-TRUSTED'));
    await assert.rejects(thai.deliver(asPayload(Buffer.from('x'))), refusedWith('ANSWER-NOT-TRUSTED'));
  });
});

describe('a receipt', () => {
  test('of an unknown message changes nothing, and one that comes twice counts once', async () => {
    const { number, message } = await issue();
    const note = (messageId: string) =>
      inTransaction(thai.pool, (transaction) => thai.issuance.receipted(transaction, { messageId, at: NOW }));
    await note(`unknown@${randomUUID()}`);
    await note(message.messageId);
    await note(message.messageId);
    const events = (await eventsOf(thai.pool, [number])).filter((event) => event.kind === 'certificate.delivered');
    assert.equal(events.length, 1);
  });
});
