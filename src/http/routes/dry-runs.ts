import type { DryRunView } from '../../clearance/selectivity/dry-runs.ts';
import type { SelectivityAdministration } from '../../clearance/selectivity/selectivity.ts';
import type { JsonObject } from '../../documents/json.ts';
import { bodyObject, momentOf } from '../body.ts';
import type { Route } from '../route.ts';
import { askedOf, numberOf } from './selectivity.ts';
import { DRY_RUN, DRY_RUN_TERMS } from './selectivity-shapes.ts';
import { ID, listOf } from './shapes.ts';

const TAG = 'Selectivity';
const MOST_WHEN_LEFT_OUT = 10_000;

function dryRunJson(view: DryRunView): JsonObject {
  return { ...view };
}

/** Rule sets tried over past declarations before they go live. Officials only. */
export function dryRunRoutes(selectivity: SelectivityAdministration): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/selectivity/rule-sets/:number/dry-runs',
      operationId: 'requestDryRun',
      summary: 'Try a version over past declarations',
      description:
        'Runs in the background over the declarations lodged in the period, the newest first; read it again to see how far it is.',
      tag: TAG,
      right: 'selectivity.propose',
      requestBody: DRY_RUN_TERMS,
      replies: { 202: { description: 'It waits for its turn.', schema: DRY_RUN } },
      async handle(context) {
        const body = bodyObject(context.body);
        const view = await selectivity.requestDryRun(askedOf(context), numberOf(context.params), {
          lodgedFrom: momentOf(body, 'lodgedFrom'),
          lodgedUntil: momentOf(body, 'lodgedUntil'),
          most: body['most'] === undefined ? MOST_WHEN_LEFT_OUT : Number(body['most']),
          asOf: body['asOf'] === undefined ? null : momentOf(body, 'asOf'),
        });
        return { status: 202, json: dryRunJson(view), location: `/api/selectivity/dry-runs/${view.id}` };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/rule-sets/:number/dry-runs',
      operationId: 'listDryRuns',
      summary: 'Dry runs of a version, the newest first',
      tag: TAG,
      right: 'selectivity.read',
      replies: { 200: { description: 'At most 100.', schema: listOf(DRY_RUN) } },
      async handle(context) {
        const views = await selectivity.listDryRuns(askedOf(context), numberOf(context.params));
        return { status: 200, json: { items: views.map(dryRunJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/dry-runs/:id',
      operationId: 'readDryRun',
      summary: 'One dry run: how far it is, and what it found',
      tag: TAG,
      right: 'selectivity.read',
      params: { id: ID },
      replies: { 200: { description: 'The dry run.', schema: DRY_RUN } },
      async handle(context) {
        const view = await selectivity.readDryRun(askedOf(context), context.params['id'] ?? '');
        return { status: 200, json: dryRunJson(view) };
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/dry-runs/:id/abort',
      operationId: 'abortDryRun',
      summary: 'End a dry run before its time',
      tag: TAG,
      right: 'selectivity.propose',
      params: { id: ID },
      replies: { 200: { description: 'The dry run, aborted.', schema: DRY_RUN } },
      async handle(context) {
        const view = await selectivity.abortDryRun(askedOf(context), context.params['id'] ?? '');
        return { status: 200, json: dryRunJson(view) };
      },
    },
  ];
}
