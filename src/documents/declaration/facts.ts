/**
 * What rules, lists and figures need of a customs declaration, read once from its document. Texts as in the document;
 * amounts, masses and quantities are decimal strings; countries ISO 3166-1 alpha-2; what the document does not say is
 * null. A `pointer` is a JSON Pointer into the document's JSON form, so that a fault or a difference can name its place.
 */

/** What a message of the WCO wrapper asks for. */
export type DeclarationMessage =
  /** A declaration (function 9), also lodged ahead of arrival. */
  | 'declaration'
  /** Changes a declaration that was lodged (function 13, type COR), naming its MRN. */
  | 'amendment'
  /** Asks for invalidation (function 13, type INV), naming its MRN: withdrawal. */
  | 'cancellation'
  /** Says that goods declared ahead are there (function 13, type GPR), naming the MRN. */
  | 'goods-presentation'
  /** Supplementary data for a declaration with fewer data (additional type X, Y, Z and their kin). */
  | 'supplementary';

export type DecimalAmount = { readonly amount: string; readonly currency: string };
export type DecimalMeasure = { readonly value: string; readonly unit: string | null };
export type PartyFacts = {
  readonly id: string | null;
  readonly name: string | null;
  readonly country: string | null;
};

/** A document that the declaration refers to: certificate, permit, invoice, authorisation. */
export type DocumentFacts = {
  readonly pointer: string;
  readonly category: string | null;
  readonly type: string | null;
  readonly id: string | null;
  readonly exemption: string | null;
  /** Quantity to be written off on it. */
  readonly quantity: DecimalMeasure | null;
};

/** Freight, insurance, commissions, discounts: what is added to the price paid, or taken off it, for the customs value. */
export type ValuationCharge = {
  readonly pointer: string;
  /** ChargesTypeCode (UN/EDIFACT 5025 or national), `freight` for FreightChargeAmount; null when none is given. */
  readonly type: string | null;
  readonly amount: DecimalAmount;
};

/** A document that went before: temporary storage, transit, another declaration. */
export type PreviousDocumentFacts = {
  readonly pointer: string;
  readonly category: string | null;
  readonly type: string | null;
  readonly id: string | null;
  readonly item: string | null;
};

export type ItemFacts = {
  readonly pointer: string;
  /** SequenceNumeric, counted from 1; 0 when it is missing or no whole number. */
  readonly sequence: number;
  readonly description: string;
  /**
   * Digits of the commodity code as far as given: 6 of the Harmonized System, then those of the tariff, national
   * additions (TRC) behind them; eight digits of Viet Nam and nine of Japan stand as given. Empty when there is none.
   */
  readonly commodityCode: string;
  /** Country of origin (Origin of type 1 or without type); that of preferential origin where only this one is given. */
  readonly originCountry: string | null;
  /** Country of preferential origin, where it is told apart. */
  readonly preferentialOriginCountry: string | null;
  readonly customsProcedure: string | null;
  /** DutyRegimeCode of the claim, such as 100 (none) or the national profile's codes of agreements. */
  readonly preferenceCode: string | null;
  readonly preferencePointer: string | null;
  /** Method of customs valuation, 1 (transaction value) to 6. */
  readonly valuationMethod: string | null;
  readonly charges: readonly ValuationCharge[];
  /** Customs value declared for the item, where one is declared. */
  readonly customsValue: DecimalAmount | null;
  readonly statisticalValue: DecimalAmount | null;
  readonly invoiceAmount: DecimalAmount | null;
  readonly netMass: DecimalMeasure | null;
  readonly grossMass: DecimalMeasure | null;
  /** Quantity in the tariff's unit. */
  readonly tariffQuantity: DecimalMeasure | null;
  /** Packages of all kinds together. */
  readonly packageCount: string | null;
  readonly previousDocuments: readonly PreviousDocumentFacts[];
  readonly documents: readonly DocumentFacts[];
};

export type DeclarationFacts = {
  readonly message: DeclarationMessage;
  readonly functionCode: string;
  /** Why a declaration is to be amended or cancelled, in the declarant's words (statement of type AES). */
  readonly reason: string | null;
  /** ChangeReasonCode of each amendment asked for. */
  readonly changeReasonCodes: readonly string[];
  readonly typeCode: string;
  readonly procedure: 'import' | 'export' | 'other';
  /** Lodged before the goods are there (additional type D, E, F and their kin). */
  readonly lodgedAhead: boolean;
  readonly localReference: string | null;
  readonly movementReference: string | null;
  /** Unique consignment reference. */
  readonly consignmentReference: string | null;
  /** Office where the goods are declared or presented, as the document names it. */
  readonly office: string | null;
  readonly declarant: PartyFacts | null;
  readonly agent: PartyFacts | null;
  readonly importer: PartyFacts | null;
  /** To whom the goods go; in an export declaration the importer of the other country. */
  readonly consignee: PartyFacts | null;
  readonly exporter: PartyFacts | null;
  readonly seller: PartyFacts | null;
  readonly buyer: PartyFacts | null;
  readonly exportCountry: string | null;
  readonly destinationCountry: string | null;
  /** UNECE Recommendation 19. */
  readonly borderTransportMode: string | null;
  readonly arrivalTransport: string | null;
  readonly goodsLocation: string | null;
  readonly containers: readonly string[];
  /** Incoterms 2020 code, and the place as given. */
  readonly tradeTerms: { readonly condition: string; readonly place: string | null } | null;
  readonly invoiceAmount: DecimalAmount | null;
  /** Of the whole shipment. */
  readonly charges: readonly ValuationCharge[];
  readonly totalGrossMass: DecimalMeasure | null;
  readonly totalPackages: string | null;
  readonly declaredItemCount: number | null;
  readonly previousDocuments: readonly PreviousDocumentFacts[];
  /** Documents of the whole declaration and of the shipment. */
  readonly documents: readonly DocumentFacts[];
  readonly items: readonly ItemFacts[];
};
