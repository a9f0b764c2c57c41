import { isObject, type JsonObject, type JsonValue } from '../documents/json.ts';

/** What lists and access rules read of a document; empty where a draft (or a document that cannot be read) lacks it. */
export interface Summary {
  readonly scheme: string;
  readonly exportingCountry: string;
  readonly importingCountry: string;
  readonly consignmentReference: string;
  readonly exporter: PartySummary;
  readonly consignee: PartySummary;
  /** Lower-case text in which a list's `text` filter looks. */
  readonly searchText: string;
}

/** Name and identifier of a party. */
export interface PartySummary {
  readonly name: string;
  readonly identifier: { readonly scheme: string; readonly value: string } | null;
}

const longestSearchText = 4000;

/** Reads the summary out of a document in JSON form, whatever is missing or wrong in it. */
export function summarise(content: JsonObject): Summary {
  const exporter = party(content['exporter']);
  const consignee = party(content['consignee']);
  const consignmentReference = text(content['consignmentReference'], 35);
  const goods = list(content['goodsItems']).map((item) => text(member(item, 'description'), 200));
  const invoices = list(content['invoices']).map((invoice) => text(member(invoice, 'number'), 70));
  const searchText = [
    consignmentReference,
    text(content['number'], 70),
    exporter.name,
    consignee.name,
    ...invoices,
    ...goods,
  ]
    .filter((part) => part !== '')
    .join('\n')
    .toLowerCase()
    .slice(0, longestSearchText);
  return {
    scheme: text(content['scheme'], 35),
    exportingCountry: text(content['exportingCountry'], 2),
    importingCountry: text(content['importingCountry'], 2),
    consignmentReference,
    exporter,
    consignee,
    searchText: searchText.toWellFormed(),
  };
}

/** The member of a JSON object, or undefined where there is no such object or member. */
export function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value.slice(0, 50) : [];
}

/** NUL and lone surrogates cannot be stored as text; a value that is longer than its field is not that value. */
function text(value: JsonValue | undefined, longest: number): string {
  if (typeof value !== 'string' || value.includes('\u0000') || !value.isWellFormed()) return '';
  return value.length > longest ? value.slice(0, longest).toWellFormed() : value;
}

function party(value: JsonValue | undefined): PartySummary {
  const identifier = member(value, 'identifier');
  const scheme = text(member(identifier, 'scheme'), 35);
  const number = text(member(identifier, 'value'), 70);
  return {
    name: text(member(value, 'name'), 200),
    identifier: scheme === '' || number === '' ? null : { scheme, value: number },
  };
}
