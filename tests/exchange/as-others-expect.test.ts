import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeUserMessage } from '../../src/exchange/user-message.ts';
import { createMember, NOW } from './members.ts';

/* What other access points hold a message to, and ours does not check itself. Found with asx-rs (tests/interop). */
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
