import type { JsonObject } from './json.ts';

/**
 * The documents as TypeScript sees them. The shapes are those of `schemas/documents/*.schema.json`; a value has one of
 * these types only after `validate.ts` has judged it. Texts are Unicode NFC, amounts and quantities decimal strings,
 * dates `YYYY-MM-DD`, countries ISO 3166-1 alpha-2.
 */

/** The agreement and its kind of certificate. */
export type SchemeId = 'ATIGA-FORM-D' | 'RCEP';

/** What can be ticked in box 13 of a certificate (ATIGA annex 7, overleaf notes 11 to 17). */
export type Indication =
  | 'third-country-invoicing'
  | 'accumulation'
  | 'back-to-back'
  | 'partial-cumulation'
  | 'exhibition'
  | 'issued-retroactively'
  | 'de-minimis'
  | 'certified-true-copy';

/** A postal address: one to four lines, and the country. */
export type Address = {
  readonly lines: readonly string[];
  readonly city?: string;
  readonly postalCode?: string;
  readonly country: string;
};

/** A firm or person; `identifier.scheme` is such as `TH:TIN`. */
export type Party = {
  readonly name: string;
  readonly identifier?: { readonly scheme: string; readonly value: string };
  readonly address: Address;
};

/** A measured quantity: decimal string and unit of UNECE Recommendation 20. */
export type Quantity = { readonly value: string; readonly unit: string };

/** An amount of money: decimal string and ISO 4217 currency. */
export type CurrencyAmount = { readonly amount: string; readonly currency: string };

/** Box 3. `mode` is UNECE Recommendation 19, ports are UN/LOCODE. */
export type Transport = {
  readonly departureDate?: string;
  readonly mode: string;
  readonly meansName?: string;
  readonly voyageNumber?: string;
  readonly portOfLoading?: string;
  readonly portOfDischarge: string;
};

/** Boxes 5 to 9, one good. */
export type GoodsItem = {
  readonly itemNumber: number;
  readonly marks: string;
  readonly packages: { readonly count: string; readonly type: string };
  readonly description: string;
  readonly quantity: Quantity;
  readonly harmonizedSystemCode: string;
  readonly originCriterion: string;
  readonly originCountry: string;
  readonly grossWeight?: Quantity;
  readonly freeOnBoardValue?: CurrencyAmount;
  readonly invoiceNumber?: string;
};

/** What the application and the certificate both say. */
export type CertificateContent = {
  readonly scheme: SchemeId;
  readonly consignmentReference: string;
  readonly exporter: Party;
  readonly producer?: Party;
  readonly consignee: Party;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly transport: Transport;
  readonly goodsItems: readonly GoodsItem[];
  readonly invoices: readonly { readonly number: string; readonly date: string }[];
  readonly indications: readonly Indication[];
  readonly thirdCountryInvoicing?: { readonly company: string; readonly country: string };
  readonly backToBack?: { readonly number: string; readonly issueDate: string };
  readonly declaration: { readonly place: string; readonly date: string; readonly signatory: string };
  readonly remarks?: string;
};

/** What a trader sends to ask for a certificate. */
export type CertificateApplication = CertificateContent & { readonly documentKind?: 'certificate-application' };

/** A certificate of origin as issued. */
export type CertificateOfOrigin = CertificateContent & {
  readonly number: string;
  readonly issueDate: string;
  /** With its zone: `09:30:00Z` or `16:30:00+07:00`. */
  readonly issueTime: string;
  readonly issuer: {
    readonly authority: string;
    readonly country: string;
    readonly office: string;
    readonly officeName: string;
  };
  readonly endorsement: {
    readonly officer: string;
    readonly place: string;
    readonly date: string;
    readonly remarks?: string;
  };
};

/** One step of a verification as told to the partner. */
export type ResponseStep = {
  readonly step: string;
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  readonly reason: string;
  readonly code?: string;
};

/** How much of an item of a certificate is issued, allotted, given back, set aside, used or left. */
export type QuantityName = 'issued' | 'granted' | 'returned' | 'set-aside' | 'used' | 'left';

/** How an item of a certificate stands, or what one declaration used of it (or gave back after it was told). */
export type UtilisationLine = {
  readonly kind: 'balance' | 'use' | 'correction';
  readonly itemNumber: number;
  readonly date: string;
  readonly movementReference?: string;
  readonly quantities: readonly { readonly name: QuantityName; readonly quantity: Quantity }[];
};

/** How a certificate is used; of two messages of one sender the higher `sequence` says how things stand. */
export type Utilisation = { readonly sequence: string; readonly lines: readonly UtilisationLine[] };

/** An administration's answer to a document; `utilisation` with the outcomes `used`, `returned` and `granted` only. */
export type ApplicationResponse = {
  readonly id: string;
  readonly issueDate: string;
  readonly issueTime: string;
  readonly sender: { readonly country: string; readonly authority: string };
  readonly receiver: { readonly country: string; readonly authority: string };
  readonly consignmentReference: string;
  readonly responseTo: { readonly number: string; readonly documentDigest: string; readonly messageId?: string };
  readonly outcome: 'verified' | 'refused' | 'used' | 'returned' | 'granted';
  readonly steps: readonly ResponseStep[];
  readonly utilisation?: Utilisation;
};

/** A customs declaration, or a request about one, in the WCO's wrapper; `facts.ts` says what is in it. */
export type WcoDeclaration = JsonObject & { readonly declaration: JsonObject };

/** Responses of customs to a declarant, in the WCO's wrapper. */
export type WcoResponse = JsonObject & { readonly response: readonly JsonObject[] };

/** The kinds of document a node knows, each with its type. */
export type DocumentOfKind = {
  readonly declaration: WcoDeclaration;
  readonly 'declaration-response': WcoResponse;
  readonly 'certificate-of-origin': CertificateOfOrigin;
  readonly 'certificate-application': CertificateApplication;
  readonly 'application-response': ApplicationResponse;
};

/** Name of a kind of document. */
export type DocumentKind = keyof DocumentOfKind;
