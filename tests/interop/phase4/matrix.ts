import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION, SERVICE } from '../../exchange/running-exchange.ts';
import type { Cell } from '../cells.ts';
import { digestOf, payloads, SIZES, type TriedPayload } from '../payloads.ts';
import type { SendCommand } from './glue.ts';
import type { Ground, SpokenProfile } from './ground.ts';

/** One message of the matrix. */
export interface Message {
  readonly profile: SpokenProfile;
  readonly payloads: readonly TriedPayload[];
  readonly compress: boolean;
}

const PROPERTIES = {
  originalSender: 'urn:test:sender <&> "one"',
  finalRecipient: 'urn:test:recipient:ผู้รับ',
  customs: 'x',
};

/** Every combination that the matrix has for a direction. */
export function* messages(profiles: readonly SpokenProfile[]): Generator<{ labels: Cell['labels']; message: Message }> {
  for (const profile of profiles)
    for (const count of [1, 3] as const)
      for (const compress of [true, false])
        for (const size of SIZES)
          yield {
            labels: {
              profile: profile.name,
              payloads: String(count),
              compressed: compress ? 'yes' : 'no',
              size: size.words,
            },
            message: { profile, payloads: payloads(count, size.bytes), compress },
          };
}

const described = (payload: TriedPayload): object => ({
  contentType: payload.contentType,
  characterSet: payload.characterSet ?? '',
  sha256: digestOf(payload.bytes),
});

/**
 * phase4 sends to Selat: every fact and byte must arrive, and phase4 must take what comes back for a signed receipt that
 * tells the digests as they were sent.
 */
export async function fromPhase4(
  { selat, glue, folder }: Ground,
  message: Message,
  changes: Partial<SendCommand> = {},
): Promise<void> {
  const { profile } = message;
  const messageId = `${randomUUID()}@phase4.example`;
  const conversationId = `UCR-${randomUUID()}`;
  const sent = await glue.send({
    as: profile.name,
    endpoint: selat.endpoint,
    recipient: profile.recipient,
    messageId,
    refToMessageId: 'before@phase4.example',
    conversationId,
    properties: PROPERTIES,
    payloads: message.payloads.map(({ bytes, ...rest }, index) => {
      const file = join(folder, `payload-${index}`);
      writeFileSync(file, bytes);
      return { ...rest, file, compress: message.compress };
    }),
    ...(process.env['SELAT_INTEROP_KEEP'] === undefined ? {} : { keep: join(folder, `${messageId}.as4`) }),
    ...changes,
  });
  assert.equal(sent.result, 'success', `phase4 says ${JSON.stringify(sent)}`);
  assert.deepEqual(sent.digests, ['as sent'], 'phase4 does not find the digests that it sent in the receipt');
  assert.equal(sent.signed, true, 'phase4 says that the receipt is not signed');
  assert.match(sent.signer ?? '', new RegExp(`C=${selat.member.country}`));
  assert.equal(sent.refToMessageId, messageId);
  const delivery = selat.delivered(messageId);
  assert.ok(delivery !== undefined, 'Selat gave a receipt but delivered nothing');
  assert.deepEqual(
    {
      fromCountry: delivery.fromCountry,
      conversationId: delivery.conversationId,
      service: delivery.service,
      action: delivery.action,
      refToMessageId: delivery.refToMessageId,
      properties: { ...delivery.properties },
      payloads: delivery.payloads.map((each) => described({ ...each, bytes: each.content.memory ?? Buffer.alloc(0) })),
    },
    {
      fromCountry: profile.member.country,
      conversationId,
      service: SERVICE,
      action: ACTION,
      refToMessageId: 'before@phase4.example',
      properties: PROPERTIES,
      payloads: message.payloads.map(described),
    },
  );
}

/**
 * Selat sends to phase4: every fact and byte must arrive, signed and encrypted, and Selat must judge what comes back to be
 * the partner's receipt for all that was signed.
 */
export async function toPhase4({ selat, glue }: Ground, message: Message): Promise<void> {
  const { profile } = message;
  const conversationId = `UCR-${randomUUID()}`;
  const outcome = await selat.queue({
    to: profile.member,
    conversationId,
    refToMessageId: 'before@selat.example',
    properties: PROPERTIES,
    payloads: message.payloads.map((payload) => ({ ...payload, compressed: message.compress })),
  });
  assert.equal(outcome.state, 'receipted', `Selat says ${JSON.stringify(outcome)}`);
  const told = await glue.told(outcome.messageId);
  assert.equal(told.event, 'received', `phase4 says ${JSON.stringify(told)}`);
  if (told.event !== 'received') return;
  assert.deepEqual(
    {
      fromPartyId: told.fromPartyId,
      toPartyId: told.toPartyId,
      conversationId: told.conversationId,
      service: told.service,
      action: told.action,
      refToMessageId: told.refToMessageId,
      properties: told.properties,
      signed: told.signed,
      decrypted: told.decrypted,
      payloads: told.payloads.map(({ contentType, characterSet, compressed, bytes, sha256 }) => ({
        contentType,
        characterSet,
        compressed,
        bytes,
        sha256,
      })),
    },
    {
      fromPartyId: selat.member.partyId,
      toPartyId: profile.member.partyId,
      conversationId,
      service: SERVICE,
      action: ACTION,
      refToMessageId: 'before@selat.example',
      properties: PROPERTIES,
      signed: true,
      decrypted: true,
      payloads: message.payloads.map(({ contentType, characterSet, bytes }) => ({
        contentType,
        characterSet: characterSet ?? '',
        compressed: message.compress,
        bytes: bytes.length,
        sha256: digestOf(bytes),
      })),
    },
  );
}
