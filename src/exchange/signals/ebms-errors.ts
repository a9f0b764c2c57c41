/** A row of the table of errors. */
interface EbmsErrorRow {
  /** Its shortDescription. */
  readonly name: string;
  /** As the standard recommends it; whatever stops a message is told as failure. */
  readonly severity: 'failure' | 'warning';
  readonly category: 'Content' | 'Communication' | 'Unpackaging' | 'Processing';
  /** Which module found it. */
  readonly origin: 'ebMS' | 'security' | 'reliability';
  /** When this node tells it. */
  readonly when: string;
  /** What the other node changes. */
  readonly change: string;
}

/**
 * Every error of ebMS 3.0 that an AS4 access point answers with: OASIS ebMS 3.0 Core §6.7.1 (messaging), §6.7.2
 * (security), §6.7.3 (reliability); AS4 Profile of ebMS 3.0 for 0301 to 0303.
 */
export const EBMS_ERRORS = {
  'EBMS:0001': {
    name: 'ValueNotRecognized',
    severity: 'failure',
    category: 'Content',
    origin: 'ebMS',
    when: 'A value is well formed and unknown here: a message partition channel (mpc), or the id of a message that a receipt or error refers to.',
    change: 'Use the value that was agreed. Leave mpc out; refer to the id of a message that this node sent to you.',
  },
  'EBMS:0002': {
    name: 'FeatureNotSupported',
    severity: 'warning',
    category: 'Content',
    origin: 'ebMS',
    when: 'A value asks for something that AS4 leaves out: an envelope of SOAP 1.1.',
    change: 'Set the access point to SOAP 1.2 (application/soap+xml).',
  },
  'EBMS:0003': {
    name: 'ValueInconsistent',
    severity: 'failure',
    category: 'Content',
    origin: 'ebMS',
    when: 'A value contradicts another one, or the rules: an unknown or ambiguous party, a party that is not this node, an identifier without type that is no URI, an error signal that refers to no message.',
    change:
      'Compare the parties with the federation directory; give each PartyId and Service a type, or write it as URI.',
  },
  'EBMS:0004': {
    name: 'Other',
    severity: 'failure',
    category: 'Content',
    origin: 'ebMS',
    when: 'Another content came under an id that is known, the message is larger than the limit, or this node cannot keep anything at the moment (HTTP 503).',
    change: 'Give every message an id of its own; send less at once; after a 503 send the same message again.',
  },
  'EBMS:0005': {
    name: 'ConnectionFailure',
    severity: 'failure',
    category: 'Communication',
    origin: 'ebMS',
    when: 'Kept at a message of this node whose partner cannot be reached. It is not sent.',
    change: 'Nothing in the message: it is tried again until its window ends.',
  },
  'EBMS:0006': {
    name: 'EmptyMessagePartitionChannel',
    severity: 'warning',
    category: 'Communication',
    origin: 'ebMS',
    when: 'The answer to a PullRequest when no message waits.',
    change: 'Nothing: pull again later.',
  },
  'EBMS:0007': {
    name: 'MimeInconsistency',
    severity: 'failure',
    category: 'Unpackaging',
    origin: 'ebMS',
    when: 'The media type, the boundaries or the headers of the parts are not as RFC 2046, RFC 2387 and SOAP with Attachments have them, or a part is in the message that the header does not declare.',
    change:
      'Send multipart/related whose first part is the envelope, every payload as its own part with Content-ID, and nothing else.',
  },
  'EBMS:0008': {
    name: 'FeatureNotSupported',
    severity: 'failure',
    category: 'Unpackaging',
    origin: 'ebMS',
    when: 'Something is there, or missing, that this node has no support for: several message units in one message, a payload in the SOAP Body, a header that must be understood and is not known.',
    change:
      'Send one unit in a message and every payload as attachment; leave out headers beside eb:Messaging and wsse:Security, or their mustUnderstand.',
  },
  'EBMS:0009': {
    name: 'InvalidHeader',
    severity: 'failure',
    category: 'Unpackaging',
    origin: 'ebMS',
    when: 'The envelope is not XML, not SOAP 1.2, or its eb:Messaging header is not built as ebMS has it; a Timestamp is no instant, ahead of the clock or too old.',
    change:
      'The description names the element. Validate the header with the ebMS 3.0 schema; set the clock of the node.',
  },
  'EBMS:0010': {
    name: 'ProcessingModeMismatch',
    severity: 'failure',
    category: 'Processing',
    origin: 'ebMS',
    when: 'This node offers no such service or action.',
    change: 'Use a service and action that the partners agreed on.',
  },
  'EBMS:0011': {
    name: 'ExternalPayloadError',
    severity: 'failure',
    category: 'Content',
    origin: 'ebMS',
    when: 'A payload is declared and not in the message: its part is missing, or it is said to lie at an address. Nothing is fetched.',
    change: 'Send the payload in the message itself, under the Content-ID that the header names.',
  },
  'EBMS:0101': {
    name: 'FailedAuthentication',
    severity: 'failure',
    category: 'Processing',
    origin: 'security',
    when: 'The signature does not hold, its signer or the TLS client is not trusted, or sender, signer and connection are not of one country.',
    change: 'Sign with the key whose certificate is in the directory; let nothing change the message after signing.',
  },
  'EBMS:0102': {
    name: 'FailedDecryption',
    severity: 'failure',
    category: 'Processing',
    origin: 'security',
    when: 'The payloads cannot be decrypted. The answer is the same for every reason.',
    change: 'Encrypt to the certificate that the directory has for this node, with the algorithms of its profile.',
  },
  'EBMS:0103': {
    name: 'PolicyNoncompliance',
    severity: 'failure',
    category: 'Processing',
    origin: 'security',
    when: 'The security header is not as the profile has it: not signed, not encrypted, an algorithm that is not allowed, something not covered by the signature.',
    change: 'Use the profile that the directory names; the description says what is missing or not allowed.',
  },
  'EBMS:0201': {
    name: 'DysfunctionalReliability',
    severity: 'failure',
    category: 'Processing',
    origin: 'reliability',
    when: 'Not sent: reliability is by receipts and repetition (AS4), not by a reliability header.',
    change: 'Nothing.',
  },
  'EBMS:0202': {
    name: 'DeliveryFailure',
    severity: 'failure',
    category: 'Communication',
    origin: 'reliability',
    when: 'Not sent: a document that cannot be taken is receipted, and an ApplicationResponse says why.',
    change: 'Nothing.',
  },
  'EBMS:0301': {
    name: 'MissingReceipt',
    severity: 'failure',
    category: 'Communication',
    origin: 'ebMS',
    when: 'Kept at a message of this node that a partner answered with nothing. It is not sent.',
    change: 'Answer with the receipt, or send it by itself: until then the message is sent again.',
  },
  'EBMS:0302': {
    name: 'InvalidReceipt',
    severity: 'failure',
    category: 'Communication',
    origin: 'ebMS',
    when: 'A receipt is not signed, or does not tell the digests of the message as it was sent.',
    change: 'Copy every ds:Reference of the received message into the receipt, and sign it.',
  },
  'EBMS:0303': {
    name: 'DecompressionFailure',
    severity: 'failure',
    category: 'Communication',
    origin: 'ebMS',
    when: 'A payload that is said to be compressed cannot be decompressed, grows beyond the limits, or is compressed in another way than gzip.',
    change: 'Compress with gzip (RFC 1952) once, and declare CompressionType application/gzip.',
  },
} as const satisfies Readonly<Record<string, EbmsErrorRow>>;

/** A code of the table. */
export type EbmsCode = keyof typeof EBMS_ERRORS;

/** One thing that is wrong with a message; the description says what a person at the other node must change. */
export interface EbmsProblem {
  readonly code: EbmsCode;
  readonly description: string;
}

/**
 * The SOAP faults that SOAP 1.2 itself demands (Part 1 §2.4, §2.6, §2.8, §5.4.7, §5.4.8). Everything else that is wrong
 * is told as ebMS error without a fault, which ebMS 3.0 Core §6.6 leaves open.
 */
export type SoapFault =
  | { readonly kind: 'version-mismatch'; readonly answerIn: 'soap11' | 'soap12' }
  | {
      readonly kind: 'must-understand';
      readonly notUnderstood: readonly { readonly namespace: string; readonly name: string }[];
    };

/** A message that is answered with ebMS errors: the first, and whatever was found besides. */
export class EbmsFailure extends Error {
  readonly code: EbmsCode;
  /** The message that is in error, as far as its id could be read. */
  readonly refToMessageId: string | undefined;
  readonly further: readonly EbmsProblem[];
  readonly fault: SoapFault | undefined;

  constructor(
    code: EbmsCode,
    description: string,
    refToMessageId?: string,
    more: { readonly further?: readonly EbmsProblem[]; readonly fault?: SoapFault | undefined } = {},
  ) {
    super(description);
    this.name = 'EbmsFailure';
    this.code = code;
    this.refToMessageId = refToMessageId;
    this.further = more.further ?? [];
    this.fault = more.fault;
  }

  /** Everything that is wrong. */
  get problems(): readonly EbmsProblem[] {
    return [{ code: this.code, description: this.message }, ...this.further];
  }

  /** The same failure, told of a message. */
  of(messageId: string | undefined): EbmsFailure {
    if (this.refToMessageId !== undefined || messageId === undefined) return this;
    return new EbmsFailure(this.code, this.message, messageId, { further: this.further, fault: this.fault });
  }
}

/**
 * Runs checks that do not depend on each other, and throws all that they find as one failure.
 * @throws EbmsFailure; whatever else a check throws
 */
export function checkTogether(...checks: readonly (() => void)[]): void {
  const failures: EbmsFailure[] = [];
  for (const check of checks)
    try {
      check();
    } catch (error) {
      if (!(error instanceof EbmsFailure)) throw error;
      failures.push(error);
    }
  const [first] = failures;
  refuseFor(
    failures.flatMap((failure) => failure.problems),
    first?.refToMessageId,
    first?.fault,
  );
}

const MOST_PROBLEMS = 20;

/** Throws everything that was found wrong as one failure; nothing when nothing was. */
export function refuseFor(
  problems: readonly EbmsProblem[],
  refToMessageId: string | undefined,
  fault?: SoapFault,
): void {
  const [first, ...further] = problems.slice(0, MOST_PROBLEMS);
  if (first !== undefined) throw new EbmsFailure(first.code, first.description, refToMessageId, { further, fault });
}
