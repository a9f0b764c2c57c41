/**
 * Papers: what nodes tell each other that has no document in a standard's vocabulary. A paper is canonical JSON
 * (RFC 8785) with a detached seal beside it; its shape is a schema of `schemas/papers/`.
 */

/** What every paper says. */
interface PaperHead {
  /** UUID, new for each paper. */
  readonly id: string;
  /** ISO 3166-1 alpha-2 of the country that speaks, and of the one that is spoken to. */
  readonly from: string;
  readonly to: string;
  /** RFC 3339, in UTC. */
  readonly madeAt: string;
  readonly consignmentReference: string;
}

/** An export declaration was accepted, amended or withdrawn. */
export interface ExportDeclarationNotice extends PaperHead {
  readonly paper: 'export-declaration-notice';
  readonly movementReference: string;
  readonly documentVersion: number;
  readonly status: 'accepted' | 'amended' | 'withdrawn';
  /** The document as it was lodged, which travels beside the paper; absent when it was withdrawn. */
  readonly declaration?: {
    readonly name: 'declaration.xml' | 'declaration.json';
    readonly mediaType: 'application/xml' | 'application/json';
    /** SHA-256, hexadecimal. */
    readonly digest: string;
    readonly size: number;
  };
}

/** What a node says of a paper that it was sent. */
export interface PaperAnswer extends PaperHead {
  readonly paper: 'paper-answer';
  /** The paper that is answered: SHA-256 of its bytes, hexadecimal, and the id of the message that brought it. */
  readonly about: { readonly digest: string; readonly messageId: string };
  readonly outcome: 'read' | 'refused';
  readonly reasons: readonly { readonly code: string; readonly reason: string }[];
}

/** The kinds of paper, each with its type. */
export interface PaperOfKind {
  readonly 'paper-answer': PaperAnswer;
  readonly 'export-declaration-notice': ExportDeclarationNotice;
}

/** Name of a kind of paper. */
export type PaperKind = keyof PaperOfKind;

/** What whoever sends a paper says; the rest of the head is added when it is sent. */
export type PaperContent<K extends PaperKind> = Omit<PaperOfKind[K], 'paper' | 'id' | 'from' | 'to' | 'madeAt'>;
