import type { X509Certificate } from 'node:crypto';
import { readXml } from '../../documents/read-xml.ts';
import {
  type DeclaredPart,
  messageIdOf,
  onlyMessage,
  readEnvelope,
  readUserMessage,
} from '../envelope/read-envelope.ts';
import { profileSpoken, SECURITY_PROFILES, type SecurityProfileName } from '../security-profile.ts';
import { EbmsFailure, type EbmsProblem, refuseFor } from '../signals/ebms-errors.ts';
import { SignalArrived } from '../signals/signal.ts';
import { keyEstablishmentOf, readContentKeys } from '../ws-security/content-keys.ts';
import { unwrapOwn } from '../ws-security/own-security.ts';
import { type SignedForm, signedFormOf } from '../ws-security/signed-form.ts';
import { type AttachmentDigest, verifySignature } from '../ws-security/verify-signature.ts';
import { EXPANSION_LIMITS, type ExpansionLimits } from './compression.ts';
import type { MessageKey, SignedReference, UserMessageHeader } from './message.ts';
import { MIME_LIMITS, type MimeLimits } from './mime.ts';
import { readOwnUserMessage } from './own-envelope.ts';

/** How large each part of a message may be, in bytes where nothing else is said. */
export interface MessageLimits {
  readonly mime: MimeLimits;
  readonly envelopeBytes: number;
  readonly expansion: ExpansionLimits;
}

export const MESSAGE_LIMITS: MessageLimits = {
  mime: MIME_LIMITS,
  envelopeBytes: 1024 * 1024,
  expansion: EXPANSION_LIMITS,
};

/** What messages are opened with. */
export interface OpeningKeys {
  /** Keys of this access point, of all kinds, the newest first. */
  readonly decryption: readonly MessageKey[];
  /** Certificates that the directory lists for the sender, for a message that only names its signer's. */
  readonly signers?: readonly X509Certificate[];
}

/** What is established about a message once its signature held. */
export interface VerifiedMessage {
  /** Whose trust is still to be judged. */
  readonly signerCertificate: X509Certificate;
  /** The security profile that it is made in; whether the sender may speak it is still to be judged. */
  readonly profile: SecurityProfileName;
  readonly references: readonly SignedReference[];
}

/** A user message whose envelope was read; its payloads are still closed. */
export interface Opening extends Disposable {
  readonly header: UserMessageHeader;
  readonly parts: readonly DeclaredPart[];
  /** The AES key of each payload by its Content-ID. */
  readonly contentKeys: ReadonlyMap<string, Buffer>;
  /** The form in which a payload is signed, by its Content-ID. */
  formOf(contentId: string): SignedForm;
  /**
   * Verifies the signature over header, Body and payloads; to be called once.
   * @param digests SHA-256 in base64 of each payload as it was signed: decrypted, still compressed; any one of several
   */
  verify(digests: ReadonlyMap<string, AttachmentDigest>): VerifiedMessage;
  /** The failure, told of this message. */
  tell(error: unknown): unknown;
}

/** The payloads in the message and those that the header declares must be the same ones. */
function matchParts(declared: readonly DeclaredPart[], present: readonly (string | undefined)[]): string[] {
  const named = present.filter((contentId) => contentId !== undefined);
  const unnamed: EbmsProblem[] =
    named.length === present.length ? [] : [{ code: 'EBMS:0007', description: 'A payload has no Content-ID.' }];
  const undeclared = named.filter((contentId) => !declared.some((part) => part.contentId === contentId));
  const absent = declared.filter(({ contentId }) => !named.includes(contentId));
  const problems = [
    ...unnamed,
    ...undeclared.map((contentId): EbmsProblem => {
      const description = `The part ${contentId.slice(0, 100)} is not declared in PayloadInfo.`;
      return { code: 'EBMS:0007', description };
    }),
    ...absent.map(({ contentId }): EbmsProblem => {
      const description = `The payload ${contentId.slice(0, 100)} is declared but not in the message.`;
      return { code: 'EBMS:0011', description };
    }),
  ];
  refuseFor(problems, undefined);
  return named;
}

function formAmong(parts: readonly DeclaredPart[], contentId: string): SignedForm {
  const part = parts.find((each) => each.contentId === contentId);
  return signedFormOf(part?.mimeType, part?.compressed === true);
}

/**
 * Reads the envelope of a user message: structure, header, payloads present as declared, keys of the payloads.
 * @param present Content-IDs of the parts behind the envelope
 * @throws EbmsFailure with the error that the sender is to get, and the message's id where it could be read
 */
export function openEnvelope(
  envelope: Buffer,
  present: readonly (string | undefined)[],
  keys: OpeningKeys,
  limits: MessageLimits,
): Opening {
  if (envelope.length > limits.envelopeBytes) throw envelopeTooLarge(limits);
  return openOwnEnvelope(envelope, present, keys) ?? parseEnvelope(envelope, present, keys);
}

/**
 * Opens an envelope that our own composer wrote, without a parser; undefined for any other, and for one of which
 * anything does not hold: what is wrong with a message is found and told by the parser's way only.
 */
export function openOwnEnvelope(
  envelope: Buffer,
  present: readonly (string | undefined)[],
  keys: OpeningKeys,
): Opening | undefined {
  const own = readOwnUserMessage(envelope);
  if (own === undefined) return undefined;
  const { header, parts, encryption, signature } = own;
  const isSame = parts.length === present.length && parts.every(({ contentId }) => present.includes(contentId));
  const key = encryption === undefined ? undefined : unwrapOwn(encryption, keys.decryption);
  const profile = Object.values(SECURITY_PROFILES).find((each) => each.signature === signature.algorithm.uri);
  if (!isSame || profile === undefined || (encryption === undefined) !== (key === undefined)) return undefined;
  if (encryption !== undefined && encryption.establishment !== profile.establishment) return undefined;
  let parsed: Opening | undefined;
  return {
    header,
    parts,
    contentKeys: new Map(key === undefined ? [] : present.map((contentId) => [contentId ?? '', key])),
    formOf: (contentId) => formAmong(parts, contentId),
    verify(digests) {
      const { certificate, references } = signature;
      const areSigned = references
        .slice(references.length - parts.length)
        .every(({ uri, digest }) => [digests.get(uri.slice(4))].flat().includes(digest));
      if (areSigned && signature.holds()) return { signerCertificate: certificate, profile: profile.name, references };
      parsed = parseEnvelope(envelope, present, keys);
      return parsed.verify(digests);
    },
    tell: (error) => (error instanceof EbmsFailure ? error.of(header.messageId) : error),
    [Symbol.dispose]: () => parsed?.[Symbol.dispose](),
  };
}

/** Opens any envelope. */
export function parseEnvelope(envelope: Buffer, present: readonly (string | undefined)[], keys: OpeningKeys): Opening {
  const reading = readXml(envelope);
  if (!reading.ok)
    throw new EbmsFailure('EBMS:0009', `The SOAP envelope cannot be read: ${reading.faults[0]?.message ?? 'not XML'}`);
  const { document } = reading;
  let messageId: string | undefined;
  const tell = (error: unknown): unknown => (error instanceof EbmsFailure ? error.of(messageId) : error);
  try {
    const within = readEnvelope(document);
    const { messaging, body, security } = within;
    messageId = messageIdOf(messaging);
    const { kind, element } = onlyMessage(messaging);
    if (kind === 'signal') throw new SignalArrived(envelope, messageId);
    const { header, parts } = readUserMessage(element, within);
    const contentIds = matchParts(parts, present);
    if (security === undefined) throw new EbmsFailure('EBMS:0103', 'The message has no wsse:Security header.');
    const contentKeys =
      contentIds.length === 0 ? new Map<string, Buffer>() : readContentKeys(security, contentIds, keys.decryption);
    if (contentKeys === undefined) throw new EbmsFailure('EBMS:0103', 'The payloads are not encrypted.');
    return {
      header,
      parts,
      contentKeys,
      formOf: (contentId) => formAmong(parts, contentId),
      verify(attachmentDigests) {
        const elements = [messaging, body];
        const must = { elements, attachmentDigests, signers: keys.signers ?? [] };
        const { signatureAlgorithm, ...verified } = verifySignature(document, security, must);
        return { ...verified, profile: profileSpoken(signatureAlgorithm, keyEstablishmentOf(security)) };
      },
      tell,
      [Symbol.dispose]: () => document.dispose(),
    };
  } catch (error) {
    document.dispose();
    throw tell(error);
  }
}

/** The envelope must fit into memory. */
export function envelopeTooLarge(limits: MessageLimits): EbmsFailure {
  return new EbmsFailure(
    'EBMS:0009',
    `The SOAP envelope has more than ${limits.envelopeBytes} bytes; send documents as payloads beside it.`,
  );
}
