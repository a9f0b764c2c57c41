import type { Transaction } from '../store/transaction.ts';

/** A paper to be kept. */
export interface NewPaper {
  readonly id: string;
  readonly side: 'sent' | 'received';
  readonly kind: string;
  readonly partner: string;
  readonly consignmentReference: string;
  readonly paperDigest: string;
  readonly sealDigest: string;
  readonly messageId: string | null;
  readonly recordedAt: Date;
}

/** Keeps a paper once; answers its id and, when it was kept before, what was answered to it then. */
export async function keepPaper(
  transaction: Transaction,
  paper: NewPaper,
): Promise<{ readonly id: string; readonly answeredBefore: 'read' | 'refused' | null }> {
  const { rows } = await transaction.query<{ id: string; outcome: 'read' | 'refused' | null }>({
    name: 'keep-paper',
    text: `insert into papers (id, side, kind, partner, consignment_reference, paper_digest, seal_digest, message_id,
        recorded_at)
      values ($1, $2, $3, $4, $5, decode($6, 'hex'), decode($7, 'hex'), $8, $9)
      on conflict (side, partner, paper_digest) do update set recorded_at = papers.recorded_at
      returning id, outcome`,
    values: [
      paper.id,
      paper.side,
      paper.kind,
      paper.partner,
      paper.consignmentReference,
      paper.paperDigest,
      paper.sealDigest,
      paper.messageId,
      paper.recordedAt,
    ],
  });
  const row = rows[0];
  if (row === undefined) throw new Error('the database gave nothing back for a paper');
  return { id: row.id, answeredBefore: row.outcome };
}

/** Notes what was answered to a received paper. */
export function noteOwnAnswer(
  transaction: Transaction,
  paperId: string,
  answer: { readonly outcome: 'read' | 'refused'; readonly reasons: readonly object[]; readonly at: Date },
): void {
  transaction.later({
    name: 'note-own-answer-to-paper',
    text: 'update papers set outcome = $2, reasons = $3, answered_at = $4 where id = $1',
    values: [paperId, answer.outcome, JSON.stringify(answer.reasons), answer.at],
  });
}

/** Notes what a partner answered to a paper that was sent to it; the first answer stands. Whether there is such a paper. */
export async function notePartnerAnswer(
  transaction: Transaction,
  answer: {
    readonly partner: string;
    readonly digest: string;
    readonly outcome: 'read' | 'refused';
    readonly reasons: readonly object[];
    readonly at: Date;
  },
): Promise<{ readonly id: string; readonly kind: string; readonly consignmentReference: string } | undefined> {
  const { rows } = await transaction.query<{ id: string; kind: string; consignment_reference: string }>({
    name: 'note-partner-answer-to-paper',
    text: `update papers set outcome = coalesce(outcome, $3), reasons = coalesce(reasons, $4::jsonb),
        answered_at = coalesce(answered_at, $5)
      where side = 'sent' and partner = $1 and paper_digest = decode($2, 'hex')
      returning id, kind, consignment_reference`,
    values: [answer.partner, answer.digest, answer.outcome, JSON.stringify(answer.reasons), answer.at],
  });
  const row = rows[0];
  return row === undefined
    ? undefined
    : { id: row.id, kind: row.kind, consignmentReference: row.consignment_reference };
}

/** Notes the receipt of a paper's message; undefined when the message carried none. */
export async function notePaperReceipt(
  transaction: Transaction,
  messageId: string,
  at: Date,
): Promise<{ readonly kind: string; readonly partner: string; readonly consignmentReference: string } | undefined> {
  const { rows } = await transaction.query<{ kind: string; partner: string; consignment_reference: string }>({
    name: 'note-paper-receipt',
    text: `update papers set receipted_at = $2 where side = 'sent' and message_id = $1 and receipted_at is null
      returning kind, partner, consignment_reference`,
    values: [messageId, at],
  });
  const row = rows[0];
  return row === undefined
    ? undefined
    : { kind: row.kind, partner: row.partner, consignmentReference: row.consignment_reference };
}
