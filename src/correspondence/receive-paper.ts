import type { PaperKind } from '../documents/paper-types.ts';
import { Refusal } from '../documents/refusal.ts';
import { wholeOf } from '../exchange/message/content.ts';
import type { Delivery, DeliveryOutcome } from '../exchange/ports.ts';
import { storeDocument } from '../store/documents.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import { openPaper } from '../verification/sealed-paper.ts';
import { type CorrespondenceParts, PAPER_KINDS, type PaperAttachment } from './ports.ts';
import { keepPaper, noteOwnAnswer, notePartnerAnswer } from './queries.ts';
import { sendPaper } from './send-paper.ts';

const LARGEST_PAPER = 1024 * 1024;
const LARGEST_SEAL = 64 * 1024;
/** All files that go with a paper together. */
const LARGEST_ATTACHMENTS = 40 * 1024 * 1024;
const CODE = /^[A-Z][A-Z0-9-]{0,79}$/;

interface Post {
  readonly paper: Buffer;
  readonly seal: Buffer;
  readonly attachments: readonly PaperAttachment[];
}

/**
 * Takes a paper: opens it under its seal, keeps its bytes, hands it to its journey, and answers what became of it. The
 * same paper once more changes nothing.
 * @throws the refusals `ACTION-UNKNOWN`, `PAPER-INCOMPLETE`, `DOCUMENT-TOO-LARGE`, `DIRECTORY-MISSING`
 */
export async function receivePaper(
  parts: CorrespondenceParts,
  transaction: Transaction,
  delivery: Delivery,
): Promise<DeliveryOutcome> {
  const kind = PAPER_KINDS.find((one) => one === delivery.action);
  if (kind === undefined)
    throw new Refusal('unsupported-form', 'ACTION-UNKNOWN', `The service has no action ${delivery.action}.`);
  const post = await readPost(delivery);
  return kind === 'paper-answer'
    ? takeAnswer(parts, transaction, delivery, post)
    : takePaper(parts, transaction, delivery, post, kind);
}

async function readPost({ payloads, action }: Delivery): Promise<Post> {
  const [paper, seal, ...others] = payloads;
  if (paper === undefined || seal === undefined)
    throw new Refusal('malformed', 'PAPER-INCOMPLETE', `A ${action} carries the paper first and its seal second.`);
  const attached = others.reduce((sum, { content }) => sum + content.size, 0);
  if (paper.content.size > LARGEST_PAPER || seal.content.size > LARGEST_SEAL || attached > LARGEST_ATTACHMENTS)
    throw new Refusal(
      'too-large',
      'DOCUMENT-TOO-LARGE',
      `A paper has at most ${LARGEST_PAPER} bytes, its seal ${LARGEST_SEAL}, what goes with it ${LARGEST_ATTACHMENTS}.`,
    );
  return {
    paper: await wholeOf(paper.content, LARGEST_PAPER),
    seal: await wholeOf(seal.content, LARGEST_SEAL),
    attachments: await Promise.all(
      others.map(async ({ contentType, content }) => ({
        mediaType: contentType,
        bytes: await wholeOf(content, LARGEST_ATTACHMENTS),
      })),
    ),
  };
}

function open<K extends PaperKind>(parts: CorrespondenceParts, delivery: Delivery, post: Post, kind: K) {
  const directory = parts.directory();
  if (directory === null)
    throw new Refusal('unavailable', 'DIRECTORY-MISSING', 'This node has no directory to judge the paper by.');
  const { fromCountry, receivedAt } = delivery;
  const context = { directory, at: receivedAt, from: fromCountry, to: parts.country };
  return openPaper(kind, { bytes: post.paper, seal: post.seal }, context);
}

async function takePaper<K extends Exclude<PaperKind, 'paper-answer'>>(
  parts: CorrespondenceParts,
  transaction: Transaction,
  delivery: Delivery,
  post: Post,
  kind: K,
): Promise<DeliveryOutcome> {
  const opened = open(parts, delivery, post, kind);
  const paperDigest = await storeDocument(transaction, {
    kind: opened.ok ? kind : 'unknown',
    contentType: 'application/json',
    bytes: post.paper,
  });
  if (!opened.ok) {
    const refused = { taken: false, code: opened.code, reason: opened.reason.slice(0, 1000) } as const;
    await answer(parts, transaction, delivery, paperDigest, delivery.conversationId, refused);
    return refused;
  }
  const { paper } = opened;
  const sealDigest = await storeDocument(transaction, {
    kind: 'seal',
    contentType: 'application/xml',
    bytes: post.seal,
  });
  const { id: paperId, answeredBefore } = await keepPaper(transaction, {
    id: parts.newId(),
    side: 'received',
    kind,
    partner: delivery.fromCountry,
    consignmentReference: paper.consignmentReference,
    paperDigest,
    sealDigest,
    messageId: delivery.messageId,
    recordedAt: delivery.receivedAt,
  });
  // One that was refused is tried again when the operator delivers it again.
  if (answeredBefore === 'read') return { taken: true };
  const outcome = await handle(parts, transaction, kind, {
    paperId,
    paper,
    fromCountry: delivery.fromCountry,
    attachments: post.attachments,
    messageId: delivery.messageId,
    receivedAt: delivery.receivedAt,
  });
  const reasons = await answer(parts, transaction, delivery, paperDigest, paper.consignmentReference, outcome);
  noteOwnAnswer(transaction, paperId, {
    outcome: outcome.taken ? 'read' : 'refused',
    reasons,
    at: delivery.receivedAt,
  });
  return outcome;
}

async function handle<K extends Exclude<PaperKind, 'paper-answer'>>(
  parts: CorrespondenceParts,
  transaction: Transaction,
  kind: K,
  received: Parameters<NonNullable<ReturnType<CorrespondenceParts['handlers']>[K]>>[1],
): Promise<DeliveryOutcome> {
  const handler = parts.handlers()[kind];
  if (handler === undefined)
    return { taken: false, code: 'PAPER-KIND-UNKNOWN', reason: `This node takes no paper of the kind ${kind}.` };
  try {
    return await transaction.savepoint(() => handler(transaction, received));
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error;
    return { taken: false, code: error.code, reason: error.message };
  }
}

/** Not being able to send an answer does not undo that the paper was received. */
async function answer(
  parts: CorrespondenceParts,
  transaction: Transaction,
  delivery: Delivery,
  digest: string,
  consignmentReference: string,
  outcome: DeliveryOutcome,
): Promise<readonly { readonly code: string; readonly reason: string }[]> {
  const reasons = outcome.taken
    ? []
    : [
        {
          code: CODE.test(outcome.code) ? outcome.code : 'REFUSED',
          reason: visible(outcome.reason).slice(0, 2000).trim() || 'It was refused.',
        },
      ];
  const content = {
    consignmentReference: /^[A-Z0-9][A-Z0-9/-]{0,34}$/.test(consignmentReference) ? consignmentReference : 'UNKNOWN',
    about: { digest, messageId: delivery.messageId },
    outcome: outcome.taken ? 'read' : 'refused',
    reasons,
  } as const;
  try {
    await transaction.savepoint(() =>
      sendPaper(parts, transaction, 'paper-answer', content, { to: delivery.fromCountry }, delivery.receivedAt),
    );
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error;
  }
  return reasons;
}

async function takeAnswer(
  parts: CorrespondenceParts,
  transaction: Transaction,
  delivery: Delivery,
  post: Post,
): Promise<DeliveryOutcome> {
  const opened = open(parts, delivery, post, 'paper-answer');
  if (!opened.ok) return { taken: false, code: opened.code, reason: opened.reason.slice(0, 1000) };
  const { about, outcome, reasons } = opened.paper;
  const at = delivery.receivedAt;
  const known = await notePartnerAnswer(transaction, {
    partner: delivery.fromCountry,
    digest: about.digest,
    outcome,
    reasons,
    at,
  });
  if (known === undefined)
    return {
      taken: false,
      code: 'ANSWER-TO-UNKNOWN-PAPER',
      reason: `The answer is about a paper with digest ${about.digest}, which was not sent to ${delivery.fromCountry}.`,
    };
  await appendEvent(transaction, {
    kind: outcome === 'read' ? 'paper.read' : 'paper.refused',
    subject: known.id,
    conversation: known.consignmentReference,
    actor: { id: delivery.fromCountry, name: delivery.fromCountry, role: 'node' },
    occurredAt: at,
    reason: reasons.length === 0 ? undefined : reasons.map(({ reason }) => reason).join('\n'),
    data: { paper: known.kind },
  });
  return { taken: true };
}

/** Control, format and unassigned characters become spaces (threats H3). */
function visible(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, ' ');
}
