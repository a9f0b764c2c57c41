import type { Fault } from './fault.ts';

/** Why a request is refused, in the field's terms; the edges translate it (HTTP status, ebMS error). */
export type RefusalKind =
  | 'malformed'
  | 'invalid'
  | 'not-signed-in'
  | 'not-allowed'
  | 'not-found'
  | 'conflict'
  | 'changed-meanwhile'
  | 'precondition-missing'
  | 'too-large'
  | 'unsupported-form'
  | 'too-many'
  | 'unavailable';

/**
 * A request that is refused on purpose: nothing of it was done. The words go to the person who asked, so they say what
 * to change and show nothing of the inside.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly code: string;
  readonly faults: readonly Fault[];
  /** Seconds after which another try makes sense, for `too-many` and `unavailable`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: RefusalKind,
    code: string,
    detail: string,
    more: { faults?: readonly Fault[]; retryAfterSeconds?: number } = {},
  ) {
    super(detail);
    this.name = 'Refusal';
    this.kind = kind;
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}
