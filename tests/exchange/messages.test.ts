import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { XmlDocument, XmlElement } from 'libxml2-wasm';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import type { UserMessageHeader } from '../../src/exchange/message/message.ts';
import { readMultipart } from '../../src/exchange/message/mime.ts';
import { composeUserMessage, openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError } from '../../src/exchange/signals/error-signal.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { checkReceiptReferences, readSignal } from '../../src/exchange/signals/signal.ts';
import { canonicalXml } from '../../src/seal/canonical-xml.ts';
import { createMember, NOW, type TestMember } from './members.ts';

const header: UserMessageHeader = {
  messageId: 'd2b5d5d0-1111-4222-8333-000000000001@th.selat',
  timestamp: NOW,
  fromPartyId: 'urn:test:party:th',
  toPartyId: 'urn:test:party:vn',
  service: 'urn:test:service',
  action: 'urn:test:action',
  conversationId: 'UCR-1',
  properties: { originalSender: 'a', finalRecipient: 'b' },
};

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

const compose = (payloads: Parameters<typeof composeUserMessage>[1], signing = thailand.signing, about = header) =>
  composeUserMessage(about, payloads, { signing, recipient: vietNam.encryption.certificate });
const open = (message: { contentType: string; body: Buffer }) =>
  openUserMessage(message.contentType, message.body, { decryption: [vietNam.encryption] });

describe('a user message', () => {
  test('arrives as it was sent, for any number, size and type of payloads', () => {
    const payload = fc.record({
      contentType: fc.constantFrom('application/xml', 'application/json', 'image/png', 'text/plain'),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 4_000 }).map((bytes) => Buffer.from(bytes)),
        fc.nat(200_000).map((size) => Buffer.alloc(size, 'selat ')),
      ),
    });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 5 }), (payloads) => {
        const message = compose(payloads);
        const opened = open(message);
        assert.deepEqual(
          opened.payloads.map(({ contentType, bytes }) => ({ contentType, bytes })),
          payloads.map(({ contentType, bytes }) => ({ contentType, bytes })),
        );
        assert.deepEqual(opened.references, message.references);
        assert.equal(opened.signerCertificate.fingerprint256, thailand.signing.certificate.fingerprint256);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps every text of its header, with whatever characters XML can carry', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .map((value) => value.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/gu, '').trim())
      .filter((value) => value !== '');
    fc.assert(
      fc.property(text, text, text, (conversationId, name, value) => {
        const service = `urn:${name}`;
        const about = { ...header, conversationId, service, properties: { [`name ${value}`]: value } };
        const opened = open(compose([{ contentType: 'text/plain', bytes: Buffer.from('x') }], thailand.signing, about));
        assert.deepEqual(
          [opened.conversationId, opened.service, opened.properties],
          [conversationId, service, about.properties],
        );
      }),
      { numRuns: 100 },
    );
  });

  test('is written in exclusive canonical form where it is signed', () => {
    const { contentType, body } = compose([{ contentType: 'text/plain', bytes: Buffer.from('x') }], thailand.signing, {
      ...header,
      conversationId: 'a&b<c>"d"\r\te',
      properties: { 'q"<>&\t': '\r\n"<>&' },
    });
    const envelope = readMultipart(contentType, body)[0]?.bytes.toString() ?? '';
    using document = XmlDocument.fromString(envelope);
    for (const [name, namespace] of [
      ['Messaging', NS.eb],
      ['Body', NS.soap12],
      ['SignedInfo', NS.ds],
    ] as const) {
      const element = document.get(`//n:${name}`, { n: namespace });
      assert.ok(element instanceof XmlElement);
      assert.ok(envelope.includes(canonicalXml(element)), name);
    }
  });

  test('carries no payload and needs no encryption when there is none', () => {
    const message = compose([]);
    assert.equal(open(message).payloads.length, 0);
    assert.equal(message.body.includes('EncryptedKey'), false);
  });

  test('shows nothing of its payloads on the wire', () => {
    const message = compose([{ contentType: 'text/plain', bytes: Buffer.from('very secret words') }]);
    assert.equal(message.body.includes('very secret words'), false);
  });

  test('uses a fresh content key, salt and initial value each time', () => {
    const payload = [{ contentType: 'text/plain', contentId: 'same@id', bytes: Buffer.from('same') }];
    const parts = [compose(payload), compose(payload)].map(
      ({ contentType, body }) => readMultipart(contentType, body)[1]?.bytes,
    );
    assert.notDeepEqual(parts[0]?.subarray(0, 12), parts[1]?.subarray(0, 12));
    assert.notDeepEqual(parts[0]?.subarray(12), parts[1]?.subarray(12));
  });

  test('can be opened with a former key during a rotation', async () => {
    const newer = (await createMember('VN')).encryption;
    const message = compose([{ contentType: 'text/plain', bytes: Buffer.from('x') }]);
    const opened = openUserMessage(message.contentType, message.body, { decryption: [newer, vietNam.encryption] });
    assert.equal(opened.payloads[0]?.bytes.toString(), 'x');
  });
});

describe('a receipt', () => {
  const terms = () => ({ messageId: 'r1@vn.selat', timestamp: NOW, signing: vietNam.signing });

  test('tells every reference of the message again and is signed by who gives it', () => {
    const message = compose([
      { contentType: 'text/plain', bytes: Buffer.from('one') },
      { contentType: 'text/plain', bytes: Buffer.from('two') },
    ]);
    const signal = readSignal(composeReceipt(open(message), terms()));
    assert.equal(signal.kind, 'receipt');
    assert.ok(signal.kind === 'receipt');
    assert.equal(signal.refToMessageId, header.messageId);
    assert.equal(signal.references.length, 4);
    assert.equal(checkReceiptReferences(message.references, signal.references), undefined);
    assert.equal(signal.signerCertificate.fingerprint256, vietNam.signing.certificate.fingerprint256);
  });

  test('that misses, changes or adds a digest is not one for this message', () => {
    const { references } = compose([{ contentType: 'text/plain', bytes: Buffer.from('one') }]);
    const [first, ...others] = references;
    assert.ok(first !== undefined);
    const wrong = [
      others,
      [...references, { ...first, uri: '#another' }],
      [{ ...first, digest: Buffer.alloc(32).toString('base64') }, ...others],
      [{ ...first, digestMethod: 'http://www.w3.org/2000/09/xmldsig#sha1' }, ...others],
      [first, first, ...others.slice(1)],
    ];
    for (const told of wrong) assert.notEqual(checkReceiptReferences(references, told), undefined);
  });

  test('that was altered, or is not signed, is refused', () => {
    const receipt = composeReceipt(open(compose([])), terms()).toString();
    const altered = receipt.replace(header.messageId, header.messageId.replace('d2b5', 'd2b6'));
    const unsigned = receipt.replace(/<wsse:Security .*<\/wsse:Security>/, '');
    for (const text of [altered, unsigned]) assert.throws(() => readSignal(Buffer.from(text)), EbmsFailure);
  });
});

describe('an error signal', () => {
  test('tells code, severity, name and words, and which message is meant', () => {
    const failure = new EbmsFailure('EBMS:0303', 'A "payload" <is> & damaged.', header.messageId);
    const signal = readSignal(
      composeError(failure, { messageId: 'e1@vn.selat', timestamp: NOW, signing: vietNam.signing }),
    );
    assert.ok(signal.kind === 'error');
    assert.equal(signal.refToMessageId, header.messageId);
    assert.deepEqual(signal.errors, [
      {
        code: 'EBMS:0303',
        severity: 'failure',
        shortDescription: 'DecompressionFailure',
        description: 'A "payload" <is> & damaged.',
        refToMessageInError: header.messageId,
      },
    ]);
    assert.equal(signal.signerCertificate?.fingerprint256, vietNam.signing.certificate.fingerprint256);
  });

  test('is read when it is not signed, and says so', () => {
    const signal = readSignal(
      composeError(new EbmsFailure('EBMS:0004', 'No.'), { messageId: 'e2@vn.selat', timestamp: NOW }),
    );
    assert.ok(signal.kind === 'error');
    assert.equal(signal.signerCertificate, undefined);
  });
});
