import { isObject, type JsonValue } from '../json.ts';
import { escapeSegment } from '../pointer.ts';

/** A text of the document. `name` is the property it stands in; of a text with attributes, that of the whole. */
export type TextVisit = (text: string, name: string, parent: string, place: Place) => void;

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
    return this.#steps.map((step) => `/${typeof step === 'number' ? step : escapeSegment(step)}`).join('');
  }
}

/** Visits every text of a document once, in order. */
export function walkTexts(json: JsonValue, visit: TextVisit): void {
  walk(json, '', '', new Place(), visit);
}

function walk(value: JsonValue, name: string, parent: string, place: Place, visit: TextVisit): void {
  if (typeof value === 'string') visit(value, name, parent, place);
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
      if (member === 'value' && typeof inner === 'string') visit(inner, name, parent, place);
      else walk(inner, member, name, place, visit);
      place.leave();
    }
  }
}
