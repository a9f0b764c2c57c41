import type { DispatchTerms } from '../../src/exchange/sending/dispatch-terms.ts';

// What the harness and the gateway process say to each other.

/** What a gateway process is started from; in a file, so that it starts again in the same way. */
export interface GatewayTerms {
  readonly country: string;
  readonly partner: string;
  readonly databaseUrl: string;
  readonly membersFile: string;
  /** AS4 addresses by country. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** Where it takes messages, on 127.0.0.1. */
  readonly port: number;
  /** For what is too large for memory. */
  readonly spoolFolder: string;
  readonly dispatch: Partial<DispatchTerms>;
  readonly windowMilliseconds: number;
  /** How much its clock is ahead. */
  readonly clockOffsetMilliseconds: number;
  /** Shares of documents over which the receiver's journey fails, and of deliveries for which it has no time. */
  readonly poison: number;
  readonly busy: number;
}

export type GatewayOrder =
  | { readonly order: 'produce'; readonly everyMilliseconds: number; readonly ordered?: boolean }
  | { readonly order: 'produce-once'; readonly count: number; readonly ordered?: boolean }
  | { readonly order: 'quiet' }
  | { readonly order: 'clock'; readonly offsetMilliseconds: number };

export type GatewayReport =
  | { readonly report: 'listening' }
  /** A document and its message were committed: from now on it must not be lost. */
  | { readonly report: 'accepted'; readonly documentId: string; readonly messageId: string }
  | { readonly report: 'quiet' }
  | { readonly report: 'clock' };
