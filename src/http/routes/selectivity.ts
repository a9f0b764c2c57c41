import type { Asked } from '../../clearance/asked.ts';
import type { VersionLine, VersionView } from '../../clearance/selectivity/change.ts';
import { RULE_SET } from '../../clearance/selectivity/change.ts';
import type { Approval } from '../../clearance/selectivity/four-eyes.ts';
import type { SelectivityAdministration } from '../../clearance/selectivity/selectivity.ts';
import type { JsonObject, JsonValue } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { bodyObject, momentOf, objectAt, textOf } from '../body.ts';
import type { Reply, Route, RouteContext } from '../route.ts';
import {
  APPROVAL,
  DRAW,
  REASON,
  RULE_NAME,
  RULE_SET_CONTENT,
  VERSION_LINE,
  VERSION_NUMBER,
  versionOf,
} from './selectivity-shapes.ts';
import { listOf, objectOf } from './shapes.ts';

const TAG = 'Selectivity';
const RULE_SET_VERSION = versionOf(RULE_SET_CONTENT);

export function askedOf({ transaction, actor, now }: RouteContext): Asked {
  return { transaction, actor, now };
}

/** The version that the address names. @throws the refusal `VERSION-NOT-FOUND` for what is no number */
export function numberOf(params: RouteContext['params']): number {
  const number = params['number'] ?? '';
  if (!/^[1-9][0-9]{0,8}$/.test(number))
    throw new Refusal('not-found', 'VERSION-NOT-FOUND', 'There is no such version.');
  return Number(number);
}

export function approvalOf(body: JsonValue | undefined): Approval {
  const wanted = body === undefined ? {} : bodyObject(body);
  return {
    inForceFrom: wanted['inForceFrom'] === undefined ? null : momentOf(wanted, 'inForceFrom'),
    reason: wanted['reason'] === undefined ? null : textOf(wanted, 'reason').normalize('NFC'),
  };
}

export function reasonOf(body: JsonValue | undefined): string {
  return textOf(bodyObject(body), 'reason').normalize('NFC');
}

export function lineJson(line: VersionLine): JsonObject {
  return {
    name: line.name,
    number: line.number,
    state: line.state,
    reason: line.reason,
    draftedAt: line.draftedAt,
    draftedById: line.draftedById,
    draftedByName: line.draftedByName,
    steps: line.steps.map((step) => ({ ...step })),
    version: line.version,
  };
}

export function versionJson(view: VersionView): JsonObject {
  return { ...lineJson(view), content: view.content };
}

export function versionReply(status: number, view: VersionView): Reply {
  return { status, json: versionJson(view), version: view.version };
}

/** Rule sets: read, drawn up, proposed, approved by somebody else, withdrawn. Officials only. */
export function ruleSetRoutes(selectivity: SelectivityAdministration): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/selectivity/fields',
      operationId: 'listRuleFields',
      summary: 'Every field that a condition of a rule can name, with its kind',
      tag: TAG,
      right: 'selectivity.read',
      replies: {
        200: {
          description: 'The fields; entries of a list are named with [].',
          schema: listOf(
            objectOf({
              path: { type: 'string' },
              kind: { type: 'string', enum: ['text', 'decimal', 'yes-no', 'list'] },
            }),
          ),
        },
      },
      async handle() {
        return { status: 200, json: { items: selectivity.fields() } };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/rule-sets',
      operationId: 'listRuleSets',
      summary: 'Versions of the rule set, the newest first, 200 at a time',
      tag: TAG,
      right: 'selectivity.read',
      query: { before: { ...VERSION_NUMBER, description: 'Number of the last version you have.' } },
      replies: { 200: { description: 'The versions, without the rules.', schema: listOf(VERSION_LINE) } },
      async handle(context) {
        const { before } = context.query;
        const lines = await selectivity.listVersions(
          askedOf(context),
          RULE_SET,
          before === undefined ? null : Number(before),
        );
        return { status: 200, json: { items: lines.map(lineJson) } };
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/rule-sets',
      operationId: 'draftRuleSet',
      summary: 'Draw up a new version of the rule set',
      description:
        'The whole set, judged at once with all its faults. It is a draft until it is proposed. Seeds of random rules are drawn by the node and shown to nobody.',
      tag: TAG,
      right: 'selectivity.propose',
      requestBody: objectOf({ ruleSet: RULE_SET_CONTENT, reason: REASON }),
      replies: { 201: { description: 'The draft; the ETag counts its steps.', schema: RULE_SET_VERSION } },
      async handle(context) {
        const body = bodyObject(context.body);
        const view = await selectivity.draftRuleSet(askedOf(context), objectAt(body, 'ruleSet'), reasonOf(body));
        return { ...versionReply(201, view), location: `/api/selectivity/rule-sets/${view.number}` };
      },
    },
    {
      method: 'GET',
      path: '/api/selectivity/rule-sets/:number',
      operationId: 'readRuleSet',
      summary: 'One version of the rule set, with what was done with it',
      tag: TAG,
      right: 'selectivity.read',
      replies: { 200: { description: 'The version.', schema: RULE_SET_VERSION } },
      async handle(context) {
        return versionReply(200, await selectivity.readVersion(askedOf(context), RULE_SET, numberOf(context.params)));
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/rule-sets/:number/proposal',
      operationId: 'proposeRuleSet',
      summary: 'Propose a draft for approval',
      tag: TAG,
      right: 'selectivity.propose',
      ifMatch: 'required',
      replies: { 200: { description: 'The version, proposed.', schema: RULE_SET_VERSION } },
      async handle(context) {
        const { params, ifMatch = 0 } = context;
        return versionReply(200, await selectivity.proposeRuleSet(askedOf(context), numberOf(params), ifMatch));
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/rule-sets/:number/approval',
      operationId: 'approveRuleSet',
      summary: 'Approve what somebody else proposed',
      description:
        'Never what you drew up or proposed yourself, and only after a dry run of exactly this version; on a node without past declarations the reason says why without.',
      tag: TAG,
      right: 'selectivity.approve',
      ifMatch: 'required',
      requestBody: APPROVAL,
      bodyOptional: true,
      replies: { 200: { description: 'The version, approved.', schema: RULE_SET_VERSION } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        const approval = approvalOf(body);
        return versionReply(
          200,
          await selectivity.approveRuleSet(askedOf(context), numberOf(params), ifMatch, approval),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/rule-sets/:number/withdrawal',
      operationId: 'withdrawRuleSet',
      summary: 'Withdraw a version that is not in force',
      description: 'What is in force is only replaced by a new version. What is approved, a supervisor withdraws.',
      tag: TAG,
      right: 'selectivity.propose',
      ifMatch: 'required',
      requestBody: objectOf({ reason: REASON }),
      replies: { 200: { description: 'The version, withdrawn.', schema: RULE_SET_VERSION } },
      async handle(context) {
        const { params, ifMatch = 0, body } = context;
        return versionReply(
          200,
          await selectivity.withdrawRuleSet(askedOf(context), numberOf(params), ifMatch, reasonOf(body)),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/selectivity/draws',
      operationId: 'repeatDraw',
      summary: 'Repeat a random draw, to compare it with what was recorded',
      description: 'Only for declarations that were given a channel: a draw to come is told to nobody.',
      tag: TAG,
      right: 'selectivity.approve',
      requestBody: objectOf({
        ruleSet: { type: 'integer', minimum: 1, maximum: 999_999_999 },
        rule: RULE_NAME,
        movementReference: {
          type: 'string',
          pattern: '^[0-9]{2}[A-Z]{2}[0-9A-Z]{14}$',
          says: 'a movement reference number of 18 characters',
        },
      }),
      repeatable: 'It changes nothing.',
      replies: { 200: { description: 'The draw.', schema: DRAW } },
      async handle(context) {
        const body = bodyObject(context.body);
        const draw = await selectivity.repeatDraw(
          askedOf(context),
          Number(body['ruleSet']),
          textOf(body, 'rule'),
          textOf(body, 'movementReference'),
        );
        return { status: 200, json: { ...draw } };
      },
    },
  ];
}
