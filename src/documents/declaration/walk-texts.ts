import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { escapeSegment } from '../pointer.ts';

/**
 * A text of the document. `name` is the property it stands in, `parent` the one around that; of a text with attributes
 * `holder` is the object of both, and `name` its property.
 */
export type TextVisit = (
  text: string,
  name: string,
  parent: string,
  holder: JsonObject | undefined,
  place: Place,
) => void;

/** Where the walk is; the pointer is made only when it is asked for. */
export class Place {
  readonly #steps: (string | number)[] = [];

  enter(step: string | number): void {
    this.#steps.push(step);
  }

  leave(): void {
    this.#steps.pop();
  }

  /** JSON Pointer of the text that is being visited. */
  pointer(): string {
    return this.#pointer(this.#steps);
  }

  /** JSON Pointer of the object that the text stands in with its attributes. */
  holderPointer(): string {
    return this.#pointer(this.#steps.slice(0, -1));
  }

  #pointer(steps: readonly (string | number)[]): string {
    return steps.map((step) => `/${typeof step === 'number' ? step : escapeSegment(step)}`).join('');
  }
}

/** Visits every text of a document once, in order. */
export function walkTexts(json: JsonValue, visit: TextVisit): void {
  walk(json, '', '', new Place(), visit);
}

function walk(value: JsonValue, name: string, parent: string, place: Place, visit: TextVisit): void {
  if (typeof value === 'string') visit(value, name, parent, undefined, place);
  else if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      place.enter(index);
      walk(value[index], name, parent, place, visit);
      place.leave();
    }
  } else if (isObject(value)) {
    for (const member in value) {
      const inner = value[member];
      if (inner === undefined) continue;
      place.enter(member);
      if (member === 'value' && typeof inner === 'string') visit(inner, name, parent, value, place);
      else walk(inner, member, name, place, visit);
      place.leave();
    }
  }
}
