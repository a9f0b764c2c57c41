/** Why a seal does not hold: one code for each case, stable for programs and for the manual. */
export type SealFaultCode =
  | 'SEAL-MISSING'
  | 'SEAL-MISPLACED'
  | 'SEAL-MORE-THAN-ONE'
  | 'SEAL-STRUCTURE'
  | 'SEAL-ID-AMBIGUOUS'
  | 'SEAL-ALGORITHM-NOT-ALLOWED'
  | 'SEAL-TRANSFORM-NOT-ALLOWED'
  | 'SEAL-REFERENCES'
  | 'SEAL-DOCUMENT-NOT-COVERED'
  | 'SEAL-PROPERTIES-NOT-COVERED'
  | 'SEAL-KEY-INFORMATION'
  | 'SEAL-KEY-NOT-ALLOWED'
  | 'SEAL-CERTIFICATE-UNREADABLE'
  | 'SEAL-CERTIFICATE-DIFFERS'
  | 'SEAL-PROPERTIES-ALTERED'
  | 'SEAL-SIGNATURE-WRONG'
  | 'SEAL-SIGNING-TIME'
  | 'SEAL-SIGNING-TIME-OUTSIDE-VALIDITY'
  | 'DOCUMENT-ALTERED';

/** A seal that is refused; caught where the seal is verified and told as a step. */
export class SealFault extends Error {
  readonly code: SealFaultCode;
  readonly line: number | undefined;

  constructor(code: SealFaultCode, message: string, line?: number) {
    super(message);
    this.name = 'SealFault';
    this.code = code;
    this.line = line;
  }
}
