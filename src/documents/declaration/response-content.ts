/**
 * What a response to a declarant says (WCO RES-DMS:2), before it is written. The function codes are those of the
 * vocabulary's users (see schemas/codelists/response-functions.json).
 */
export type ResponseStep =
  /** 01: accepted. */
  | 'accepted'
  /** 02: received and registered ahead of arrival. */
  | 'registered'
  /** 03: rejected, with the faults. */
  | 'rejected'
  /** 05: under control; `documents` or `goods`. */
  | 'control'
  /** 06: documents or information asked for. */
  | 'documents-requested'
  /** 07: result of a control or of a request to amend. */
  | 'result'
  /** 08: goods released. */
  | 'released'
  /** 09: cleared. */
  | 'cleared'
  /** 10: invalidated (withdrawn). */
  | 'invalidated'
  /** 11: answer to a request. */
  | 'request-answered'
  /** 13: duty, and how to pay or secure it. */
  | 'duty'
  /** 16: left the territory. */
  | 'exit';

export type ResponseContent = {
  readonly step: ResponseStep;
  /** The node's own reference of this response, unique; a UUID, or 35 characters at most. */
  readonly responseReference: string;
  /** This and other moments: ISO 8601 with zone. */
  readonly issuedAt: string;
  /** Empty when there is none: a declaration that was never accepted. */
  readonly movementReference: string;
  readonly localReference: string;
  readonly documentVersion: number;
  /** For `control`: what is looked at. */
  readonly control?: 'documents' | 'goods';
  readonly acceptedAt?: string;
  readonly rejectedAt?: string;
  /** For `invalidated`. */
  readonly cancelledAt?: string;
  /** Sentences for the declarant with a stable code each (AdditionalInformation). */
  readonly statements?: readonly { readonly code: string; readonly text: string }[];
  /** Faults with the place they are about (Error and its Pointers). */
  readonly faults?: readonly { readonly code: string; readonly pointer: string; readonly message: string }[];
  /** Duty per item, for `duty`. */
  readonly duties?: readonly {
    readonly itemSequence: number;
    readonly typeCode: string;
    readonly preferenceCode: string | null;
    readonly baseAmount: { readonly amount: string; readonly currency: string } | null;
    readonly ratePercent: string | null;
    readonly payable: { readonly amount: string; readonly currency: string };
  }[];
  /** By when an answer is expected, for `documents-requested`. */
  readonly answerBy?: string;
};
