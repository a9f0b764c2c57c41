import type { Actor } from '../access/actor.ts';
import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import { Refusal } from '../documents/refusal.ts';
import { readCursor, readLimit, writeCursor } from '../store/cursor.ts';
import { readDocument } from '../store/documents.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { type Difference, differencesBetween } from './differences.ts';
import { beginImport, type ImportDraft } from './import-draft.ts';
import type { ForwardingParts } from './ports.ts';
import { currentOfConsignment, type ForwardedRow, findForwarded, selectForwarded } from './queries.ts';
import { type ReceivedNotice, takeNotice } from './receive-declaration.ts';
import { type DeclarationToForward, sendForward } from './send-declaration.ts';
import type { ForwardedDeclarationDetail, ForwardedDeclarationView, ForwardedPage } from './views.ts';

/** Who asks, when, and by which connection. */
export interface AskedForwarding {
  readonly reader: Reader;
  readonly actor: Actor;
  readonly now: Date;
}

/** How the importer's declaration compares with what the exporter declared. */
export type Comparison =
  | { readonly compared: false; readonly reason: string }
  | {
      readonly compared: true;
      readonly forwardedId: string;
      readonly movementReference: string;
      readonly from: string;
      readonly receivedAt: string;
      readonly differences: readonly Difference[];
    };

/** Export declarations on their way to the country of destination, on both sides (journey J3). */
export interface Forwarding {
  /** Sends an accepted, amended or withdrawn export declaration to the country of destination. */
  accepted(transaction: Transaction, declaration: DeclarationToForward, now: Date): Promise<void>;
  /** Takes what another country sent; given to the correspondence. */
  take(transaction: Transaction, received: ReceivedNotice): Promise<{ readonly taken: true }>;
  /** Received declarations that the actor sees, newest first. */
  list(asked: AskedForwarding, query: Readonly<Record<string, string>>): Promise<ForwardedPage>;
  read(asked: AskedForwarding, id: string): Promise<ForwardedDeclarationDetail>;
  /** The document byte for byte as the exporter lodged it. */
  readDocument(asked: AskedForwarding, id: string): Promise<{ readonly bytes: Buffer; readonly mediaType: string }>;
  /** An import declaration begun from it. */
  beginImport(asked: AskedForwarding, id: string, certificates: readonly string[]): Promise<ImportDraft>;
  /** Compares an import declaration with the export declaration that came forward for its consignment. */
  compare(reader: Reader, imported: DeclarationFacts): Promise<Comparison>;
}

/** Puts the forwarding of one node together. */
export function createForwarding(parts: ForwardingParts): Forwarding {
  return {
    accepted: (transaction, declaration, now) => sendForward(parts, transaction, declaration, now),
    take: (transaction, received) => takeNotice(parts, transaction, received),
    list,
    async read(asked, id) {
      const row = await seen(asked, id);
      return { ...viewOf(row), facts: row.facts };
    },
    readDocument: bytesOf,
    async beginImport(asked, id, certificates) {
      const { bytes, mediaType, recordedAt } = await bytesOf(asked, id);
      const isXml = mediaType === 'application/xml';
      const date = recordedAt.toISOString().slice(0, 10);
      const reading = await parts.readDeclaration(bytes, isXml ? 'application/xml' : 'application/json', date);
      if (!reading.ok) throw new Refusal('conflict', 'DECLARATION-UNREADABLE', reading.reason);
      return beginImport(reading.json, parts.country, certificates);
    },
    async compare(reader, imported) {
      if (imported.consignmentReference === null) return nothingCame('The declaration names no consignment reference.');
      const [newest] = await currentOfConsignment(reader, imported.consignmentReference);
      if (newest?.facts == null)
        return nothingCame('No export declaration of this consignment was sent by the exporting country.');
      return {
        compared: true,
        forwardedId: newest.id,
        movementReference: newest.mrn,
        from: newest.partner,
        receivedAt: newest.recorded_at.toISOString(),
        differences: differencesBetween(newest.facts, imported),
      };
    },
  };
}

function nothingCame(reason: string): Comparison {
  return { compared: false, reason };
}

async function list(asked: AskedForwarding, query: Readonly<Record<string, string>>): Promise<ForwardedPage> {
  const limit = readLimit(query['limit']);
  const rows = await selectForwarded(
    asked.reader,
    asked.actor,
    asked.now,
    {
      ...(query['consignmentReference'] === undefined ? {} : { consignmentReference: query['consignmentReference'] }),
      ...(query['text'] === undefined ? {} : { text: query['text'] }),
    },
    { limit, after: readCursor(query['after']) },
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(viewOf),
    ...(last === undefined ? {} : { next: writeCursor({ at: last.recorded_at, id: last.id }) }),
  };
}

async function seen(asked: AskedForwarding, id: string): Promise<ForwardedRow> {
  const row = await findForwarded(asked.reader, asked.actor, asked.now, id);
  if (row === undefined)
    throw new Refusal(
      'not-found',
      'FORWARDED-DECLARATION-NOT-FOUND',
      'There is no such forwarded declaration that you can see.',
    );
  return row;
}

async function bytesOf(asked: AskedForwarding, id: string) {
  const row = await seen(asked, id);
  const document = row.document_digest === null ? undefined : await readDocument(asked.reader, row.document_digest);
  if (document === undefined || row.media_type === null)
    throw new Refusal(
      'conflict',
      'DECLARATION-WITHDRAWN',
      'The export declaration was withdrawn; there is no document.',
    );
  return { bytes: document.bytes, mediaType: row.media_type, recordedAt: row.recorded_at };
}

function viewOf(row: ForwardedRow): ForwardedDeclarationView {
  const { facts } = row;
  const importer = facts?.consignee?.name ?? facts?.importer?.name ?? null;
  const first = facts?.items[0];
  return {
    id: row.id,
    from: row.partner,
    movementReference: row.mrn,
    consignmentReference: row.consignment_reference,
    documentVersion: row.document_version,
    status: row.status,
    recordedAt: row.recorded_at.toISOString(),
    ...(row.document_digest === null ? {} : { documentDigest: row.document_digest }),
    ...(facts?.exporter?.name == null ? {} : { exporterName: facts.exporter.name }),
    ...(importer === null ? {} : { importerName: importer }),
    ...(first === undefined ? {} : { goodsDescription: first.description }),
    ...(facts === null ? {} : { goodsItemCount: facts.items.length }),
  };
}
