import { type AuthorisedTrader, traderOf } from '../../clearance/selectivity/authorised-traders.ts';
import type { SelectivityAdministration } from '../../clearance/selectivity/selectivity.ts';
import type { JsonObject } from '../../documents/json.ts';
import { bodyObject, momentOf, objectAt, textOf } from '../body.ts';
import type { Route } from '../route.ts';
import { approvalOf, askedOf, lineJson, numberOf, reasonOf, versionJson, versionReply } from './selectivity.ts';
import { APPROVAL, REASON, TRADER_CONTENT, VERSION_LINE, VERSION_NUMBER, versionOf } from './selectivity-shapes.ts';
import { ID, LINE, listOf, objectOf } from './shapes.ts';

const TAG = 'Selectivity';

function traderContent(content: JsonObject): AuthorisedTrader {
  return {
    kind: textOf(content, 'kind').normalize('NFC'),
    validFrom: momentOf(content, 'validFrom').toISOString(),
    validUntil: content['validUntil'] === null ? null : momentOf(content, 'validUntil').toISOString(),
    revoked: content['revoked'] === true,
  };
}

/** Authorised traders, each decided under four eyes. Officials only. */
export function authorisedTraderRoutes(selectivity: SelectivityAdministration): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/selectivity/authorised-traders',
      operationId: 'listAuthorisedTraders',
      summary: 'Authorised traders, each with its newest version, 200 at a time',
      tag: TAG,
      right: 'selectivity.read',
      query: { after: { ...LINE, description: '`name` of the last one you have.' } },
      replies: { 200: { description: 'By name.', schema: listOf(versionOf(TRADER_CONTENT)) } },
      async handle(context) {
        const views = await selectivity.listNewest(askedOf(context), 'authorised-trader', context.query['after'] ?? '');
        return { status: 200, json: { items: views.map(versionJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/authorised-traders/:firmId/versions',
      operationId: 'listAuthorisedTraderVersions',
      summary: 'Versions of one authorisation, the newest first',
      tag: TAG,
      right: 'selectivity.read',
      params: { firmId: ID },
      query: { before: { ...VERSION_NUMBER, description: 'Number of the last version you have.' } },
      replies: { 200: { description: 'The versions, without their content.', schema: listOf(VERSION_LINE) } },
      async handle(context) {
        const { before } = context.query;
        const lines = await selectivity.listVersions(
          askedOf(context),
          traderOf(context.params['firmId'] ?? ''),
          before === undefined ? null : Number(before),
        );
        return { status: 200, json: { items: lines.map(lineJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/authorised-traders/:firmId/versions/:number',
      operationId: 'readAuthorisedTrader',
      summary: 'One version of one authorisation',
      tag: TAG,
      right: 'selectivity.read',
      params: { firmId: ID },
      replies: { 200: { description: 'The version.', schema: versionOf(TRADER_CONTENT) } },
      async handle(context) {
        const changed = traderOf(context.params['firmId'] ?? '');
        return versionReply(200, await selectivity.readVersion(askedOf(context), changed, numberOf(context.params)));
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/authorised-traders/:firmId/versions',
      operationId: 'proposeAuthorisedTrader',
      summary: 'Propose what shall hold from now on, for somebody else to approve',
      tag: TAG,
      right: 'authorised-trader.manage',
      params: { firmId: ID },
      requestBody: objectOf({ content: TRADER_CONTENT, reason: REASON }),
      replies: { 201: { description: 'Proposed.', schema: versionOf(TRADER_CONTENT) } },
      async handle(context) {
        const body = bodyObject(context.body);
        const view = await selectivity.proposeTrader(
          askedOf(context),
          context.params['firmId'] ?? '',
          traderContent(objectAt(body, 'content')),
          reasonOf(body),
        );
        return {
          ...versionReply(201, view),
          location: `/api/selectivity/authorised-traders/${view.name}/versions/${view.number}`,
        };
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/authorised-traders/:firmId/versions/:number/approval',
      operationId: 'approveAuthorisedTrader',
      summary: 'Approve what somebody else proposed',
      tag: TAG,
      right: 'authorised-trader.manage',
      params: { firmId: ID },
      ifMatch: 'required',
      requestBody: APPROVAL,
      bodyOptional: true,
      replies: { 200: { description: 'Approved.', schema: versionOf(TRADER_CONTENT) } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        const name = params['firmId'] ?? '';
        const approval = approvalOf(body);
        return versionReply(
          200,
          await selectivity.approveTrader(askedOf(context), name, numberOf(params), ifMatch, approval),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/authorised-traders/:firmId/versions/:number/withdrawal',
      operationId: 'withdrawAuthorisedTrader',
      summary: 'Withdraw a version that is not in force',
      tag: TAG,
      right: 'authorised-trader.manage',
      params: { firmId: ID },
      ifMatch: 'required',
      requestBody: objectOf({ reason: REASON }),
      replies: { 200: { description: 'Withdrawn.', schema: versionOf(TRADER_CONTENT) } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        const name = params['firmId'] ?? '';
        return versionReply(
          200,
          await selectivity.withdrawTrader(askedOf(context), name, numberOf(params), ifMatch, reasonOf(body)),
        );
      },
    },
  ];
}
