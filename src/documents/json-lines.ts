import { escapeSegment } from './pointer.ts';

/** The text that is walked, which `JSON.parse` has read already. */
class Walk {
  readonly #text: string;
  readonly #wanted: ReadonlySet<string>;
  readonly found = new Map<string, number>();
  #at = 0;
  #line = 1;

  constructor(text: string, wanted: ReadonlySet<string>) {
    this.#text = text;
    this.#wanted = wanted;
  }

  #space(): void {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === '\n') this.#line += 1;
      else if (character !== ' ' && character !== '\t' && character !== '\r' && character !== '\ufeff') return;
      this.#at += 1;
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (; this.#text[this.#at] !== '"'; this.#at += 1) if (this.#text[this.#at] === '\\') this.#at += 1;
    this.#at += 1;
    return JSON.parse(this.#text.slice(start, this.#at));
  }

  /** One value at a pointer; a member's line is that of its name. */
  value(pointer: string, line?: number): void {
    this.#space();
    if (this.#wanted.has(pointer)) this.found.set(pointer, line ?? this.#line);
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') this.#members(pointer, first === '{');
    else if (first === '"') this.#string();
    else while (/[^\s,\]}]/.test(this.#text[this.#at] ?? ' ')) this.#at += 1;
    this.#space();
  }

  #members(pointer: string, named: boolean): void {
    this.#at += 1;
    this.#space();
    for (let index = 0; this.#text[this.#at] !== '}' && this.#text[this.#at] !== ']'; index += 1) {
      if (this.#at >= this.#text.length) return;
      const line = named ? this.#line : undefined;
      let step = String(index);
      if (named) {
        step = escapeSegment(this.#string());
        this.#space();
        this.#at += 1;
      }
      this.value(`${pointer}/${step}`, line);
      if (this.#text[this.#at] === ',') this.#at += 1;
      this.#space();
    }
    this.#at += 1;
  }
}

/**
 * The lines, counted from 1, on which the places of a JSON text stand: of a member the line of its name. A place that is
 * not there (a member that is missing) has the line of what it is missing in.
 * @param text a JSON text that was read without fault, so that its depth is within limits
 * @param pointers JSON Pointers
 */
export function linesOf(text: string, pointers: Iterable<string>): ReadonlyMap<string, number> {
  const asked = [...pointers];
  const wanted = new Set<string>();
  for (const pointer of asked)
    for (let part = pointer; ; part = part.slice(0, part.lastIndexOf('/'))) {
      wanted.add(part);
      if (part === '') break;
    }
  const walk = new Walk(text, wanted);
  walk.value('');
  const lines = new Map<string, number>();
  for (const pointer of asked)
    for (let part = pointer; ; part = part.slice(0, part.lastIndexOf('/'))) {
      const line = walk.found.get(part);
      if (line !== undefined) lines.set(pointer, line);
      if (line !== undefined || part === '') break;
    }
  return lines;
}
