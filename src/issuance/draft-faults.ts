import type { Fault } from '../documents/fault.ts';
import { isObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { validateDocument } from '../documents/validate.ts';
import { member, summarise } from './summary.ts';

/** A firm as it is registered on this node. */
export interface RegisteredFirm {
  readonly name: string;
  readonly identifier: { readonly scheme: string; readonly value: string };
}

/**
 * Faults that no later correction by the applicant explains: members that the document does not have, values of another
 * JSON type, hostile text. Such input is not kept even as a draft. Everything else (missing, not yet right, does not fit
 * together) is a fault that a draft may have. Threats H2, H3.
 */
function isNonsense(fault: Fault): boolean {
  return (
    fault.code === 'SCHEMA-UNKNOWN-PROPERTY' ||
    fault.code === 'SCHEMA-TYPE' ||
    fault.code === 'FAULTS-TOO-MANY' ||
    fault.code.startsWith('TEXT-') ||
    fault.code.startsWith('JSON-')
  );
}

/**
 * Every fault of an application at the node of a country: those of the document itself (schema, code lists, cross-field
 * rules), goods that leave from another country, and an exporter that is not the firm it is made for.
 */
export function applicationFaults(
  country: string,
  content: JsonValue,
  firm: RegisteredFirm | undefined,
): readonly Fault[] {
  return [
    ...validateDocument('certificate-application', content),
    ...countryFaults(country, content),
    ...(firm === undefined ? [] : exporterFaults(content, firm)),
  ];
}

/**
 * @throws the refusal `APPLICATION-UNREADABLE` with the faults that even a draft may not have.
 */
export function refuseNonsense(faults: readonly Fault[]): void {
  const nonsense = faults.filter(isNonsense);
  if (nonsense.length === 0) return;
  throw new Refusal(
    'invalid',
    'APPLICATION-UNREADABLE',
    'Parts of this are nothing an application can hold, so it was not saved. Correct what is listed and send it again.',
    { faults },
  );
}

/**
 * @throws the refusal `APPLICATION-FAULTY` with all faults.
 */
export function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw faultyApplication(faults);
}

/** The refusal `APPLICATION-FAULTY`. */
export function faultyApplication(faults: readonly Fault[]): Refusal {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new Refusal('invalid', 'APPLICATION-FAULTY', `The application has ${count}; it stays as it was.`, { faults });
}

function countryFaults(country: string, content: JsonValue): Fault[] {
  const found = member(content, 'exportingCountry');
  if (typeof found !== 'string' || found === country) return [];
  return [
    {
      code: 'EXPORTING-COUNTRY-NOT-HERE',
      pointer: '/exportingCountry',
      message: 'This node issues certificates for goods that are exported from its own country.',
      found: found.slice(0, 200),
      expected: country,
    },
  ];
}

function exporterFaults(content: JsonValue, firm: RegisteredFirm): Fault[] {
  if (!isObject(content) || !isObject(member(content, 'exporter'))) return [];
  const { exporter } = summarise(content);
  const faults: Fault[] = [];
  const expected = `${firm.identifier.scheme} ${firm.identifier.value}`;
  const found = exporter.identifier;
  if (found === null || found.scheme !== firm.identifier.scheme || found.value !== firm.identifier.value) {
    faults.push({
      code: 'EXPORTER-IDENTIFIER',
      pointer: '/exporter/identifier',
      message: 'The exporter has to be the firm for which the application is made.',
      found: found === null ? 'none' : `${found.scheme} ${found.value}`,
      expected,
    });
  }
  if (exporter.name !== '' && comparable(exporter.name) !== comparable(firm.name)) {
    faults.push({
      code: 'EXPORTER-NAME',
      pointer: '/exporter/name',
      message: 'The name of the exporter is not the one under which the firm is registered.',
      found: exporter.name,
      expected: firm.name,
    });
  }
  return faults;
}

/** Letters in either case and runs of white space are the same name (ATIGA OCP rule 16: minor discrepancies). */
function comparable(name: string): string {
  return name.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
