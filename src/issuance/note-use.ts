import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { nodeActor } from './node-actors.ts';
import type { IssuanceParts } from './ports.ts';
import type { CertificateState } from './states.ts';
import { judgeTransition, type TransitionAction } from './states.ts';

/** How much of a certificate is used now. */
export interface NotedUse {
  readonly number: string;
  readonly side: 'issuing' | 'importing';
  readonly extent: 'none' | 'part' | 'all';
  readonly at: Date;
  /** A sentence for the history, with quantities and no declaration. */
  readonly says: string;
}

/** From which state of use what leads to which extent. */
const ACTIONS: Readonly<Record<NotedUse['extent'], readonly TransitionAction[]>> = {
  none: ['give-back-all'],
  part: ['use-part', 'give-back-part'],
  all: ['use-rest'],
};

/**
 * Moves a certificate to the state that fits its use, by the table of transitions, and notes it in its history. A
 * certificate whose receipt is still under way may be reported as used already: it arrived, or it could not be. One that
 * was cancelled, replaced or has expired keeps that state; what was used of it stands in the history.
 */
export async function noteUse(parts: IssuanceParts, transaction: Transaction, use: NotedUse): Promise<void> {
  const { rows } = await transaction.query<{
    id: string;
    state: CertificateState;
    consignment_reference: string;
    digest: string;
  }>({
    name: 'hold-certificate-for-use',
    text: `select id, state, consignment_reference, encode(document_digest, 'hex') as digest from certificates
      where side = $1 and number = $2 and state <> 'refused' for update`,
    values: [use.side, use.number],
  });
  const [certificate] = rows;
  if (certificate === undefined) throw new Error(`${use.number} is used and is not in the table`);
  const from = certificate.state === 'issued' ? 'delivered' : certificate.state;
  const transition = ACTIONS[use.extent]
    .map((action) => judgeTransition(use.side, from, action, 'node'))
    .find((judged) => judged.ok)?.transition;
  if (transition !== undefined && transition.to !== certificate.state)
    transaction.later({
      name: 'change-certificate-by-use',
      text: 'update certificates set state = $2 where id = $1',
      values: [certificate.id, transition.to],
    });
  await appendEvent(transaction, {
    kind: transition?.event ?? 'certificate.used',
    subject: use.number,
    conversation: certificate.consignment_reference,
    actor: nodeActor(parts),
    occurredAt: use.at,
    reason: use.says,
    data: { documentDigest: certificate.digest, extent: use.extent },
  });
}
