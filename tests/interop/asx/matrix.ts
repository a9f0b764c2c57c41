import assert from 'node:assert/strict';
import { hash, randomUUID } from 'node:crypto';
import type { MessageKey } from '../../../src/exchange/message/message.ts';
import { ACTION, SERVICE } from '../../exchange/running-exchange.ts';
import { NotSupported } from '../cells.ts';
import { digestOf, type TriedPayload } from '../payloads.ts';
import { SHARED_PROFILE } from './asx-configuration.ts';
import type { Ground } from './ground.ts';

/** One message of the matrix. */
export interface Message {
  readonly payloads: readonly TriedPayload[];
  readonly compress: boolean;
}

const fingerprint = ({ certificate }: MessageKey): string => hash('sha256', certificate.raw);

/**
 * asx-rs sends to Selat: every byte and content type must arrive, and asx-rs must verify the receipt, which it only does
 * when each digest in it is the one that it signed.
 */
export async function fromAsx(ground: Ground, message: Message): Promise<undefined> {
  if (!message.compress)
    throw new NotSupported(
      'asx-rs compresses all it sends: src/profile.rs:439 "compress(&self) … self.protocol() == Protocol::As4"; its Message has no setting for it',
    );
  const { selat, asx, my } = ground;
  const messageId = `${randomUUID()}@asx.example`;
  const conversationId = `UCR-${randomUUID()}`;
  const sent = await asx.send({
    do: 'send',
    messageId,
    service: SERVICE,
    action: ACTION,
    conversationId,
    payloads: ground.files(message.payloads),
  });
  assert.equal(sent.receipted, true, `asx-rs says ${sent.reason}`);
  assert.equal(sent.signer, fingerprint(selat.member.keys.signing[SHARED_PROFILE]));
  const delivery = selat.delivered(messageId);
  assert.ok(delivery !== undefined, 'Selat gave a receipt but delivered nothing');
  assert.deepEqual(
    {
      fromCountry: delivery.fromCountry,
      conversationId: delivery.conversationId,
      service: delivery.service,
      action: delivery.action,
      payloads: delivery.payloads.map(({ contentType, content }) => ({
        contentType,
        sha256: digestOf(content.memory ?? Buffer.alloc(0)),
      })),
    },
    {
      fromCountry: my.country,
      conversationId,
      service: SERVICE,
      action: ACTION,
      payloads: message.payloads.map(({ contentType, bytes }) => ({ contentType, sha256: digestOf(bytes) })),
    },
  );
  return undefined;
}

/**
 * Selat sends to asx-rs: every byte and content type must arrive, and Selat must judge what comes back to be the partner's
 * receipt for all that was signed.
 */
export async function toAsx({ selat, asx, my }: Ground, message: Message): Promise<undefined> {
  const conversationId = `UCR-${randomUUID()}`;
  const { message: sent, judgement } = await selat.send({
    to: my,
    conversationId,
    properties: {},
    payloads: message.payloads,
    compress: message.compress,
  });
  assert.equal(judgement.means, 'receipted', `Selat says ${JSON.stringify({ ...judgement, bytes: undefined })}`);
  const declaresGzip = sent.body.includes('>application/gzip</eb:Property>');
  assert.equal(declaresGzip, message.compress, 'Selat does not compress as it was told');
  const received = await asx.arrival(sent.messageId);
  assert.ok(received !== undefined, 'asx-rs gave a receipt but handed nothing on');
  assert.deepEqual(
    {
      from: received.from,
      conversationId: received.conversationId,
      service: received.service,
      action: received.action,
      signer: received.signer,
      payloads: received.payloads,
    },
    {
      from: selat.member.partyId,
      conversationId,
      service: SERVICE,
      action: ACTION,
      signer: fingerprint(selat.member.keys.signing[SHARED_PROFILE]),
      payloads: message.payloads.map(({ contentType, bytes }) => ({
        mimeType: contentType,
        bytes: bytes.length,
        sha256: digestOf(bytes),
      })),
    },
  );
  return undefined;
}
