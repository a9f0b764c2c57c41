import { isArray, isObject, type JsonValue } from '../../documents/json.ts';
import type { Asked } from '../../issuance/asked.ts';
import type { Issuance } from '../../issuance/issuance.ts';
import type { ApplicationView, DecisionReason } from '../../issuance/views.ts';
import type { Reply, Route, RouteContext, SignedInRoute } from '../route.ts';
import {
  APPLICATION,
  APPLICATION_PAGE,
  APPLICATION_STATES,
  APPROVE_BODY,
  CHECK_RESULT,
  DAY_QUERY,
  HISTORY,
  PAGE_QUERY,
  REASON_BODY,
  REASONS_BODY,
  TEXT_QUERY,
} from './issuance-schemas.ts';

const CONTENT = { $ref: 'certificate-application.schema.json' };
const FIRM_QUERY = {
  type: 'string',
  format: 'uuid',
  description: 'For brokers: the firm they apply for, by a mandate that holds now.',
} as const;
const one = { 200: { description: 'The application as it is now.', schema: APPLICATION } };

/** Applications for certificates of origin: journey J2 up to the decision. */
export function applicationRoutes(issuance: Issuance): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/applications/check',
      operationId: 'checkApplication',
      summary: 'Say every fault of an application without storing anything',
      tag: 'Applications',
      right: 'application.check',
      query: { principalFirmId: FIRM_QUERY },
      requestBody: CONTENT,
      replies: { 200: { description: 'All faults; none means that it could be submitted.', schema: CHECK_RESULT } },
      repeatable: 'It stores nothing.',
      transactions: 'own',
      async handle(context) {
        const faults = await issuance.check(asked(context), bodyOf(context), context.query['principalFirmId']);
        return { status: 200, json: { valid: faults.length === 0, faults: faults.map((fault) => ({ ...fault })) } };
      },
    },
    {
      method: 'POST',
      path: '/api/applications',
      operationId: 'createApplication',
      shares: true,
      summary: 'Save an application as a draft, with its faults if it has any',
      description:
        'A draft may be incomplete: the answer lists what would be refused at submission. Members that an application does not have, values of another type and hostile text are refused at once.',
      tag: 'Applications',
      right: 'application.create',
      query: {
        principalFirmId: FIRM_QUERY,
        office: { type: 'string', maxLength: 20, description: 'Code of the office to apply to; the first without it.' },
      },
      requestBody: CONTENT,
      replies: { 201: { description: 'The draft.', schema: APPLICATION } },
      async handle(context) {
        const { principalFirmId, office } = context.query;
        const view = await issuance.create(asked(context), {
          content: bodyOf(context),
          ...(principalFirmId === undefined ? {} : { principalFirmId }),
          ...(office === undefined ? {} : { office }),
        });
        return { ...reply(view, 201), location: `/api/applications/${view.id}` };
      },
    },
    {
      method: 'GET',
      path: '/api/applications',
      operationId: 'listApplications',
      summary: 'List applications, newest first, page by page',
      tag: 'Applications',
      right: 'application.read',
      query: {
        ...PAGE_QUERY,
        state: { type: 'string', enum: APPLICATION_STATES },
        scheme: { type: 'string', maxLength: 35 },
        importingCountry: { type: 'string', pattern: '^[A-Z]{2}$' },
        consignmentReference: { type: 'string', maxLength: 35 },
        text: TEXT_QUERY,
        createdFrom: DAY_QUERY,
        createdTo: DAY_QUERY,
      },
      replies: { 200: { description: 'One page of what you can see.', schema: APPLICATION_PAGE } },
      async handle(context) {
        return { status: 200, json: await issuance.listApplications(asked(context), context.query) };
      },
    },
    {
      method: 'GET',
      path: '/api/applications/:id',
      operationId: 'readApplication',
      summary: 'Read an application',
      tag: 'Applications',
      right: 'application.read',
      replies: one,
      async handle(context) {
        return reply(await issuance.readApplication(asked(context), idOf(context)));
      },
    },
    {
      method: 'PUT',
      path: '/api/applications/:id',
      operationId: 'amendApplication',
      summary: 'Replace the content of a draft or a returned application',
      tag: 'Applications',
      right: 'application.amend',
      requestBody: CONTENT,
      ifMatch: 'required',
      replies: one,
      async handle(context) {
        return reply(await issuance.amend(asked(context), idOf(context), versionOf(context), bodyOf(context)));
      },
    },
    step(
      'submit',
      'Hand an application to the issuing office; refused with all faults if it has any',
      'application.submit',
      { shares: true },
      (context) => issuance.submit(asked(context), idOf(context), versionOf(context)),
    ),
    step(
      'withdraw',
      'Take an application back for good',
      'application.withdraw',
      { requestBody: REASON_BODY, shares: true },
      (context) =>
        issuance.withdraw(asked(context), idOf(context), versionOf(context), textOf(context, 'reason') ?? ''),
    ),
    step(
      'return',
      'Send an application back to be corrected, with reasons',
      'application.decide',
      { requestBody: REASONS_BODY, shares: true },
      (context) =>
        issuance.returnForCorrection(asked(context), idOf(context), versionOf(context), reasonsOf(context.body)),
    ),
    step(
      'reject',
      'Reject an application for good, with reasons',
      'application.decide',
      { requestBody: REASONS_BODY, shares: true },
      (context) => issuance.reject(asked(context), idOf(context), versionOf(context), reasonsOf(context.body)),
    ),
    step(
      'approve',
      'Approve an application: its certificate is issued, sealed and sent',
      'application.decide',
      { requestBody: APPROVE_BODY, bodyOptional: true },
      (context) => issuance.approve(asked(context), idOf(context), versionOf(context), textOf(context, 'remarks')),
    ),
    {
      method: 'GET',
      path: '/api/applications/:id/history',
      operationId: 'readApplicationHistory',
      summary: 'Read what happened to an application, and who waited for whom',
      tag: 'Applications',
      right: 'application.read',
      replies: { 200: { description: 'Events in order, and stretches of waiting.', schema: HISTORY } },
      async handle(context) {
        return { status: 200, json: await issuance.applicationHistory(asked(context), idOf(context)) };
      },
    },
  ];
}

/** Who asks, when, and in which transaction, as the journey wants it. */
export function asked(context: RouteContext): Asked {
  return { transaction: context.transaction, actor: context.actor, now: context.now };
}

function step(
  action: string,
  summary: string,
  right: SignedInRoute['right'],
  terms: Pick<SignedInRoute, 'requestBody' | 'bodyOptional' | 'shares'>,
  make: (context: RouteContext) => Promise<ApplicationView>,
): Route {
  return {
    method: 'POST',
    path: `/api/applications/:id/${action}`,
    operationId: `${action}Application`,
    summary,
    tag: 'Applications',
    right,
    ...terms,
    ifMatch: 'required',
    replies: one,
    handle: async (context) => reply(await make(context)),
  };
}

function reply(view: ApplicationView, status = 200): Reply {
  return { status, json: view, version: view.version };
}

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

/** The framework has refused a request without If-Match; no version has the number 0. */
function versionOf(context: RouteContext): number {
  return context.ifMatch ?? 0;
}

function bodyOf(context: RouteContext): JsonValue {
  return context.body ?? null;
}

function textOf(context: RouteContext, name: string): string | undefined {
  const value = isObject(context.body) ? context.body[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function reasonsOf(body: JsonValue | undefined): DecisionReason[] {
  const reasons = isObject(body) && isArray(body['reasons']) ? body['reasons'] : [];
  return reasons.flatMap((each) => {
    if (!isObject(each) || typeof each['reason'] !== 'string') return [];
    const pointer = each['pointer'];
    return [{ reason: each['reason'], ...(typeof pointer === 'string' && pointer !== '' ? { pointer } : {}) }];
  });
}
