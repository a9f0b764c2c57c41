import { Refusal } from '../../documents/refusal.ts';
import { ESTIMATORS } from '../../timing/figures.ts';
import type { Asked } from '../../timing/ports.ts';
import type { Timing } from '../../timing/timing.ts';
import type { Route, RouteContext } from '../route.ts';
import {
  COMPARISON,
  COMPARISON_QUERY,
  CORRECTION_BODY,
  correctedIn,
  MILESTONE,
  MILESTONES_REPLY,
  REPORT_BODY,
  reportedIn,
} from './timing-shapes.ts';

const tag = 'Clearance times';

function asked({ transaction, actor, now }: RouteContext): Asked {
  return { transaction, actor, now };
}

const reference = (context: RouteContext): string => context.params['mrn'] ?? '';

/** Milestones of a declaration, and the comparison of clearance times. */
export function timingRoutes(timing: Timing): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/declarations/:mrn/milestones',
      operationId: 'listMilestones',
      summary: 'List every milestone of a declaration as it was recorded, with corrections and marks',
      tag,
      right: 'declaration.read',
      replies: { 200: { description: 'In the order in which they were recorded.', schema: MILESTONES_REPLY } },
      async handle(context) {
        return { status: 200, json: { items: await timing.milestones(asked(context), reference(context)) } };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/milestones',
      operationId: 'reportMilestone',
      summary: 'Record what port, carrier or another agency reports of a consignment',
      description:
        'Arrival is reported at /api/declarations/{mrn}/arrival, since clearance goes on with it. All other milestones are recorded when they happen in this node.',
      tag,
      right: 'milestone.report',
      requestBody: REPORT_BODY,
      replies: { 201: { description: 'The milestone as it is kept, with its marks.', schema: MILESTONE } },
      async handle(context) {
        const view = await timing.report(asked(context), reference(context), reportedIn(context));
        return { status: 201, json: view, location: `/api/declarations/${reference(context)}/milestones` };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/milestones/:id/corrections',
      operationId: 'correctMilestone',
      summary: 'Give another moment in place of one that was recorded wrongly; both are kept',
      tag,
      right: 'milestone.correct',
      requestBody: CORRECTION_BODY,
      replies: { 201: { description: 'The correction as it is kept, with its marks.', schema: MILESTONE } },
      async handle(context) {
        const id = context.params['id'] ?? '';
        const view = await timing.correct(asked(context), reference(context), id, correctedIn(context));
        return { status: 201, json: view, location: `/api/declarations/${reference(context)}/milestones` };
      },
    },
    {
      method: 'GET',
      path: '/api/timing/comparison',
      operationId: 'compareClearanceTimes',
      summary:
        'Clearance times of a period by channel: how many, how many still open, median and p90 with their intervals',
      tag,
      right: 'timing.read',
      query: COMPARISON_QUERY,
      replies: { 200: { description: 'A row for all channels and one for each.', schema: COMPARISON } },
      async handle(context) {
        const { interval, procedure, from, until, by, asOf, published } = context.query;
        if (from === undefined || until === undefined)
          throw new Refusal(
            'malformed',
            'PERIOD-MISSING',
            'Say for which period: from is its first day, until the first day that is not in it any more.',
          );
        const comparison = await timing.compare(asked(context), {
          interval: interval ?? 'arrival-release@1',
          procedure: procedure === 'export' ? 'export' : 'import',
          from,
          until,
          ...(asOf === undefined ? {} : { asOf: new Date(asOf) }),
          byChannel: by !== 'country',
          published: published === 'true',
        });
        return { status: 200, json: { ...comparison, estimators: ESTIMATORS } };
      },
    },
  ];
}
