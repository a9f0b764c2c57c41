import type { X509Certificate } from 'node:crypto';
import type { XmlDocument, XmlElement } from 'libxml2-wasm';
import { readXml } from '../../documents/read-xml.ts';
import { elementsOf } from '../../documents/xml-children.ts';
import { NS } from '../envelope/namespaces.ts';
import { type Envelope, onlyMessage, readEnvelope, readMessageInfo } from '../envelope/read-envelope.ts';
import { readFault } from '../envelope/soap-fault.ts';
import { attribute, base64Of, children, onlyChild, wholeText } from '../envelope/xml-tree.ts';
import type { SignedReference } from '../message/message.ts';
import { readOwnReceipt } from '../message/own-envelope.ts';
import { verifySignature } from '../ws-security/verify-signature.ts';
import { EbmsFailure } from './ebms-errors.ts';

/** An error as the other side tells it. */
export interface ToldError {
  readonly code: string;
  readonly severity: string;
  readonly shortDescription: string;
  readonly description: string;
  /** The message that this error is about, where it says so itself. */
  readonly refToMessageInError?: string;
}

/** What came back for a message. A receipt's signature held and covered everything; whose it is, is still to be judged. */
export type Signal =
  | {
      readonly kind: 'receipt';
      readonly messageId: string;
      readonly refToMessageId: string;
      readonly timestamp: Date;
      readonly references: readonly SignedReference[];
      readonly signerCertificate: X509Certificate;
      /** URI of the algorithm with which it is signed. */
      readonly signatureAlgorithm: string;
    }
  | {
      readonly kind: 'error';
      readonly messageId: string;
      readonly refToMessageId: string | undefined;
      readonly errors: readonly ToldError[];
      /** Undefined when the error is not signed. */
      readonly signerCertificate: X509Certificate | undefined;
      readonly signatureAlgorithm: string | undefined;
    };

/** What came was no user message but a signal: thrown by whoever opens messages, for who takes signals. */
export class SignalArrived extends Error {
  readonly envelope: Buffer;
  /** Of the signal, where it could be read. */
  readonly messageId: string | undefined;

  constructor(envelope: Buffer, messageId: string | undefined) {
    super('a signal arrived');
    this.name = 'SignalArrived';
    this.envelope = envelope;
    this.messageId = messageId;
  }
}

function readTold(part: XmlElement): SignedReference {
  const reference = onlyChild(part, NS.ds, 'Reference');
  const method = reference === undefined ? undefined : onlyChild(reference, NS.ds, 'DigestMethod');
  const value = reference === undefined ? undefined : onlyChild(reference, NS.ds, 'DigestValue');
  const digest = value === undefined ? undefined : base64Of(value);
  const uri = reference === undefined ? undefined : attribute(reference, 'URI');
  if (method === undefined || digest === undefined || uri === undefined)
    throw new EbmsFailure('EBMS:0302', 'A part of the receipt has no reference with URI and digest.');
  return {
    uri,
    transforms: [],
    digestMethod: attribute(method, 'Algorithm') ?? '',
    digest: digest.toString('base64'),
  };
}

/**
 * Reads an error. Its words are Description and ErrorDetail: some implementations say in the first what the code means in
 * general, and only in the second what was wrong with the message.
 */
function readError(error: XmlElement): ToldError {
  const words = ['Description', 'ErrorDetail']
    .flatMap((name) => children(error, NS.eb, name).slice(0, 1))
    .map((element) => wholeText(element).trim().slice(0, 1_000))
    .filter((text) => text !== '');
  const about = (attribute(error, 'refToMessageInError') ?? '').trim();
  return {
    code: attribute(error, 'errorCode') ?? '',
    severity: attribute(error, 'severity') ?? '',
    shortDescription: (attribute(error, 'shortDescription') ?? '').slice(0, 200),
    description: [...new Set(words)].join(' '),
    ...(about === '' ? {} : { refToMessageInError: about }),
  };
}

/** The message that errors are about, where MessageInfo does not say it (ebMS3 Core §6.2). */
function toldMessageOf(errors: readonly XmlElement[]): string | undefined {
  const told = errors.map((error) => (attribute(error, 'refToMessageInError') ?? '').trim());
  return told.find((id) => id !== '');
}

/** The envelope of an answer; a fault that tells no ebMS error says at least in its own words what is wrong. */
function readAnswer(document: XmlDocument): Envelope {
  try {
    return readEnvelope(document);
  } catch (error) {
    const body = elementsOf(document.root).find(({ name }) => name === 'Body');
    const fault = body === undefined ? undefined : readFault(body);
    if (!(error instanceof EbmsFailure) || fault === undefined) throw error;
    throw new EbmsFailure(error.code, `It is a SOAP fault, ${fault.code}: ${fault.reason}`);
  }
}

/**
 * Reads the answer to a message: a receipt, which must be signed over header and body, or an error.
 * @param signers certificates that the directory lists for the partner, for an answer that only names its signer's
 * @throws EbmsFailure EBMS:0302 for a receipt that is none, others where the answer is not a signal at all
 */
export function readSignal(bytes: Buffer, signers: readonly X509Certificate[] = []): Signal {
  return openOwnReceipt(bytes) ?? parseSignal(bytes, signers);
}

/**
 * Reads a receipt that our own composer wrote, without a parser; undefined for any other answer, and for one whose
 * signature does not hold: what is wrong is told by the parser's way only.
 */
export function openOwnReceipt(bytes: Buffer): Signal | undefined {
  const receipt = readOwnReceipt(bytes);
  if (receipt?.signature.holds() !== true) return undefined;
  const { signature, references, ...info } = receipt;
  return {
    kind: 'receipt',
    ...info,
    references: references.map((reference) => ({ ...reference, transforms: [] })),
    signerCertificate: signature.certificate,
    signatureAlgorithm: signature.algorithm.uri,
  };
}

/** Reads any answer. */
export function parseSignal(bytes: Buffer, signers: readonly X509Certificate[]): Signal {
  const reading = readXml(bytes);
  if (!reading.ok)
    throw new EbmsFailure('EBMS:0302', `The answer is not a SOAP envelope: ${reading.faults[0]?.message ?? 'not XML'}`);
  using document = reading.document;
  const { messaging, body, security } = readAnswer(document);
  const { kind, element } = onlyMessage(messaging);
  if (kind !== 'signal') throw new EbmsFailure('EBMS:0302', 'The answer is a user message, not a signal.');
  const { messageId, timestamp, refToMessageId } = readMessageInfo(element);
  const covered = { elements: [messaging, body], attachmentDigests: new Map<string, string>(), signers };
  const errors = children(element, NS.eb, 'Error');
  if (errors.length > 0) {
    const told = errors.map(readError);
    const verified = security === undefined ? undefined : verifySignature(document, security, covered);
    return {
      kind: 'error',
      messageId,
      refToMessageId: refToMessageId ?? toldMessageOf(errors),
      errors: told,
      signerCertificate: verified?.signerCertificate,
      signatureAlgorithm: verified?.signatureAlgorithm,
    };
  }
  if (children(element, NS.eb, 'PullRequest').length > 0)
    throw new EbmsFailure(
      'EBMS:0008',
      'This node answers no PullRequest; messages are pushed to the address in the directory.',
    );
  const receipt = onlyChild(element, NS.eb, 'Receipt');
  const information = receipt === undefined ? undefined : onlyChild(receipt, NS.ebbp, 'NonRepudiationInformation');
  if (information === undefined)
    throw new EbmsFailure(
      'EBMS:0302',
      'The answer is neither an error nor a receipt with non-repudiation information.',
    );
  if (security === undefined) throw new EbmsFailure('EBMS:0302', 'The receipt is not signed.');
  if (refToMessageId === undefined)
    throw new EbmsFailure('EBMS:0302', 'The receipt does not say for which message it is.');
  const references = children(information, NS.ebbp, 'MessagePartNRInformation').map(readTold);
  const { signerCertificate, signatureAlgorithm } = verifySignature(document, security, covered);
  return { kind: 'receipt', messageId, refToMessageId, timestamp, references, signerCertificate, signatureAlgorithm };
}

/**
 * Compares what a receipt tells with what was sent: the same references with the same digests, none missing, none more.
 * @returns undefined when they are the same, else what differs
 */
export function checkReceiptReferences(
  sent: readonly SignedReference[],
  told: readonly SignedReference[],
): string | undefined {
  if (told.length !== sent.length)
    return `The receipt tells of ${told.length} parts; the message had ${sent.length} signed parts.`;
  for (const reference of sent) {
    const found = told.filter((each) => each.uri === reference.uri);
    if (found.length !== 1) return `The receipt does not tell exactly once of ${reference.uri}.`;
    if (found[0]?.digest !== reference.digest || found[0].digestMethod !== reference.digestMethod)
      return `The receipt tells another digest of ${reference.uri}.`;
  }
  return undefined;
}
