import { reportCertificateCodes, reportResponseCodes } from './code-rules.ts';
import { reportContent } from './content-rules.ts';
import { wcoSchemaFaults } from './declaration/validate-wco.ts';
import { isWcoKind } from './declaration/wco-kinds.ts';
import type { Fault } from './fault.ts';
import { reportIssue, reportOutcome } from './issue-rules.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from './json.ts';
import { KINDS } from './kinds.ts';
import type { Partially } from './partial.ts';
import { escapeSegment, segmentsOf, wordsOfPointer } from './pointer.ts';
import { without } from './prune.ts';
import { gather, type Report } from './report.ts';
import { schemaFaults } from './schema-faults.ts';
import { schemaErrors } from './schema-validators.ts';
import { reportTexts } from './texts.ts';
import type { ApplicationResponse, CertificateOfOrigin, DocumentKind } from './types.ts';

const MOST_FAULTS = 200;
/** When a document's own day is missing or wrong, codes and membership are judged by this one. */
const SOME_DAY = '2026-01-01';

/** No list or object of any document has more entries; beyond it, looking for each single fault takes too long. */
const MOST_ENTRIES = 1000;

function reportOvergrown(json: JsonValue, pointer: string, report: Report): void {
  if (!isArray(json) && !isObject(json)) return;
  const entries: readonly (readonly [string | number, JsonValue])[] = isArray(json)
    ? [...json.entries()]
    : Object.entries(json);
  if (entries.length > MOST_ENTRIES) {
    const message = `${wordsOfPointer(pointer)} has ${entries.length} entries, more than any document can have.`;
    report(
      'SCHEMA-COUNT',
      pointer,
      message.replace(/^./, (first) => first.toUpperCase()),
      String(entries.length),
    );
    return;
  }
  for (const [name, value] of entries) reportOvergrown(value, `${pointer}/${escapeSegment(String(name))}`, report);
}

/** True because `without` has taken out what the schema found wrong. */
function hasShape<T>(json: JsonValue | undefined): json is JsonObject & Partially<T> {
  return isObject(json);
}

function dayOf(...dates: readonly (string | undefined)[]): string {
  return dates.find((date) => date !== undefined) ?? SOME_DAY;
}

function reportRules(kind: DocumentKind, json: JsonValue | undefined, report: Report): void {
  if (kind === 'application-response') {
    if (!hasShape<ApplicationResponse>(json)) return;
    reportResponseCodes(json, dayOf(json.issueDate), report);
    reportOutcome(json, report);
    return;
  }
  if (!hasShape<CertificateOfOrigin>(json)) return;
  const day = dayOf(kind === 'certificate-of-origin' ? json.issueDate : undefined, json.declaration?.date);
  reportCertificateCodes(json, day, report);
  reportContent(json, day, report);
  if (kind === 'certificate-of-origin') reportIssue(json, report);
}

/**
 * Every fault of a document: its schema, its texts, its code lists, what must fit together; what depends on a part
 * that is itself wrong is not judged, and after 200 faults of the schema nothing further. Each place has one fault at most of each code; after 200 faults the rest is
 * counted, not listed. Documents of the WCO are judged by their schema alone; what a country judges beyond it is for
 * `declaration/judge-declaration.ts`.
 * @param json as received; nothing is changed or filled in
 */
export function validateDocument(kind: DocumentKind, json: JsonValue): Fault[] {
  if (isWcoKind(kind)) return capped(wcoSchemaFaults(kind, json, 'json'));
  const overgrown: Fault[] = [];
  reportOvergrown(json, '', gather(overgrown));
  if (overgrown.length > 0) return capped(overgrown);
  const faults: Fault[] = [...schemaFaults(schemaErrors(kind, json), json)];
  if (faults.length > MOST_FAULTS) return capped(faults);
  const wrong = faults.filter(({ code }) => code !== 'SCHEMA-REQUIRED').map(({ pointer }) => segmentsOf(pointer));
  const report = gather(faults);
  reportTexts(json, KINDS[kind].texts === 'strict', report);
  reportRules(kind, without(json, wrong), report);
  return capped(faults);
}

/** At most 200 faults, the last of which says how many more there are. */
export function capped(faults: readonly Fault[]): Fault[] {
  if (faults.length <= MOST_FAULTS) return [...faults];
  const listed = faults.slice(0, MOST_FAULTS - 1);
  const message = `There are ${faults.length - listed.length} more faults, which are not listed.`;
  return [...listed, { code: 'FAULTS-TOO-MANY', pointer: '', message }];
}
