import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_ACTION, TEST_SERVICE } from '../../../src/exchange/receiving/inbox.ts';
import { payloads } from '../payloads.ts';
import type { SendCommand } from './glue.ts';
import type { Ground, SpokenProfile } from './ground.ts';
import { fromPhase4 } from './matrix.ts';

/** Another form of the security header that phase4 can be set to write, and what shows that it did. */
export interface Form {
  readonly words: string;
  readonly changes: Partial<SendCommand>;
  readonly shows: RegExp;
}

const named = (reference: string, words: string, shows: RegExp): readonly Form[] => [
  { words: `signer named by ${words}`, changes: { signingReference: reference }, shows },
  { words: `recipient named by ${words}`, changes: { encryptionReference: reference }, shows },
];

export const FORMS: readonly Form[] = [
  ...named('bst', 'its certificate', /BinarySecurityToken/),
  ...named('issuer-serial', 'issuer and serial number', /X509IssuerSerial/),
  ...named('ski-key-id', 'subject key identifier', /X509SubjectKeyIdentifier/),
  {
    words: 'InclusiveNamespaces',
    changes: { inclusivePrefixes: true },
    shows: /InclusiveNamespaces[^>]*PrefixList="\w/,
  },
  { words: 'no InclusiveNamespaces', changes: { inclusivePrefixes: false }, shows: /^(?!.*InclusiveNamespaces)/s },
];

/** phase4 sends in another form, which must be as good as the usual one. */
export async function formFromPhase4(ground: Ground, profile: SpokenProfile, form: Form): Promise<void> {
  const keep = join(ground.folder, 'form.as4');
  await fromPhase4(ground, { profile, payloads: payloads(1, 2_048), compress: true }, { ...form.changes, keep });
  assert.match(readFileSync(keep, 'latin1'), form.shows, 'phase4 did not write this form');
}

/** phase4 pings Selat (ebMS3 Core §5.2.2.8): a receipt, and nothing delivered. */
export async function pingFromPhase4({ selat, glue, folder }: Ground, profile: SpokenProfile): Promise<void> {
  const messageId = `${randomUUID()}@phase4.example`;
  const file = join(folder, 'payload-ping');
  writeFileSync(file, 'ping');
  for (const withPayload of [false, true]) {
    const sent = await glue.send({
      as: profile.name,
      endpoint: selat.endpoint,
      recipient: profile.recipient,
      messageId: `${withPayload}-${messageId}`,
      conversationId: 'ping',
      properties: {},
      service: TEST_SERVICE,
      action: TEST_ACTION,
      payloads: withPayload ? [{ file, contentType: 'text/plain', compress: true }] : [],
    });
    const words = withPayload ? 'with a payload' : 'without payload';
    assert.equal(sent.result, 'success', `${words}, phase4 says ${JSON.stringify(sent)}`);
    assert.deepEqual(sent.digests, ['as sent']);
    assert.equal(sent.signed, true);
    assert.equal(selat.delivered(`${withPayload}-${messageId}`), undefined, `the ping ${words} was delivered`);
  }
}

/** Selat pings phase4. */
export async function pingToPhase4({ selat, glue }: Ground, profile: SpokenProfile): Promise<void> {
  for (const withPayload of [false, true]) {
    const { message, judgement } = await selat.send({
      to: profile.member,
      conversationId: 'ping',
      properties: {},
      service: TEST_SERVICE,
      action: TEST_ACTION,
      payloads: withPayload ? payloads(1, 2_048) : [],
    });
    const words = withPayload ? 'with a payload' : 'without payload';
    assert.equal(judgement.means, 'receipted', `${words}, Selat says ${JSON.stringify(judgement)}`);
    assert.equal(glue.timesReceived(message.messageId), 0, `the ping ${words} was handed on`);
  }
}
