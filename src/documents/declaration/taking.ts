import type { Fault } from '../fault.ts';
import type { JsonObject } from '../json.ts';
import type { JsonLimits } from '../json-guards.ts';
import type { XmlLimits } from '../xml-guards.ts';
import type { DeclarationFacts } from './facts.ts';
import type { JudgingContext } from './judge-declaration.ts';

/** Forms in which a declaration is lodged, by content type. */
export type DeclarationContentType = 'application/xml' | 'application/json';

/** By whose rules, on which day, within which limits a declaration is taken. */
export interface TakingContext extends JudgingContext {
  /** What differs from the limits of the node, for XML and for JSON. */
  readonly receivingLimits?: { readonly xml?: Partial<XmlLimits>; readonly json?: Partial<JsonLimits> };
}

/** A declaration (or a request about one) that was taken, or every fault of the stage at which it was refused. */
export type DeclarationTaking =
  | {
      readonly ok: true;
      readonly form: 'xml' | 'json';
      /** What people call it: `import declaration`, `cancellation`. */
      readonly label: string;
      /** Its JSON form; the bytes that came are what is kept. */
      readonly json: JsonObject;
      readonly facts: DeclarationFacts;
    }
  | {
      readonly ok: false;
      readonly form: 'xml' | 'json';
      readonly label: string;
      /** With JSON Pointer; of XML also with XPath and line. */
      readonly faults: readonly Fault[];
    };
