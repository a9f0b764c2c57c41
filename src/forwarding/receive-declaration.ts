import { createHash } from 'node:crypto';
import type { ExportDeclarationNotice } from '../documents/paper-types.ts';
import { Refusal } from '../documents/refusal.ts';
import { storeDocument } from '../store/documents.ts';
import { appendEvent } from '../store/log.ts';
import type { Transaction } from '../store/transaction.ts';
import type { ForwardingParts } from './ports.ts';
import { insertForwarded } from './queries.ts';

/** A notice whose seal holds, with the files that came beside it. */
export interface ReceivedNotice {
  readonly paperId: string;
  readonly paper: ExportDeclarationNotice;
  readonly fromCountry: string;
  readonly attachments: readonly { readonly mediaType: string; readonly bytes: Buffer }[];
  readonly receivedAt: Date;
}

/**
 * Takes the notice of an export declaration: the document must be the one that the notice names, must be readable, and
 * must be about goods for this country.
 * @throws the refusals `DECLARATION-MISSING`, `DECLARATION-ALTERED`, `DECLARATION-UNREADABLE`, `DECLARATION-NOT-FOR-US`,
 * which are answered to the country that sent it
 */
export async function takeNotice(
  parts: ForwardingParts,
  transaction: Transaction,
  received: ReceivedNotice,
): Promise<{ readonly taken: true }> {
  const { paper, fromCountry, receivedAt } = received;
  const document = paper.status === 'withdrawn' ? undefined : boundDocument(received);
  const facts = document === undefined ? null : await readFor(parts, paper, document);
  const digest =
    document === undefined
      ? null
      : await storeDocument(transaction, {
          kind: 'declaration',
          contentType: document.mediaType,
          bytes: document.bytes,
        });
  const isNew = await insertForwarded(transaction, {
    id: parts.newId(),
    side: 'received',
    partner: fromCountry,
    mrn: paper.movementReference,
    consignmentReference: paper.consignmentReference,
    documentVersion: paper.documentVersion,
    status: paper.status,
    documentDigest: digest,
    mediaType: document?.mediaType ?? null,
    paperId: received.paperId,
    facts,
    importerIdentifier: facts?.consignee?.id ?? facts?.importer?.id ?? null,
    recordedAt: receivedAt,
  });
  if (isNew)
    await appendEvent(transaction, {
      kind: `export-declaration.${paper.status === 'accepted' ? 'received' : paper.status}`,
      subject: paper.movementReference,
      conversation: paper.consignmentReference,
      actor: { id: fromCountry, name: fromCountry, role: 'node' },
      occurredAt: receivedAt,
      data: { documentVersion: paper.documentVersion, ...(digest === null ? {} : { documentDigest: digest }) },
    });
  return { taken: true };
}

function boundDocument({ paper, attachments }: ReceivedNotice) {
  const [attachment, ...others] = attachments;
  const { declaration } = paper;
  if (declaration === undefined || attachment === undefined || others.length > 0)
    throw new Refusal(
      'malformed',
      'DECLARATION-MISSING',
      'The notice of a declaration that was not withdrawn names one document, which goes with it.',
    );
  const digest = createHash('sha256').update(attachment.bytes).digest('hex');
  if (digest !== declaration.digest || attachment.bytes.length !== declaration.size)
    throw new Refusal('invalid', 'DECLARATION-ALTERED', 'The document is not the one that the sealed notice names.');
  return { bytes: attachment.bytes, mediaType: declaration.mediaType };
}

async function readFor(
  parts: ForwardingParts,
  paper: ExportDeclarationNotice,
  document: { readonly bytes: Buffer; readonly mediaType: 'application/xml' | 'application/json' },
) {
  const reading = await parts.readDeclaration(document.bytes, document.mediaType, paper.madeAt.slice(0, 10));
  if (!reading.ok)
    throw new Refusal('invalid', 'DECLARATION-UNREADABLE', `The declaration cannot be read: ${reading.reason}`);
  const { facts } = reading;
  if (facts.destinationCountry !== null && facts.destinationCountry !== parts.country)
    throw new Refusal(
      'invalid',
      'DECLARATION-NOT-FOR-US',
      `The goods go to ${facts.destinationCountry}, not to ${parts.country}.`,
    );
  if (facts.consignmentReference !== paper.consignmentReference)
    throw new Refusal(
      'invalid',
      'DECLARATION-ALTERED',
      'The declaration has another consignment reference than the notice.',
    );
  return facts;
}
