import { segmentsOf } from '../pointer.ts';
import type { XmlPlace } from '../xml-places.ts';

/** Where an element of a document stands, with what is in it, laid out as its JSON form is. */
export interface ElementPlace {
  readonly xpath: string;
  /** In the text, of its start tag. */
  readonly position: number;
  readonly members: Map<string, ElementPlace | ElementPlace[]>;
  readonly attributes: readonly string[];
}

/** The line, counted from 1, of each position of a text; the text is looked through once. */
export function linesIn(text: string): (position: number) => number {
  const starts: number[] = [];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at);
  return lineBehind(starts);
}

/** The same for the bytes of a text, of which a line may end in any of the ways that XML 1.0 §2.11 has. */
export function linesInBytes(bytes: Buffer): (position: number) => number {
  const text = bytes.toString('latin1');
  return text.includes('\r') ? lineBehind(Array.from(text.matchAll(/\r\n?|\n/g), ({ index }) => index)) : linesIn(text);
}

function lineBehind(starts: readonly number[]): (position: number) => number {
  return (position) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** The place of a JSON Pointer, or of the nearest thing that holds it. */
export function locateIn(root: ElementPlace, pointer: string, lineOf: (position: number) => number): XmlPlace {
  let at: ElementPlace | ElementPlace[] = root;
  let found = root;
  let attribute = '';
  for (const segment of segmentsOf(pointer)) {
    const next: ElementPlace | ElementPlace[] | undefined = Array.isArray(at)
      ? at[Number(segment)]
      : at.members.get(segment);
    if (next === undefined) {
      if (!Array.isArray(at) && at.attributes.includes(segment)) attribute = `/@${segment}`;
      break;
    }
    at = next;
    const nearest = Array.isArray(next) ? undefined : next;
    if (nearest !== undefined) found = nearest;
  }
  return { xpath: found.xpath + attribute, line: lineOf(found.position) };
}
