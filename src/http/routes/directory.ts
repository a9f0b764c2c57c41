import { Refusal } from '../../documents/refusal.ts';
import type { Reply, Route } from '../route.ts';

/** Where the signed directories come from: the newest, or the one with this serial; undefined when it is not held. */
export type DirectoryVersions = (serial: number | undefined) => Promise<Buffer | undefined>;

const MEDIA_TYPE = 'application/jose+json';

/** The signed federation directory as this node holds it, for other nodes and for anyone who wants to check. */
export function directoryRoutes(versions: DirectoryVersions): Route[] {
  return [
    {
      method: 'GET',
      path: '/directory',
      operationId: 'readDirectory',
      summary: 'The signed directory of the federation',
      description:
        'A JWS in general JSON serialisation over the canonical form (RFC 8785) of the directory. It proves itself by the keys of the federation; where it was fetched does not matter.',
      tag: 'Node',
      right: 'public',
      query: { serial: { type: 'string', pattern: '^[1-9][0-9]{0,8}$', description: 'An earlier version.' } },
      replies: {
        200: { description: 'The signed directory.', contentType: MEDIA_TYPE },
        404: { description: 'This node does not hold that version.' },
      },
      async handle({ query }): Promise<Reply> {
        const serial = query['serial'];
        const bytes = await versions(serial === undefined ? undefined : Number(serial));
        if (bytes === undefined)
          throw new Refusal(
            'not-found',
            'DIRECTORY-NOT-FOUND',
            'This node does not hold that version of the directory.',
          );
        return { status: 200, bytes, contentType: MEDIA_TYPE };
      },
    },
  ];
}
