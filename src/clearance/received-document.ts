import { createHash } from 'node:crypto';
import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';

/** The forms in which declarations are lodged. */
export type DeclarationForm = 'xml' | 'json';
export const MEDIA_TYPES = { xml: 'application/xml', json: 'application/json' } as const;

/** Most bytes of a declaration that are taken. */
export const LARGEST_DECLARATION = 20_971_520;

/** A message of the declarations' wrapper as it was read, or every fault of the first stage that found any. */
export type DeclarationReading =
  | { readonly ok: true; readonly facts: DeclarationFacts; readonly json: JsonObject }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Reads and validates messages of declarants by the shared schema and the national profile of this country. */
export interface DeclarationTaker {
  /** `date` is the day (`YYYY-MM-DD`) by whose code lists and rules the document is judged. */
  take(bytes: Buffer, form: DeclarationForm, date: string): Promise<DeclarationReading>;
}

/** Bytes that a declarant sent, with what they say. */
export class ReceivedDocument {
  readonly bytes: Buffer;
  readonly form: DeclarationForm;
  /** The day by which it was judged. */
  readonly date: string;
  readonly reading: DeclarationReading;
  readonly digest: Buffer;

  constructor(bytes: Buffer, form: DeclarationForm, date: string, reading: DeclarationReading) {
    this.bytes = bytes;
    this.form = form;
    this.date = date;
    this.reading = reading;
    this.digest = createHash('sha256').update(bytes).digest();
  }

  get contentType(): 'application/xml' | 'application/json' {
    return MEDIA_TYPES[this.form];
  }
}

/** The form that a media type stands for. */
export function formOf(contentType: string | undefined): DeclarationForm {
  return contentType === MEDIA_TYPES.json ? 'json' : 'xml';
}

/**
 * What a document says, when nothing is wrong with it.
 * @throws the refusal `DECLARATION-FAULTY` with every fault.
 */
export function refuseFaulty(reading: DeclarationReading): Extract<DeclarationReading, { ok: true }> {
  if (reading.ok) return reading;
  throw faulty(reading.faults);
}

/** The refusal of a declaration, with every fault. */
export function faulty(faults: readonly Fault[]): Refusal {
  return new Refusal(
    'invalid',
    'DECLARATION-FAULTY',
    faults.length === 1
      ? 'The declaration has one fault and was not taken. Nothing was registered.'
      : `The declaration has ${faults.length} faults and was not taken. Nothing was registered.`,
    { faults },
  );
}
