/** A text is not as our writers write it, which says nothing against it: the parser decides. */
class Otherwise extends Error {}

/** Stops reading: the text is not as our writers write it. */
export function otherwise(): never {
  throw new Otherwise();
}

/**
 * What `read` takes out of a text, or undefined when it found that the text is not as our writers write it.
 * Errors of node:crypto, about keys and certificates that are none, mean the same.
 */
export function readOwn<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Otherwise || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}

/**
 * Goes through a text once, from the beginning to the end, and takes out what stands between marks. What else stands
 * there is not looked at: whoever reads so must write the text again and compare.
 */
export class OwnText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text between the next `begin` and the `end` behind it. */
  between(begin: string, end: string): string {
    const from = this.#text.indexOf(begin, this.#at);
    const to = from < 0 ? -1 : this.#text.indexOf(end, from + begin.length);
    if (to < 0) return otherwise();
    this.#at = to + end.length;
    return this.#text.slice(from + begin.length, to);
  }

  /** Whether the text goes on with this. */
  goesOnWith(next: string): boolean {
    return this.#text.startsWith(next, this.#at);
  }
}

const REFERENCES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };

/**
 * A value of the header: printable ASCII without white space around it, so that parsing and trimming change nothing.
 * @param written as it stands in the text
 */
export function ownValue(written: string): string {
  const value = written.includes('&')
    ? written.replaceAll(/&(?:amp|lt|gt|quot);/g, (reference) => REFERENCES[reference] ?? reference)
    : written;
  return /^[!-~](?:[ -~]{0,998}[!-~])?$/.test(value) ? value : otherwise();
}

/** An identifier of a message (RFC 2822). */
export function ownMessageId(written: string): string {
  const id = ownValue(written);
  return /[ <>]/.test(id) ? otherwise() : id;
}

/** An instant as `toISOString` writes it. */
export function ownInstant(written: string): Date {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(written)) return otherwise();
  const instant = new Date(written);
  return Number.isNaN(instant.getTime()) ? otherwise() : instant;
}

/** Base64 in one line, with the padding as it is written. */
export function ownBase64(written: string): string {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(written) &&
    Buffer.from(written, 'base64').toString('base64') === written
    ? written
    : otherwise();
}
