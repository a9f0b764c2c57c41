import type { ResponseContent } from '../documents/declaration/response-content.ts';

/** A response as its recipients see it. */
export type ResponseView = {
  readonly id: string;
  readonly movementReference: string;
  readonly localReference: string;
  readonly consignmentReference: string;
  readonly step: string;
  readonly issuedAt: string;
  readonly content: ResponseContent;
};

/** Some of the feed. `next` is where to go on from; it is there also when there is nothing further yet. */
export type ResponseFeed = { readonly items: readonly ResponseView[]; readonly next?: string; readonly more: boolean };

/** A webhook without its secret. */
export type WebhookView = {
  readonly id: string;
  readonly version: number;
  readonly url: string;
  /** Absent: every step. */
  readonly steps?: readonly string[];
  readonly state: 'active' | 'paused';
  readonly createdAt: string;
  readonly failingSince?: string;
  readonly waiting: number;
};

/** A delivery to a webhook. */
export type DeliveryView = {
  readonly id: string;
  readonly responseId: string;
  readonly movementReference: string;
  readonly step: string;
  readonly state: 'queued' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly queuedAt: string;
  readonly nextAttemptAt?: string;
  readonly deliveredAt?: string;
  readonly lastStatus?: number;
  readonly lastError?: string;
};
