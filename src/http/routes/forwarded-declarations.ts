import type { Forwarding } from '../../forwarding/forwarding.ts';
import type { Route, RouteContext } from '../route.ts';
import { ID, LINE, objectOf } from './shapes.ts';

const tag = 'Forwarded declarations';
const text = { type: 'string' } as const;
const PROPERTIES = {
  id: ID,
  from: text,
  movementReference: text,
  consignmentReference: text,
  documentVersion: { type: 'integer' },
  status: { type: 'string', enum: ['accepted', 'amended', 'withdrawn'] },
  recordedAt: text,
  documentDigest: text,
  exporterName: text,
  importerName: text,
  goodsDescription: text,
  goodsItemCount: { type: 'integer' },
} as const;
const OPTIONAL = ['documentDigest', 'exporterName', 'importerName', 'goodsDescription', 'goodsItemCount'];
const LINE_SHAPE = objectOf(PROPERTIES, OPTIONAL);
const DETAIL = objectOf({ ...PROPERTIES, facts: { type: ['object', 'null'], additionalProperties: true } }, OPTIONAL);
const PAGE = objectOf({ items: { type: 'array', items: LINE_SHAPE }, next: text }, ['next']);
const DRAFT = objectOf({
  content: { type: 'object', additionalProperties: true },
  toFill: { type: 'array', items: objectOf({ pointer: text, words: text }) },
});
const right = 'forwarded-declaration.read';

function askedIn(context: RouteContext) {
  return { reader: context.transaction, actor: context.actor, now: context.now };
}

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

/**
 * Export declarations that other countries sent forward.
 * @param certificatesOf numbers of the verified certificates of a consignment that the actor sees
 */
export function forwardedDeclarationRoutes(
  forwarding: Forwarding,
  certificatesOf: (context: RouteContext, consignmentReference: string) => Promise<readonly string[]>,
): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/forwarded-declarations',
      operationId: 'listForwardedDeclarations',
      summary: 'List export declarations that other countries sent forward, newest first',
      tag,
      right,
      query: {
        consignmentReference: LINE,
        text: LINE,
        limit: { type: 'string', pattern: '^([1-9]|[1-9][0-9]|1[0-9]{2}|200)$', says: 'a whole number from 1 to 200' },
        after: LINE,
      },
      replies: { 200: { description: 'One page; `next` is given to `after` for the following one.', schema: PAGE } },
      async handle(context) {
        return { status: 200, json: await forwarding.list(askedIn(context), context.query) };
      },
    },
    {
      method: 'GET',
      path: '/api/forwarded-declarations/:id',
      operationId: 'readForwardedDeclaration',
      summary: 'Read an export declaration that another country sent forward',
      tag,
      right,
      params: { id: ID },
      replies: { 200: { description: 'What it says.', schema: DETAIL } },
      async handle(context) {
        const detail = await forwarding.read(askedIn(context), idOf(context));
        return { status: 200, json: detail };
      },
    },
    {
      method: 'GET',
      path: '/api/forwarded-declarations/:id/document',
      operationId: 'readForwardedDeclarationDocument',
      summary: 'Read the export declaration byte for byte as the exporter lodged it',
      tag,
      right,
      params: { id: ID },
      replies: { 200: { description: 'The document in its own form, XML or JSON.', contentType: 'application/xml' } },
      async handle(context) {
        const { bytes, mediaType } = await forwarding.readDocument(askedIn(context), idOf(context));
        return { status: 200, bytes, contentType: mediaType };
      },
    },
    {
      method: 'GET',
      path: '/api/forwarded-declarations/:id/import-draft',
      operationId: 'beginImportFromForwardedDeclaration',
      summary: 'Begin an import declaration from it, with what is still to be said',
      tag,
      right,
      params: { id: ID },
      replies: { 200: { description: 'JSON form of the declaration and the places to fill.', schema: DRAFT } },
      async handle(context) {
        const asked = askedIn(context);
        const id = idOf(context);
        const { consignmentReference } = await forwarding.read(asked, id);
        const certificates = await certificatesOf(context, consignmentReference);
        const draft = await forwarding.beginImport(asked, id, certificates);
        return { status: 200, json: { content: draft.content, toFill: draft.toFill.map((one) => ({ ...one })) } };
      },
    },
  ];
}
