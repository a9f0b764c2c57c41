import { type ListContent, listNamed } from '../../clearance/selectivity/lists.ts';
import type { SelectivityAdministration } from '../../clearance/selectivity/selectivity.ts';
import { isArray, type JsonObject } from '../../documents/json.ts';
import { LIST_KINDS } from '../../selectivity/rule-set.ts';
import { bodyObject, objectAt, textOf } from '../body.ts';
import type { Route } from '../route.ts';
import { approvalOf, askedOf, lineJson, numberOf, reasonOf, versionJson, versionReply } from './selectivity.ts';
import {
  APPROVAL,
  LIST_CONTENT,
  LIST_SUMMARY,
  REASON,
  VERSION_LINE,
  VERSION_NUMBER,
  versionOf,
} from './selectivity-shapes.ts';
import { LINE, listOf, objectOf } from './shapes.ts';

const TAG = 'Selectivity';

function listContent(content: JsonObject): ListContent {
  const entries = content['entries'];
  return {
    title: textOf(content, 'title').normalize('NFC'),
    kind: LIST_KINDS.find((kind) => kind === content['kind']) ?? 'texts',
    entries: entries !== undefined && isArray(entries) ? entries.map(String) : [],
  };
}

/** Named lists that rules read, each changed under four eyes. Officials only. */
export function ruleListRoutes(selectivity: SelectivityAdministration): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/selectivity/lists',
      operationId: 'listRuleLists',
      summary: 'Named lists, each with its newest version, 200 at a time',
      tag: TAG,
      right: 'selectivity.read',
      query: { after: { ...LINE, description: '`name` of the last one you have.' } },
      replies: { 200: { description: 'By name.', schema: listOf(versionOf(LIST_SUMMARY)) } },
      async handle(context) {
        const views = await selectivity.listNewest(askedOf(context), 'list', context.query['after'] ?? '');
        return { status: 200, json: { items: views.map(versionJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/lists/:name/versions',
      operationId: 'listRuleListVersions',
      summary: 'Versions of one list, the newest first',
      tag: TAG,
      right: 'selectivity.read',
      query: { before: { ...VERSION_NUMBER, description: 'Number of the last version you have.' } },
      replies: { 200: { description: 'The versions, without their content.', schema: listOf(VERSION_LINE) } },
      async handle(context) {
        const { before } = context.query;
        const lines = await selectivity.listVersions(
          askedOf(context),
          listNamed(context.params['name'] ?? ''),
          before === undefined ? null : Number(before),
        );
        return { status: 200, json: { items: lines.map(lineJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/lists/:name/versions/:number',
      operationId: 'readRuleList',
      summary: 'One version of one list',
      tag: TAG,
      right: 'selectivity.read',
      replies: { 200: { description: 'The version.', schema: versionOf(LIST_CONTENT) } },
      async handle(context) {
        const changed = listNamed(context.params['name'] ?? '');
        return versionReply(200, await selectivity.readVersion(askedOf(context), changed, numberOf(context.params)));
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/lists/:name/versions',
      operationId: 'proposeRuleList',
      summary: 'Propose what shall hold from now on, for somebody else to approve',
      tag: TAG,
      right: 'selectivity.propose',
      requestBody: objectOf({ content: LIST_CONTENT, reason: REASON }),
      bodyLimit: 4 * 1024 * 1024,
      replies: { 201: { description: 'Proposed.', schema: versionOf(LIST_CONTENT) } },
      async handle(context) {
        const body = bodyObject(context.body);
        const view = await selectivity.proposeList(
          askedOf(context),
          context.params['name'] ?? '',
          listContent(objectAt(body, 'content')),
          reasonOf(body),
        );
        return {
          ...versionReply(201, view),
          location: `/api/selectivity/lists/${view.name}/versions/${view.number}`,
        };
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/lists/:name/versions/:number/approval',
      operationId: 'approveRuleList',
      summary: 'Approve what somebody else proposed',
      tag: TAG,
      right: 'selectivity.approve',
      ifMatch: 'required',
      requestBody: APPROVAL,
      bodyOptional: true,
      replies: { 200: { description: 'Approved.', schema: versionOf(LIST_CONTENT) } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        const name = params['name'] ?? '';
        const approval = approvalOf(body);
        return versionReply(
          200,
          await selectivity.approveList(askedOf(context), name, numberOf(params), ifMatch, approval),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/lists/:name/versions/:number/withdrawal',
      operationId: 'withdrawRuleList',
      summary: 'Withdraw a version that is not in force',
      tag: TAG,
      right: 'selectivity.propose',
      ifMatch: 'required',
      requestBody: objectOf({ reason: REASON }),
      replies: { 200: { description: 'Withdrawn.', schema: versionOf(LIST_CONTENT) } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        const name = params['name'] ?? '';
        return versionReply(
          200,
          await selectivity.withdrawList(askedOf(context), name, numberOf(params), ifMatch, reasonOf(body)),
        );
      },
    },
  ];
}
