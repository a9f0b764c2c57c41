import type { Tracing } from '../../tracing/tracing.ts';
import type { Route } from '../route.ts';
import { MOMENT, objectOf } from './shapes.ts';

const text = { type: 'string' } as const;
const STRAND = {
  type: ['string', 'null'],
  enum: ['certificate', 'declaration', 'export-declaration', 'origin-query', null],
} as const;
const ENTRY = objectOf(
  { at: MOMENT, country: text, kind: text, words: text, strand: STRAND, role: text, subject: text },
  ['subject'],
);
const WAIT = objectOf({ strand: text, country: text, for: text, since: MOMENT, milliseconds: { type: 'integer' } });

/** The timeline of a consignment over both countries. */
export function timelineRoutes(tracing: Tracing): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/consignments/*reference/timeline',
      operationId: 'readTimeline',
      summary: 'What happened to a consignment in both countries, and who waits for whom',
      description: 'The reference is the unique consignment reference (UCR); slashes in it stand as they are.',
      tag: 'Consignments',
      right: 'timeline.read',
      params: {
        reference: { type: 'string', pattern: '^[A-Z0-9][A-Z0-9/-]{0,34}$', says: 'a unique consignment reference' },
      },
      replies: {
        200: {
          description: 'Events of both countries, oldest first; `told` says up to when each partner told its part.',
          schema: objectOf({
            consignmentReference: text,
            entries: { type: 'array', items: ENTRY },
            waits: { type: 'array', items: WAIT },
            told: { type: 'array', items: objectOf({ country: text, upTo: MOMENT }) },
          }),
        },
      },
      async handle({ transaction, actor, now, params }) {
        const timeline = await tracing.timeline({ reader: transaction, actor, now }, params['reference'] ?? '');
        return {
          status: 200,
          json: {
            consignmentReference: timeline.consignmentReference,
            entries: timeline.entries.map((one) => ({ ...one })),
            waits: timeline.waits.map((one) => ({ ...one })),
            told: timeline.told.map((one) => ({ ...one })),
          },
        };
      },
    },
  ];
}
