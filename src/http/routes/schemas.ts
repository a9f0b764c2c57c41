import { Refusal } from '../../documents/refusal.ts';
import { type SchemaFile, schemaSet } from '../../documents/schema-set.ts';
import type { Reply, Route } from '../route.ts';
import { objectOf } from './shapes.ts';

const TEXT = { type: 'string' };
const INDEX = objectOf({
  digest: { type: 'string', description: 'SHA-256 over the canonical JSON (RFC 8785) of the list of path and digest.' },
  files: { type: 'array', items: objectOf({ path: TEXT, address: TEXT, digest: TEXT, size: { type: 'integer' } }) },
});

/** Anyone may read and link to these; the digest is that of RFC 9530. */
function shared(digest: string): { readonly [name: string]: string } {
  return {
    'Cache-Control': 'public, max-age=300',
    'Access-Control-Allow-Origin': '*',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Content-Digest': `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`,
  };
}

function file(found: SchemaFile): Reply {
  return {
    status: 200,
    bytes: found.bytes,
    contentType: found.path.endsWith('.schema.json') ? 'application/schema+json' : 'application/json',
    entityTag: found.digest,
    headers: shared(found.digest),
  };
}

/** What all nodes of the federation share, as data. */
export function schemaRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: '/schemas',
      operationId: 'listSchemas',
      summary: 'The shared schemas and code lists, with their digests',
      tag: 'Schemas',
      right: 'public',
      replies: { 200: { description: 'Every file of the schema set.', schema: INDEX } },
      async handle() {
        const { digest, files } = schemaSet();
        const listed = files.map((each) => ({
          path: each.path,
          address: `/schemas/${each.path}`,
          digest: each.digest,
          size: each.bytes.length,
        }));
        return {
          status: 200,
          json: { digest, files: listed },
          entityTag: digest,
          headers: { 'Cache-Control': 'public, max-age=300' },
        };
      },
    },
    {
      method: 'GET',
      path: '/schemas/*path',
      operationId: 'readSchema',
      summary: 'One file, by its path or by its SHA-256',
      description: 'The header field Content-Digest (RFC 9530) and the ETag are its SHA-256.',
      tag: 'Schemas',
      right: 'public',
      replies: { 200: { description: 'The bytes of the file.', contentType: 'application/json' } },
      async handle({ params }) {
        const found = schemaSet().files.find(({ path, digest }) => [path, digest].includes(params['path'] ?? ''));
        if (found === undefined)
          throw new Refusal('not-found', 'SCHEMA-NOT-FOUND', 'There is no such file; the list is at /schemas.');
        return file(found);
      },
    },
  ];
}
