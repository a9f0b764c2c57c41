import { isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** A certificate that came to this node, as far as a claim is judged by it. */
export interface KnownCertificate {
  readonly number: string;
  readonly state: string;
  readonly scheme: string;
  readonly issueDate: string;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly receivedFrom: string | null;
  readonly consignmentReference: string;
  readonly exporter: CertificateParty;
  readonly consignee: CertificateParty;
  /** The seller is in another country, so the exporter of the declaration may be another than that of the certificate. */
  readonly thirdCountryInvoicing: boolean;
  readonly items: readonly CertificateItem[];
  /** Whether this country was allotted anything of it. */
  readonly allotted: boolean;
}

export interface CertificateParty {
  readonly name: string;
  readonly identifier: { readonly scheme: string; readonly value: string } | null;
}

export interface CertificateItem {
  readonly item: number;
  readonly description: string;
  readonly harmonizedSystemCode: string;
  readonly originCountry: string;
  readonly quantity: { readonly value: string; readonly unit: string };
}

/** Reads the parties of a certificate in JSON form. */
export function partyOf(value: JsonValue | undefined): CertificateParty {
  const identifier = member(value, 'identifier');
  const [scheme, number] = [text(member(identifier, 'scheme')), text(member(identifier, 'value'))];
  return {
    name: text(member(value, 'name')),
    identifier: scheme === '' || number === '' ? null : { scheme, value: number },
  };
}

/** The goods items of a certificate in JSON form. */
export function itemsOf(content: JsonObject): readonly CertificateItem[] {
  const items = content['goodsItems'];
  if (!Array.isArray(items)) return [];
  return items.flatMap((each: JsonValue) => {
    const item = member(each, 'itemNumber');
    const quantity = member(each, 'quantity');
    if (typeof item !== 'number') return [];
    return [
      {
        item,
        description: text(member(each, 'description')),
        harmonizedSystemCode: text(member(each, 'harmonizedSystemCode')),
        originCountry: text(member(each, 'originCountry')),
        quantity: { value: text(member(quantity, 'value')), unit: text(member(quantity, 'unit')) },
      },
    ];
  });
}

/** Whether box 13 of a certificate in JSON form has this indication. */
export function hasIndication(content: JsonObject, indication: string): boolean {
  const indications = content['indications'];
  return Array.isArray(indications) && indications.includes(indication);
}

export function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
