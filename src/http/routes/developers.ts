import { createHash } from 'node:crypto';
import { docsContent } from '../docs-page.ts';
import type { NodeDescription } from '../node-description.ts';
import { openApiDocument } from '../openapi.ts';
import { page } from '../page.ts';
import type { Reply, Route } from '../route.ts';

/**
 * The OpenAPI document and the page made from it.
 * @param others every other row of the route table; these two are added to it
 */
export function developerRoutes(
  others: readonly Route[],
  node: {
    readonly describe: () => Promise<NodeDescription>;
    readonly publicUrl: string;
    readonly cookieName: string;
    readonly version: string;
  },
): Route[] {
  let document: Reply | undefined;
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/openapi.json',
      operationId: 'readOpenApi',
      summary: 'This table as OpenAPI 3.1',
      tag: 'Node',
      right: 'public',
      replies: { 200: { description: 'The document.', schema: { type: 'object' } } },
      async handle() {
        if (document === undefined) {
          const json = openApiDocument([...others, ...routes], node.publicUrl, node.version, node.cookieName);
          const bytes = Buffer.from(JSON.stringify(json));
          document = {
            status: 200,
            bytes,
            contentType: 'application/json',
            entityTag: createHash('sha256').update(bytes).digest('base64url'),
            headers: { 'Cache-Control': 'public, no-cache', 'Access-Control-Allow-Origin': '*' },
          };
        }
        return document;
      },
    },
    {
      method: 'GET',
      path: '/docs',
      operationId: 'readDocs',
      summary: 'This table as a page for people',
      tag: 'Node',
      right: 'public',
      replies: { 200: { description: 'The page.', contentType: 'text/html' } },
      async handle() {
        const { countryName, authority, sample } = await node.describe();
        const frame = { title: 'For programs', countryName, authority, sample };
        return page(frame, docsContent([...others, ...routes], node.publicUrl));
      },
    },
  ];
  return routes;
}
