import type { LookupFunction } from 'node:net';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import type { Pool } from '../store/pool.ts';

/** A step of a declaration that its declarant is told of. */
export interface ResponseNotice {
  readonly declarationId: string;
  readonly movementReference: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  /** The firm that declares first, then others that act for it. */
  readonly firmIds: readonly string[];
  readonly content: ResponseContent;
}

/** What a try to deliver needs of the network. */
export interface WebhookTerms {
  /** Addresses of this machine and of private networks may be called: for samples and tests only. */
  readonly privateAddresses: 'refused' | 'allowed';
  /** How a host name becomes an address; the system's own where it is left out. */
  readonly lookup?: LookupFunction;
}

/** All that responses need from outside. */
export interface ResponsesParts {
  readonly pool: Pool;
  /** Writes a response in the vocabulary of the WCO (RES-DMS:2) as XML in UTF-8. */
  readonly writeResponse: (content: ResponseContent) => Buffer;
  readonly webhooks: WebhookTerms;
  readonly clock: () => Date;
  /** A new UUID. */
  readonly newId: () => string;
  readonly onError: (error: unknown) => void;
}

/** For how long a delivery is tried, in milliseconds: three days. */
export const DELIVERY_WINDOW_MILLISECONDS = 3 * 86_400_000;
/** How long the secret before a change still signs beside the new one, in milliseconds. */
export const SECRET_OVERLAP_MILLISECONDS = 86_400_000;
/** Most webhooks of one firm. */
export const MOST_WEBHOOKS = 10;
