import { readDocument } from '../store/documents.ts';
import type { Transaction } from '../store/transaction.ts';
import type { ForwardingParts } from './ports.ts';
import { insertForwarded } from './queries.ts';

/** An export declaration that was accepted, amended or withdrawn. */
export interface DeclarationToForward {
  readonly movementReference: string;
  readonly consignmentReference: string;
  readonly destinationCountry: string | null;
  /** SHA-256, hexadecimal, of the document as it was lodged. */
  readonly documentDigest: string;
  readonly documentVersion: number;
  readonly withdrawn: boolean;
}

/**
 * Sends an export declaration to the country of destination as pre-arrival information (what ASEAN calls the ACDD): a
 * sealed notice, with the document beside it byte for byte. Acceptance, amendments and withdrawal arrive in their order.
 * Goods that stay in the country, or whose destination is not known, go nowhere.
 */
export async function sendForward(
  parts: ForwardingParts,
  transaction: Transaction,
  declaration: DeclarationToForward,
  now: Date,
): Promise<void> {
  const { destinationCountry: to, movementReference, consignmentReference, documentVersion } = declaration;
  if (to === null || to === parts.country) return;
  const document = declaration.withdrawn ? undefined : await readDocument(transaction, declaration.documentDigest);
  const isXml = document?.contentType === 'application/xml';
  const mediaType = isXml ? 'application/xml' : 'application/json';
  const status = declaration.withdrawn ? 'withdrawn' : documentVersion > 1 ? 'amended' : 'accepted';
  const { paperId } = await parts.correspondence.send(
    transaction,
    'export-declaration-notice',
    {
      consignmentReference,
      movementReference,
      documentVersion,
      status,
      ...(document === undefined
        ? {}
        : {
            declaration: {
              name: isXml ? 'declaration.xml' : 'declaration.json',
              mediaType,
              digest: declaration.documentDigest,
              size: document.bytes.length,
            } as const,
          }),
    },
    {
      to,
      inOrder: true,
      ...(document === undefined ? {} : { attachments: [{ mediaType, bytes: document.bytes }] }),
    },
    now,
  );
  await insertForwarded(transaction, {
    id: parts.newId(),
    side: 'sent',
    partner: to,
    mrn: movementReference,
    consignmentReference,
    documentVersion,
    status,
    documentDigest: document === undefined ? null : declaration.documentDigest,
    mediaType: document === undefined ? null : mediaType,
    paperId,
    facts: null,
    importerIdentifier: null,
    recordedAt: now,
  });
}
