import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError } from '../../src/exchange/signals/error-signal.ts';
import { readSignal } from '../../src/exchange/signals/signal.ts';
import { KEY_AGREEMENTS, wrapByAgreement } from '../../src/exchange/ws-security/key-agreement.ts';
import { createMember, NOW } from './members.ts';

/* What other access points hold a message to, and ours does not check itself. Found with asx-rs and phase4 (tests/interop). */
describe('a message as others expect it', () => {
  test('says of a compressed payload that what was encrypted is application/gzip', async () => {
    const [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
    const { body } = composeUserMessage(
      {
        messageId: '1@th.selat',
        timestamp: NOW,
        fromPartyId: thailand.partyId,
        toPartyId: vietNam.partyId,
        service: 'urn:test:service',
        action: 'urn:test:action',
        conversationId: 'UCR-1',
        properties: {},
      },
      [{ contentType: 'application/pdf', bytes: Buffer.from('%PDF') }],
      { signing: thailand.signing, recipient: vietNam.encryption.certificate },
    );
    const envelope = body.toString('latin1');
    assert.match(envelope, /<xenc:EncryptedData [^>]*MimeType="application\/gzip"/);
    assert.match(envelope, /<eb:Property name="MimeType">application\/pdf<\/eb:Property>/);
  });
});

describe('an error as others tell it', () => {
  test('has words in Description and ErrorDetail, and both are read', () => {
    const failure = new EbmsFailure('EBMS:0010', 'What the code means.', '1@th.selat');
    const composed = composeError(failure, { messageId: 'e@vn', timestamp: NOW }).toString();
    const told = composed.replace(
      '</eb:Error>',
      '<eb:ErrorDetail> No agreement for this service. </eb:ErrorDetail></eb:Error>',
    );
    const signal = readSignal(Buffer.from(told));
    assert.ok(signal.kind === 'error');
    assert.equal(signal.errors[0]?.description, 'What the code means. No agreement for this service.');
  });
});

describe('an ephemeral key as others read it', () => {
  test('never begins like a key that Java takes for one of DSA', async () => {
    const { encryption } = await createMember('VN');
    const { publicKey } = encryption.certificate;
    for (let count = 0; count < 2_000; count += 1) {
      const written = wrapByAgreement(KEY_AGREEMENTS.x25519, Buffer.alloc(16), publicKey, '');
      const encoded = />([^<]*)<\/dsig11:DEREncodedKeyValue>/.exec(written)?.[1] ?? '';
      const der = Buffer.from(encoded, 'base64');
      assert.equal(der.length, 44);
      assert.notEqual(der[12], 0x02);
    }
  });
});
