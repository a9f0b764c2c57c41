/** One thing that is wrong with an input, told so that a person can mend it. */
export interface Fault {
  /** Stable code, for programs and for the manual: upper case, words joined by hyphens, such as `SCHEMA-REQUIRED`. */
  readonly code: string;
  /** JSON Pointer (RFC 6901) into the JSON form of the document; the empty string is the whole document. */
  readonly pointer: string;
  /** Absolute XPath into the XML form, when the input was XML. */
  readonly xpath?: string;
  /** Line in the input, counted from 1, when it is known. */
  readonly line?: number;
  /** One or two sentences in words that a trader understands. */
  readonly message: string;
  /** What was found, shortened to 200 characters. */
  readonly found?: string;
  /** What was expected. */
  readonly expected?: string;
}
