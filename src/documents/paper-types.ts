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

/** What is doubted of a certificate of origin. */
export interface OriginDoubt {
  /** Absent when it is about the certificate as a whole. */
  readonly itemNumber?: number;
  readonly about: 'authenticity' | 'origin' | 'value' | 'quantity' | 'other';
  readonly words: string;
}

/** The importing administration asks the issuing one to check a certificate (ATIGA annex 8, rule 18). */
export interface OriginQueryPaper extends PaperHead {
  readonly paper: 'origin-query';
  /** UUID of the query; answer and determination name it. */
  readonly queryId: string;
  readonly certificateNumber: string;
  /** SHA-256, hexadecimal, of the sealed certificate. */
  readonly documentDigest: string;
  readonly basis: 'random' | 'doubt';
  /** Empty when it was chosen at random. */
  readonly doubts: readonly OriginDoubt[];
  /** Day on which the whole process must have ended. */
  readonly procedureEnds: string;
}

/** What was found of one goods item of a certificate. */
export interface OriginFinding {
  readonly itemNumber: number;
  readonly finding: 'confirmed' | 'not-confirmed' | 'undecided';
  readonly reason: string;
}

/** What the issuing administration found. */
export interface OriginAnswerPaper extends PaperHead {
  readonly paper: 'origin-answer';
  readonly queryId: string;
  readonly certificateNumber: string;
  /** Whether the authority issued this certificate. */
  readonly authentic: 'yes' | 'no';
  readonly items: readonly OriginFinding[];
  readonly statement?: string;
}

/** What the importing administration decided after it. */
export interface OriginDeterminationPaper extends PaperHead {
  readonly paper: 'origin-determination';
  readonly queryId: string;
  readonly certificateNumber: string;
  readonly outcome: 'originating' | 'not-originating' | 'withdrawn';
  readonly reason: string;
}

/** What happened to a consignment in one country. */
export interface ConsignmentEventsPaper extends PaperHead {
  readonly paper: 'consignment-events';
  readonly events: readonly {
    /** Number in the log of the country that tells it. */
    readonly number: string;
    readonly kind: string;
    readonly role: 'trader' | 'issuing-authority' | 'customs' | 'node';
    readonly occurredAt: string;
  }[];
}

/** The kinds of paper, each with its type. */
export interface PaperOfKind {
  readonly 'paper-answer': PaperAnswer;
  readonly 'consignment-events': ConsignmentEventsPaper;
  readonly 'origin-query': OriginQueryPaper;
  readonly 'origin-answer': OriginAnswerPaper;
  readonly 'origin-determination': OriginDeterminationPaper;
  readonly 'export-declaration-notice': ExportDeclarationNotice;
}

/** Name of a kind of paper. */
export type PaperKind = keyof PaperOfKind;

/** What whoever sends a paper says; the rest of the head is added when it is sent. */
export type PaperContent<K extends PaperKind> = Omit<PaperOfKind[K], 'paper' | 'id' | 'from' | 'to' | 'madeAt'>;
