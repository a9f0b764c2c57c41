import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { JsonObject } from '../documents/json.ts';
import type { PaperContent } from '../documents/paper-types.ts';
import type { Transaction } from '../store/transaction.ts';

/** A declaration as its bytes say, or why they cannot be read. */
export type DeclarationReading =
  | { readonly ok: true; readonly facts: DeclarationFacts; readonly json: JsonObject }
  | { readonly ok: false; readonly reason: string };

/** All that forwarding needs from outside. */
export interface ForwardingParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  readonly correspondence: {
    send(
      transaction: Transaction,
      kind: 'export-declaration-notice',
      content: PaperContent<'export-declaration-notice'>,
      post: {
        readonly to: string;
        readonly attachments?: readonly { readonly mediaType: string; readonly bytes: Buffer }[];
        readonly inOrder?: boolean;
      },
      now: Date,
    ): Promise<{ readonly paperId: string; readonly messageId: string | null }>;
  };
  /**
   * Reads a declaration by the rules that all nodes share on a day (`YYYY-MM-DD`); what one administration asks for
   * beyond them is not judged here.
   */
  readonly readDeclaration: (
    bytes: Buffer,
    mediaType: 'application/xml' | 'application/json',
    date: string,
  ) => Promise<DeclarationReading>;
  /** A new UUID. */
  readonly newId: () => string;
}
