import { isArray, isObject, type JsonObject, type JsonValue } from './json.ts';
import { schemaFile } from './schema-set.ts';
import type { SchemeId } from './types.ts';

/** What is printed as an origin criterion, one way of several. */
export interface OriginCriterion {
  readonly pattern: RegExp;
  readonly says: string;
  /** Whether regional value content is part of it. */
  readonly valueContent: boolean;
  readonly partialCumulation: boolean;
  readonly percentFrom: number | undefined;
  readonly percentBelow: number | undefined;
}

/** What a node knows of an agreement (`schemas/agreements/`). */
export interface Agreement {
  readonly scheme: SchemeId;
  readonly title: string;
  readonly certificate: string;
  /** Country to the date from which the agreement is in force for it. */
  readonly members: ReadonlyMap<string, string>;
  readonly originCriteria: readonly OriginCriterion[];
  readonly originCountry: 'exporting-country' | 'any-member';
  readonly indications: ReadonlySet<string>;
  readonly validityMonths: number;
  /** Countries that must be on one side for the FOB value to be required; undefined: always where value counts. */
  readonly freeOnBoardCountries: ReadonlySet<string> | undefined;
  readonly retroactiveMonths: number;
  /** How long an issuing authority has to answer a request to check, and the whole process to end; in days. */
  readonly retroactiveCheck: { readonly answerDays: number; readonly procedureDays: number };
  /** Whether a rule rests on text that was not yet checked against the law. */
  readonly isIllustrative: boolean;
}

function at(value: JsonObject, ...names: readonly string[]): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const name of names) found = isObject(found) ? found[name] : undefined;
  return found;
}

function texts(value: JsonValue | undefined): readonly string[] {
  return isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function count(value: JsonValue | undefined): number {
  if (typeof value !== 'number') throw new Error('An agreement does not say how many months or days.');
  return value;
}

function readAgreement(scheme: SchemeId, path: string): Agreement {
  const file = schemaFile(path);
  const members = file['members'];
  const criteria = file['originCriteria'];
  if (file['scheme'] !== scheme || !isArray(members) || !isArray(criteria)) {
    throw new Error(`schemas/${path} is not the agreement of ${scheme}.`);
  }
  const countries = at(file, 'freeOnBoardValue', 'countries');
  return {
    scheme,
    title: String(file['title']),
    certificate: String(file['certificate']),
    members: new Map(members.filter(isObject).map((each) => [String(each['country']), String(each['from'])])),
    originCriteria: criteria.filter(isObject).map((each) => ({
      pattern: new RegExp(`^(?:${String(each['pattern'])})$`),
      says: String(each['says']),
      valueContent: each['valueContent'] === true,
      partialCumulation: each['partialCumulation'] === true,
      percentFrom: typeof each['percentFrom'] === 'number' ? each['percentFrom'] : undefined,
      percentBelow: typeof each['percentBelow'] === 'number' ? each['percentBelow'] : undefined,
    })),
    originCountry: at(file, 'originCountry', 'rule') === 'any-member' ? 'any-member' : 'exporting-country',
    indications: new Set(texts(at(file, 'indications', 'codes'))),
    validityMonths: count(at(file, 'validity', 'months')),
    freeOnBoardCountries: countries === undefined ? undefined : new Set(texts(countries)),
    retroactiveMonths: count(at(file, 'retroactiveIssue', 'months')),
    retroactiveCheck: {
      answerDays: count(at(file, 'retroactiveCheck', 'answerDays')),
      procedureDays: count(at(file, 'retroactiveCheck', 'procedureDays')),
    },
    isIllustrative: JSON.stringify(file).includes('"status":"illustrative"'),
  };
}

/** The agreements, by the scheme of their certificates. */
export const AGREEMENTS: Readonly<Record<SchemeId, Agreement>> = {
  'ATIGA-FORM-D': readAgreement('ATIGA-FORM-D', 'agreements/atiga.json'),
  RCEP: readAgreement('RCEP', 'agreements/rcep.json'),
};

/** Whether a country is a party for which the agreement is in force on a day (`YYYY-MM-DD`). */
export function isMember(agreement: Agreement, country: string, date: string): boolean {
  const from = agreement.members.get(country);
  return from !== undefined && from <= date;
}

/** The way of printing that a criterion follows, undefined when it follows none. */
export function criterionOf(agreement: Agreement, printed: string): OriginCriterion | undefined {
  return agreement.originCriteria.find((criterion) => {
    if (!criterion.pattern.test(printed)) return false;
    const percent = Number(/([0-9.]+)%/.exec(printed)?.[1] ?? Number.NaN);
    if (criterion.percentFrom !== undefined && !(percent >= criterion.percentFrom)) return false;
    return criterion.percentBelow === undefined || percent < criterion.percentBelow;
  });
}

/**
 * A day so many months later, the last day of the month where that day does not exist.
 * @param date `YYYY-MM-DD`
 */
export function monthsLater(date: string, count: number): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + count, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day, last));
  return first.toISOString().slice(0, 10);
}

/**
 * How a certificate issued on a day stands to the shipment: in time, to be marked as issued retroactively (after the
 * declared shipment date), or too late (ATIGA annex 8, rule 10; RCEP article 3.17).
 * @param departureDate declared shipment date, `YYYY-MM-DD`
 * @param issueDate `YYYY-MM-DD`
 */
export function timeOfIssue(
  agreement: Agreement,
  departureDate: string,
  issueDate: string,
): 'in-time' | 'retroactive' | 'too-late' {
  if (issueDate <= departureDate) return 'in-time';
  return issueDate <= monthsLater(departureDate, agreement.retroactiveMonths) ? 'retroactive' : 'too-late';
}

/** The last day on which a certificate is valid: so many months from its issue (ATIGA annex 8, rule 14). */
export function lastDayOfValidity(agreement: Agreement, issueDate: string): string {
  return monthsLater(issueDate, agreement.validityMonths);
}
