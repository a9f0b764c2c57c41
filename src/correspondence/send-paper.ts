import type { PaperContent, PaperKind, PaperOfKind } from '../documents/paper-types.ts';
import { inMemory } from '../exchange/message/content.ts';
import { memberOf } from '../federation/trust.ts';
import { storeDocument } from '../store/documents.ts';
import type { Transaction } from '../store/transaction.ts';
import { sealPaper } from '../verification/sealed-paper.ts';
import { CORRESPONDENCE_SERVICE, type CorrespondenceParts, type PaperPost } from './ports.ts';
import { keepPaper } from './queries.ts';

/** Seals a paper, keeps it, and queues it where the country has a node; all in the caller's transaction. */
export async function sendPaper<K extends PaperKind>(
  parts: CorrespondenceParts,
  transaction: Transaction,
  kind: K,
  content: PaperContent<K>,
  post: PaperPost,
  now: Date,
): Promise<{ readonly paperId: string; readonly paperDigest: string; readonly messageId: string | null }> {
  const paperId = parts.newId();
  const paper = withHead(kind, content, { id: paperId, from: parts.country, to: post.to, madeAt: now.toISOString() });
  const { bytes, seal } = sealPaper(paper, { ...parts.sealingKey(), signingTime: now });
  const paperDigest = await storeDocument(transaction, { kind, contentType: 'application/json', bytes });
  const sealDigest = await storeDocument(transaction, { kind: 'seal', contentType: 'application/xml', bytes: seal });
  const directory = parts.directory();
  const hasNode = directory !== null && memberOf(directory, post.to) !== undefined;
  const sent = hasNode
    ? await parts.exchange.send(
        transaction,
        {
          toCountry: post.to,
          conversationId: paper.consignmentReference,
          service: CORRESPONDENCE_SERVICE,
          action: kind,
          payloads: [
            { contentType: 'application/json', content: inMemory(bytes) },
            { contentType: 'application/xml', content: inMemory(seal) },
            ...(post.attachments ?? []).map((one) => ({ contentType: one.mediaType, content: inMemory(one.bytes) })),
          ],
          ...(post.inOrder === true ? { afterEarlierOfConversation: true } : {}),
        },
        now,
      )
    : undefined;
  const messageId = sent?.messageId ?? null;
  await keepPaper(transaction, {
    id: paperId,
    side: 'sent',
    kind,
    partner: post.to,
    consignmentReference: paper.consignmentReference,
    paperDigest,
    sealDigest,
    messageId,
    recordedAt: now,
  });
  return { paperId, paperDigest, messageId };
}

type Head = { readonly id: string; readonly from: string; readonly to: string; readonly madeAt: string };

/** Content and head together are a paper of the kind, whichever kind it is. */
function withHead<K extends PaperKind>(kind: K, content: PaperContent<K>, head: Head): PaperOfKind[K] {
  const paper: object = { ...content, ...head, paper: kind };
  return paper as PaperOfKind[K];
}
