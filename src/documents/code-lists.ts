import { isArray, isObject } from './json.ts';
import { schemaFile, schemaSet } from './schema-set.ts';

/** The code lists that the nodes share (`schemas/codelists/`). */
export type CodeListName =
  | 'countries'
  | 'currencies'
  | 'locations'
  | 'units'
  | 'packages'
  | 'transport-modes'
  | 'incoterms'
  | 'harmonized-system'
  | 'response-functions';

/** One edition of a list; `validFrom` is a date `YYYY-MM-DD`. */
interface Edition {
  readonly validFrom: string;
  readonly edition: string;
  readonly isComplete: boolean;
  readonly codes: ReadonlySet<string>;
  readonly names: ReadonlyMap<string, string>;
}

function readEdition(path: string): Edition & { readonly list: string } {
  const file = schemaFile(path);
  const { list, edition, validFrom, codes, subheadings } = file;
  if (typeof list !== 'string' || typeof edition !== 'string' || typeof validFrom !== 'string') {
    throw new Error(`schemas/${path} does not say which list it is, of which edition, valid from when.`);
  }
  const names = new Map<string, string>();
  const all = new Set<string>();
  if (isArray(codes)) for (const code of codes) all.add(String(code));
  else if (isObject(codes)) {
    for (const [code, name] of Object.entries(codes)) {
      all.add(code);
      names.set(code, String(name));
    }
  } else if (isObject(subheadings)) {
    for (const [heading, endings] of Object.entries(subheadings)) {
      for (const ending of String(endings).split(' ')) all.add(heading + ending);
    }
  }
  return { list, edition, validFrom, isComplete: file['complete'] === true, codes: all, names };
}

const lists = new Map<string, Edition[]>();
for (const { path } of schemaSet().files) {
  if (!path.startsWith('codelists/')) continue;
  const { list, ...edition } = readEdition(path);
  lists.set(
    list,
    [...(lists.get(list) ?? []), edition].sort((a, b) => (a.validFrom < b.validFrom ? 1 : -1)),
  );
}

/**
 * The edition of a list that is in force on a day; the earliest one for days before it.
 * @param date `YYYY-MM-DD`
 */
function inForce(list: CodeListName, date: string): Edition {
  const editions = lists.get(list) ?? [];
  const edition = editions.find(({ validFrom }) => validFrom <= date) ?? editions.at(-1);
  if (edition === undefined) throw new Error(`The code list ${list} is missing: the installation is broken.`);
  return edition;
}

/** Whether a code is in the list that is in force on a day (`YYYY-MM-DD`). */
export function isInList(list: CodeListName, code: string, date: string): boolean {
  return inForce(list, date).codes.has(code);
}

/** The edition by which a document of that day is judged, such as `2022`. */
export function editionOf(list: CodeListName, date: string): string {
  return inForce(list, date).edition;
}

/** One list on one day, looked up once for many codes. */
export interface ListInForce {
  readonly edition: string;
  /** Whether every code that can be right is in it. */
  readonly isComplete: boolean;
  readonly codes: ReadonlySet<string>;
}

/** The list in force on a day (`YYYY-MM-DD`), for whoever looks up many codes. */
export function listInForce(list: CodeListName, date: string): ListInForce {
  return inForce(list, date);
}

/** The name of a code in the list in force on a day, when the list has names. */
export function nameOfCode(list: CodeListName, code: string, date: string): string | undefined {
  return inForce(list, date).names.get(code);
}

const countryNames = new Intl.DisplayNames('en', { type: 'region' });

/** The English name of a country by its ISO 3166-1 code, the code itself when it has none. */
export function countryName(code: string): string {
  return /^[A-Z]{2}$/.test(code) ? (countryNames.of(code) ?? code) : code;
}
