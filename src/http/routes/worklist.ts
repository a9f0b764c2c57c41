import type { Officer } from '../../clearance/officer/officer.ts';
import type { Route } from '../route.ts';
import { asked, bodyOf, mrnOf, standingReply, textIn, versionOf } from './officer-request.ts';
import { HAND_OVER, STANDING, VERDICT, WORKLIST, WORKLIST_QUERY } from './officer-shapes.ts';

const tag = 'Clearance';

/** What a clearance officer begins with: the worklist, the verdict, and taking a declaration up. */
export function worklistRoutes(officer: Officer): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/worklist',
      operationId: 'readWorklist',
      summary: 'List the open declarations of your office by target time and age, page by page',
      tag,
      right: 'worklist.read',
      query: WORKLIST_QUERY,
      replies: { 200: { description: 'One page; the first one also counts who is waited for.', schema: WORKLIST } },
      async handle(context) {
        return { status: 200, json: await officer.worklist(asked(context), context.query) };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations/:mrn/verdict',
      operationId: 'readVerdict',
      summary:
        'Read the one verdict on a consignment: an answer to each question, what hinders its release, what can be done',
      description: 'What nobody has checked says so: `not-checked` is an answer of its own and never counts as good.',
      tag,
      right: 'verdict.read',
      query: {
        fromItem: {
          type: 'string',
          pattern: '^[1-9][0-9]{0,3}$',
          description: 'The goods item with which lists of items begin, of which 200 are shown; 1 without it.',
        },
      },
      replies: { 200: { description: 'The verdict as of now.', schema: VERDICT } },
      async handle(context) {
        const verdict = await officer.verdict(asked(context), mrnOf(context), Number(context.query['fromItem'] ?? 1));
        return { status: 200, json: verdict, version: verdict.version };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/claim',
      operationId: 'claimDeclaration',
      summary: 'Take a declaration up for work; of two officers at once, one has it',
      tag,
      right: 'declaration.control',
      ifMatch: 'required',
      replies: { 200: { description: 'How the declaration stands.', schema: STANDING } },
      async handle(context) {
        return standingReply(await officer.claim(asked(context), mrnOf(context), versionOf(context)), context);
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/hand-over',
      operationId: 'handOverDeclaration',
      summary: 'Hand a declaration over to a colleague of the office, or back to the pool',
      description: 'Whoever has claimed it may, and a supervisor.',
      tag,
      right: 'declaration.hand-over',
      requestBody: HAND_OVER,
      ifMatch: 'required',
      replies: { 200: { description: 'How the declaration stands.', schema: STANDING } },
      async handle(context) {
        const body = bodyOf(context);
        const handOver = { to: textIn(body, 'to'), reason: textIn(body, 'reason') ?? '' };
        const row = await officer.handOver(asked(context), mrnOf(context), versionOf(context), handOver);
        return standingReply(row, context);
      },
    },
  ];
}
