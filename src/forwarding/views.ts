import type { DeclarationFacts } from '../documents/declaration/facts.ts';

/** An export declaration that another country sent forward, as its readers here see it. */
export type ForwardedDeclarationView = {
  readonly id: string;
  /** Country that sent it. */
  readonly from: string;
  readonly movementReference: string;
  readonly consignmentReference: string;
  readonly documentVersion: number;
  readonly status: 'accepted' | 'amended' | 'withdrawn';
  readonly recordedAt: string;
  /** SHA-256, hexadecimal, of the document; absent when it was withdrawn. */
  readonly documentDigest?: string;
  readonly exporterName?: string;
  readonly importerName?: string;
  readonly goodsDescription?: string;
  readonly goodsItemCount?: number;
};

/** One with what it says. */
export type ForwardedDeclarationDetail = ForwardedDeclarationView & {
  /** Null when it was withdrawn. */
  readonly facts: DeclarationFacts | null;
};

/** One page of a list; `next` is absent on the last. */
export type ForwardedPage = { readonly items: readonly ForwardedDeclarationView[]; readonly next?: string };
