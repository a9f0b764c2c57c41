import type { KeyObject, X509Certificate } from 'node:crypto';
import type { SecurityProfileName } from '../security-profile.ts';
import type { Content } from './content.ts';

/** One reference of a signature over a message: what was covered, and its digest. */
export interface SignedReference {
  /** `#id` of a header, or `cid:…` of a payload. */
  readonly uri: string;
  readonly transforms: readonly { readonly algorithm: string; readonly inclusivePrefixes: readonly string[] }[];
  /** Algorithm URI of the digest. */
  readonly digestMethod: string;
  /** Digest in base64. */
  readonly digest: string;
}

/** What is said of a payload beside its bytes. */
export interface PayloadDescription {
  readonly contentType: string;
  /** Of a text that does not say it itself (eDelivery AS4, part property CharacterSet), such as `utf-8`. */
  readonly characterSet?: string;
}

/** A payload in memory: not compressed, not encrypted. */
export interface Payload extends PayloadDescription {
  /** Without angle brackets; made by the composer when absent. */
  readonly contentId?: string;
  /** Whether it is sent compressed; yes, where nothing is said. */
  readonly compressed?: boolean;
  readonly bytes: Buffer;
  /** Its gzip, where that was made before. */
  readonly gzip?: Buffer | undefined;
}

/** A payload that need not be in memory: not compressed, not encrypted. */
export interface ContentPayload extends PayloadDescription {
  readonly contentId?: string;
  readonly compressed?: boolean;
  readonly content: Content;
}

/** What the header of a user message says (ebMS3 Core §5.2.2). */
export interface UserMessageHeader {
  readonly messageId: string;
  /** UTC. */
  readonly timestamp: Date;
  readonly refToMessageId?: string;
  readonly fromPartyId: string;
  readonly toPartyId: string;
  /** Further identifiers that a partner gives for the same party (ebMS3 Core §5.2.2.4). */
  readonly furtherFromPartyIds?: readonly string[];
  readonly furtherToPartyIds?: readonly string[];
  readonly service: string;
  readonly action: string;
  readonly conversationId: string;
  /** Message properties, such as originalSender and finalRecipient. */
  readonly properties: Readonly<Record<string, string>>;
}

/** A key with the certificate that vouches for it. */
export interface MessageKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
}

/** A message ready for the wire; the same bytes are sent at every try. */
export interface MessageForWire<Body> {
  readonly messageId: string;
  /** Value of the HTTP Content-Type header. */
  readonly contentType: string;
  readonly body: Body;
  /** What the receipt must tell again (ebMS3 AS4 profile §5.1.8). */
  readonly references: readonly SignedReference[];
}

/** A message that was composed in memory. */
export type ComposedMessage = MessageForWire<Buffer>;

/** A payload that was decrypted and decompressed. */
export type OpenedPayload<Bytes> = PayloadDescription & { readonly contentId: string } & Bytes;

/** A user message whose signature held and whose payloads were decrypted and decompressed. */
export interface OpenedMessage<Bytes = { readonly bytes: Buffer }> extends UserMessageHeader {
  readonly payloads: readonly OpenedPayload<Bytes>[];
  /** Whose trust is still to be judged. */
  readonly signerCertificate: X509Certificate;
  /** The security profile that it is made in; whether the sender may speak it is still to be judged. */
  readonly profile: SecurityProfileName;
  readonly references: readonly SignedReference[];
}
