import { Refusal } from '../../documents/refusal.ts';
import { ATTACHMENT_TYPES, LARGEST_ATTACHMENT } from '../../documents/upload.ts';
import type { Issuance } from '../../issuance/issuance.ts';
import type { Route, RouteContext } from '../route.ts';
import { asked } from './applications.ts';
import { ATTACHMENT, ATTACHMENTS } from './issuance-schemas.ts';

/** Files that go with an application: the scan of an invoice, a cost statement. */
export function attachmentRoutes(issuance: Issuance): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/applications/:id/attachments',
      operationId: 'addAttachment',
      summary: 'Add a file to an application that can still be changed',
      description: 'The body is the file itself. The same file under the same name is kept once.',
      tag: 'Attachments',
      right: 'application.amend',
      query: { name: { type: 'string', minLength: 1, maxLength: 120, description: "The file's name." } },
      consumes: ATTACHMENT_TYPES,
      bodyLimit: LARGEST_ATTACHMENT,
      requestBody: { type: 'string', format: 'binary' },
      streamsBody: true,
      transactions: 'own',
      replies: { 201: { description: 'The attachment.', schema: ATTACHMENT } },
      async handle(context) {
        if (context.stream === undefined) {
          throw new Refusal('malformed', 'ATTACHMENT-EMPTY', 'Send the file as the body of the request.');
        }
        const attachment = await issuance.addAttachment(asked(context), idOf(context), {
          name: context.query['name'] ?? '',
          contentType: context.contentType ?? '',
          bytes: context.stream,
        });
        return {
          status: 201,
          json: attachment,
          location: `/api/applications/${idOf(context)}/attachments/${attachment.id}`,
        };
      },
    },
    {
      method: 'GET',
      path: '/api/applications/:id/attachments',
      operationId: 'listAttachments',
      summary: 'List the files of an application',
      tag: 'Attachments',
      right: 'application.read',
      replies: { 200: { description: 'The files, oldest first.', schema: ATTACHMENTS } },
      async handle(context) {
        return { status: 200, json: { items: await issuance.listAttachments(asked(context), idOf(context)) } };
      },
    },
    {
      method: 'GET',
      path: '/api/applications/:id/attachments/:attachmentId',
      operationId: 'readAttachment',
      summary: 'Read a file of an application',
      tag: 'Attachments',
      right: 'application.read',
      replies: { 200: { description: 'The file as it was sent.', contentType: 'application/octet-stream' } },
      async handle(context) {
        const { attachment, bytes } = await issuance.openAttachment(
          asked(context),
          idOf(context),
          context.params['attachmentId'] ?? '',
        );
        return {
          status: 200,
          stream: bytes,
          length: attachment.size,
          contentType: attachment.contentType,
          entityTag: attachment.digest,
          headers: { 'Content-Disposition': disposition(attachment.name) },
        };
      },
    },
  ];
}

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

/** Always to be saved, never shown inside our pages; the name in the form of RFC 6266 and RFC 8187. */
export function disposition(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9 ._-]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
