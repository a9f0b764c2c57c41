import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import { segmentsOf } from '../pointer.ts';
import { schemaFile, schemaSet } from '../schema-set.ts';
import type { DeclarationMessage, DocumentFacts } from './facts.ts';

/** Where a rule stands, and whether it was compared with that text. */
export type Provenance = { readonly source: string; readonly status: 'verified' | 'illustrative' };

export type ProcedureName = 'import' | 'export' | 'other';

/** Something that must be given: for the whole at one of several places, or for every goods item at one of others. */
export type RequiredElement = Provenance & {
  readonly name: string;
  /** What it is, in the declarant's words. */
  readonly says: string;
  readonly messages: ReadonlySet<DeclarationMessage>;
  /** Undefined: all. */
  readonly procedures: ReadonlySet<ProcedureName> | undefined;
  /** Third letters of TypeCode (simplified declarations) for which it need not be given. */
  readonly exceptAdditionalTypes: ReadonlySet<string>;
  /** Steps of each place from the whole document; `*` stands for some entry of a list. */
  readonly anyOf: readonly (readonly string[])[];
  /** Steps of each place from a goods item. */
  readonly anyOfItem: readonly (readonly string[])[];
};

/** What a preference code claims. */
export type NationalPreference = Provenance & {
  readonly code: string;
  /** `ATIGA-FORM-D`, `RCEP`: a scheme of `schemas/agreements`, or another agreement's name. */
  readonly agreement: string;
  readonly title: string;
  /** In force in this country from this day, `YYYY-MM-DD`. */
  readonly from: string;
  /** Countries whose goods may have it. */
  readonly parties: ReadonlySet<string>;
  /** Columns of the tariff, each for some origins or (undefined) for those of all parties. */
  readonly schedules: readonly { readonly schedule: string; readonly origins: ReadonlySet<string> | undefined }[];
};

/** Goods that need the consent of another agency. */
export type NationalPermit = Provenance & {
  readonly name: string;
  readonly title: string;
  readonly agency: string;
  readonly procedures: ReadonlySet<ProcedureName>;
  readonly commodityPrefixes: readonly string[];
  /** Documents by which a declaration refers to it. */
  readonly documents: readonly DocumentType[];
};

export type DocumentType = { readonly category: string; readonly type: string };

/** What a customs administration asks for and what its codes mean (`schemas/profiles/`). */
export type NationalProfile = {
  /** ISO 3166-1 alpha-2, or `default`. */
  readonly country: string;
  readonly title: string;
  readonly currency: string | null;
  readonly required: readonly RequiredElement[];
  /** First characters of preference codes that claim no preference by origin. */
  readonly withoutPreference: readonly string[];
  /** Empty: the codes of this country are not known, claims are not judged. */
  readonly preferences: readonly NationalPreference[];
  readonly certificateDocuments: readonly DocumentType[];
  readonly invoiceDocuments: readonly DocumentType[];
  /** LPCOExemptionCode of a document that will be given later. */
  readonly awaitedDocument: string;
  readonly permits: readonly NationalPermit[];
  /** Service standard: hours to release. */
  readonly standardHours: { readonly green: number; readonly yellow: number; readonly red: number } & Provenance;
};

const DEFAULT = 'default';

function provenanceOf(json: JsonObject): Provenance {
  return { source: String(json['source']), status: json['status'] === 'verified' ? 'verified' : 'illustrative' };
}

function objectsOf(value: JsonValue | undefined): readonly JsonObject[] {
  return isArray(value) ? value.filter((each) => isObject(each)) : [];
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function isMessage(text: string): text is DeclarationMessage {
  return ['declaration', 'supplementary', 'amendment', 'cancellation', 'goods-presentation'].includes(text);
}

function isProcedure(text: string): text is ProcedureName {
  return ['import', 'export', 'other'].includes(text);
}

function requiredOf(json: JsonObject): RequiredElement {
  return {
    ...provenanceOf(json),
    name: String(json['name']),
    says: String(json['says']),
    messages: new Set(textsOf(json['messages']).filter(isMessage)),
    procedures: isArray(json['procedures']) ? new Set(textsOf(json['procedures']).filter(isProcedure)) : undefined,
    exceptAdditionalTypes: new Set(textsOf(json['exceptAdditionalTypes'])),
    anyOf: textsOf(json['anyOf']).map(segmentsOf),
    anyOfItem: textsOf(json['anyOfItem']).map(segmentsOf),
  };
}

function preferenceOf(json: JsonObject): NationalPreference {
  return {
    ...provenanceOf(json),
    code: String(json['code']),
    agreement: String(json['agreement']),
    title: String(json['title']),
    from: String(json['from']),
    parties: new Set(textsOf(json['parties'])),
    schedules: objectsOf(json['schedules']).map((each) => ({
      schedule: String(each['schedule']),
      origins: isArray(each['origins']) ? new Set(textsOf(each['origins'])) : undefined,
    })),
  };
}

function documentTypesOf(value: JsonValue | undefined): readonly DocumentType[] {
  return objectsOf(value).map((each) => ({ category: String(each['category']), type: String(each['type']) }));
}

function permitOf(json: JsonObject): NationalPermit {
  return {
    ...provenanceOf(json),
    name: String(json['name']),
    title: String(json['title']),
    agency: String(json['agency']),
    procedures: new Set(textsOf(json['procedures']).filter(isProcedure)),
    commodityPrefixes: textsOf(json['commodityPrefixes']),
    documents: documentTypesOf(json['documents']),
  };
}

/** A profile, with what its file does not say taken from the default one. */
function readProfile(path: string): NationalProfile {
  const file = { ...schemaFile(`profiles/${DEFAULT}.json`), ...schemaFile(path) };
  const section = (name: string): JsonObject => {
    const value = file[name];
    if (!isObject(value)) throw new Error(`schemas/${path} and the default profile say nothing about ${name}.`);
    return value;
  };
  const hours = section('standardHours');
  return {
    country: String(file['country']),
    title: String(file['title']),
    currency: isObject(file['currency']) ? String(file['currency']['code']) : null,
    required: objectsOf(file['required']).map(requiredOf),
    withoutPreference: textsOf(section('withoutPreference')['prefixes']),
    preferences: objectsOf(file['preferences']).map(preferenceOf),
    certificateDocuments: documentTypesOf(section('certificateDocuments')['documents']),
    invoiceDocuments: documentTypesOf(section('invoiceDocuments')['documents']),
    awaitedDocument: String(section('awaitedDocument')['exemption']),
    permits: objectsOf(file['permits']).map(permitOf),
    standardHours: {
      green: Number(hours['green']),
      yellow: Number(hours['yellow']),
      red: Number(hours['red']),
      ...provenanceOf(hours),
    },
  };
}

const profiles = new Map<string, NationalProfile>();
for (const { path } of schemaSet().files) {
  if (!path.startsWith('profiles/')) continue;
  const profile = readProfile(path);
  profiles.set(profile.country, profile);
}
const fallback = readProfile(`profiles/${DEFAULT}.json`);

/** The profile of a country (ISO 3166-1 alpha-2); the default one for countries without. */
export function profileOf(country: string): NationalProfile {
  return profiles.get(country) ?? fallback;
}

/** Whether a preference code claims a preference by origin, rather than the rate for all. */
export function claimsPreference(profile: NationalProfile, code: string | null): code is string {
  return code !== null && !profile.withoutPreference.some((prefix) => code.startsWith(prefix));
}

/** What a preference code claims in this country; undefined for codes that claim nothing or are not known. */
export function preferenceOfCode(profile: NationalProfile, code: string | null): NationalPreference | undefined {
  return profile.preferences.find((preference) => preference.code === code);
}

/**
 * The column of the tariff for goods of an origin under a preference; undefined where the profile does not know it,
 * which is never to be guessed.
 */
export function scheduleOf(preference: NationalPreference, originCountry: string | null): string | undefined {
  return preference.schedules.find(
    ({ origins }) => origins === undefined || (originCountry !== null && origins.has(originCountry)),
  )?.schedule;
}

function isOneOf(types: readonly DocumentType[], document: DocumentFacts): boolean {
  return types.some(({ category, type }) => category === document.category && type === document.type);
}

/** Whether a document that a declaration refers to is a certificate of origin. */
export function isCertificateOfOrigin(profile: NationalProfile, document: DocumentFacts): boolean {
  return isOneOf(profile.certificateDocuments, document);
}

/** Whether a reference says that the document is not there yet and will be given later. */
export function isAwaited(profile: NationalProfile, document: DocumentFacts): boolean {
  return document.exemption === profile.awaitedDocument;
}

/**
 * A reference to a certificate of origin, `NUMBER` or `NUMBER/ITEM`, in its parts; item null where none is named.
 */
export function certificateReferenceOf(id: string): { readonly number: string; readonly item: number | null } {
  const slash = id.lastIndexOf('/');
  const item = slash < 0 ? '' : id.slice(slash + 1);
  return /^[0-9]{1,4}$/.test(item) ? { number: id.slice(0, slash), item: Number(item) } : { number: id, item: null };
}

/** The permits of other agencies that goods need. */
export function permitsFor(
  profile: NationalProfile,
  procedure: ProcedureName,
  commodityCode: string,
): readonly NationalPermit[] {
  return profile.permits.filter(
    (permit) =>
      permit.procedures.has(procedure) && permit.commodityPrefixes.some((prefix) => commodityCode.startsWith(prefix)),
  );
}
