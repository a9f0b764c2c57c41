import type { Actor } from '../access/actor.ts';
import type { PaperContent } from '../documents/paper-types.ts';
import type { Pool, Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';

/** All that tracing needs from outside. */
export interface TracingParts {
  /** ISO 3166-1 alpha-2 of this node's country. */
  readonly country: string;
  readonly pool: Pool;
  readonly correspondence: {
    send(
      transaction: Transaction,
      kind: 'consignment-events',
      content: PaperContent<'consignment-events'>,
      post: { readonly to: string },
      now: Date,
    ): Promise<{ readonly messageId: string | null }>;
  };
  /** Whether the actor sees anything of the consignment: an application, a certificate, a declaration. */
  readonly seesConsignment: (reader: Reader, actor: Actor, now: Date, consignmentReference: string) => Promise<boolean>;
  readonly clock: () => Date;
  readonly onError: (error: unknown) => void;
}
