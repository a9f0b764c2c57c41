/**
 * Every error of ebMS 3.0 that an AS4 access point answers with: OASIS ebMS 3.0 Core §6.7.1 and §6.7.2, AS4 Profile
 * §5.1.5 (0301 to 0303). Where a code has several meanings by category, the one of the processing of messages stands.
 */
export const EBMS_ERRORS = {
  'EBMS:0001': { name: 'ValueNotRecognized', severity: 'failure', category: 'Content' },
  'EBMS:0002': { name: 'FeatureNotSupported', severity: 'warning', category: 'Content' },
  'EBMS:0003': { name: 'ValueInconsistent', severity: 'failure', category: 'Content' },
  'EBMS:0004': { name: 'Other', severity: 'failure', category: 'Content' },
  'EBMS:0005': { name: 'ConnectionFailure', severity: 'failure', category: 'Communication' },
  'EBMS:0006': { name: 'EmptyMessagePartitionChannel', severity: 'warning', category: 'Communication' },
  'EBMS:0007': { name: 'MimeInconsistency', severity: 'failure', category: 'Unpackaging' },
  'EBMS:0008': { name: 'FeatureNotSupported', severity: 'failure', category: 'Unpackaging' },
  'EBMS:0009': { name: 'InvalidHeader', severity: 'failure', category: 'Unpackaging' },
  'EBMS:0010': { name: 'ProcessingModeMismatch', severity: 'failure', category: 'Processing' },
  'EBMS:0011': { name: 'ExternalPayloadError', severity: 'failure', category: 'Content' },
  'EBMS:0101': { name: 'FailedAuthentication', severity: 'failure', category: 'Processing' },
  'EBMS:0102': { name: 'FailedDecryption', severity: 'failure', category: 'Processing' },
  'EBMS:0103': { name: 'PolicyNoncompliance', severity: 'failure', category: 'Processing' },
  'EBMS:0201': { name: 'DysfunctionalReliability', severity: 'failure', category: 'Processing' },
  'EBMS:0202': { name: 'DeliveryFailure', severity: 'failure', category: 'Communication' },
  'EBMS:0301': { name: 'MissingReceipt', severity: 'failure', category: 'Communication' },
  'EBMS:0302': { name: 'InvalidReceipt', severity: 'failure', category: 'Communication' },
  'EBMS:0303': { name: 'DecompressionFailure', severity: 'failure', category: 'Communication' },
} as const;

/** A code of the table. */
export type EbmsCode = keyof typeof EBMS_ERRORS;

/** A message that is answered with an ebMS error; the description says what a person at the other node must change. */
export class EbmsFailure extends Error {
  readonly code: EbmsCode;
  /** The message that is in error, as far as its id could be read. */
  readonly refToMessageId: string | undefined;

  constructor(code: EbmsCode, description: string, refToMessageId?: string) {
    super(description);
    this.name = 'EbmsFailure';
    this.code = code;
    this.refToMessageId = refToMessageId;
  }

  /** The same failure, told of a message. */
  of(messageId: string | undefined): EbmsFailure {
    return this.refToMessageId !== undefined ? this : new EbmsFailure(this.code, this.message, messageId);
  }
}
