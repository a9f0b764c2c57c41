import { randomBytes } from 'node:crypto';
import type { MessageKey, Payload, SignedReference, UserMessageHeader } from '../../src/exchange/message/message.ts';
import { readMultipart, writeMultipart } from '../../src/exchange/message/mime.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import type { SecurityProfileName } from '../../src/exchange/security-profile.ts';
import { writeSignature } from '../../src/exchange/ws-security/security-header.ts';
import type { TestMember } from './members.ts';

/** A message taken apart so that a test can spoil it: the envelope as text, and the encrypted payloads. */
export interface TakenApart {
  envelope: string;
  parts: { contentId: string; bytes: Buffer }[];
}

/** The header of a message between two members. */
export function headerOf(from: TestMember, to: TestMember, more: Partial<UserMessageHeader> = {}): UserMessageHeader {
  return {
    messageId: `${randomBytes(8).toString('hex')}@test`,
    timestamp: new Date(),
    fromPartyId: from.partyId,
    toPartyId: to.partyId,
    service: 'urn:test:service',
    action: 'urn:test:action',
    conversationId: 'UCR-1',
    properties: { originalSender: from.partyId, finalRecipient: to.partyId },
    ...more,
  };
}

/** A good message, taken apart; in the profile of who receives it, or in another that both have keys for. */
export function takeApart(
  from: TestMember,
  to: TestMember,
  payloads: readonly Payload[] = [{ contentId: 'one@test', contentType: 'text/plain', bytes: Buffer.from('one') }],
  header: UserMessageHeader = headerOf(from, to),
  profile?: SecurityProfileName,
): TakenApart {
  const { contentType, body } = composeUserMessage(
    header,
    payloads,
    profile === undefined
      ? { profile: to.profile, signing: from.signing, recipient: to.encryption.certificate }
      : { profile, signing: from.keys.signing[profile], recipient: to.keys.encryption[profile].certificate },
  );
  const [root, ...parts] = readMultipart(contentType, body);
  return {
    envelope: root?.bytes.toString() ?? '',
    parts: parts.map((part) => ({ contentId: part.contentId ?? '', bytes: part.bytes })),
  };
}

/** Puts a message together again as it goes over the wire. */
export function putTogether({ envelope, parts }: TakenApart): { contentType: string; body: Buffer } {
  return writeMultipart(`edge-${randomBytes(8).toString('hex')}`, [
    { contentId: 'root@test', contentType: 'application/soap+xml; charset=UTF-8', bytes: Buffer.from(envelope) },
    ...parts.map((part) => ({ ...part, contentType: 'application/octet-stream' })),
  ]);
}

/** The references of the signature of an envelope of ours. */
export function referencesIn(envelope: string): SignedReference[] {
  return [
    ...envelope.matchAll(
      /<ds:Reference URI="([^"]*)"><ds:Transforms><ds:Transform Algorithm="([^"]*)"><\/ds:Transform><\/ds:Transforms><ds:DigestMethod Algorithm="([^"]*)"><\/ds:DigestMethod><ds:DigestValue>([^<]*)</g,
    ),
  ].map(([, uri = '', algorithm = '', digestMethod = '', digest = '']) => ({
    uri,
    transforms: [{ algorithm, inclusivePrefixes: [] }],
    digestMethod,
    digest,
  }));
}

/** Signs the envelope anew over other references, as a dishonest member with good keys could. */
export function signAnew(
  envelope: string,
  key: MessageKey,
  change: (references: SignedReference[]) => readonly SignedReference[],
): string {
  const signature = writeSignature('anew', change(referencesIn(envelope)), key);
  return envelope.replace(
    /<wsse:BinarySecurityToken [^>]*wsu:Id="signature-[^"]*-token">[^<]*<\/wsse:BinarySecurityToken><ds:Signature .*<\/ds:Signature>/,
    signature,
  );
}
