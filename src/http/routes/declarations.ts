import type { ArrivalReport } from '../../clearance/arrival-note.ts';
import type { Asked } from '../../clearance/asked.ts';
import type { Clearance } from '../../clearance/clearance.ts';
import { formOf, LARGEST_DECLARATION, ReceivedDocument } from '../../clearance/received-document.ts';
import type { DeclarationLine } from '../../clearance/views.ts';
import { Refusal } from '../../documents/refusal.ts';
import type { Precision } from '../../timing/milestone.ts';
import { bodyObject, momentOf, textOf, textOrNull } from '../body.ts';
import type { BodyContext, Reply, Route, RouteContext } from '../route.ts';
import {
  ARRIVAL_BODY,
  ARRIVAL_QUERY,
  DECLARATION,
  DECLARATION_CHECK,
  DECLARATION_FILTERS,
  DECLARATION_HISTORY,
  DECLARATION_LINE,
  DECLARATION_PAGE,
  MESSAGE_TAKEN,
  REASON_QUERY,
} from './declaration-shapes.ts';
import { DAY_QUERY, PAGE_QUERY, REASON_BODY, TEXT_QUERY } from './issuance-schemas.ts';

/** Larger documents have a transaction of their own, so that the small ones of that moment do not wait for them. */
const LARGEST_SHARED = 65_536;
const TAG = 'Declarations';
const one = { 200: { description: 'The declaration as it is now.', schema: DECLARATION_LINE } };

/** Declarations: pre-check, lodgement, arrival, amendment, withdrawal, reading (journeys J3 and J4, the trader's side). */
export function declarationRoutes(clearance: Clearance): Route[] {
  /** Of every route that takes a declaration: XML or JSON, read and validated before anything holds a connection. */
  const takesDocument = {
    consumes: ['application/xml', 'application/json'],
    bodyLimit: LARGEST_DECLARATION,
    bodyAsBytes: true,
    prepare: ({ bytes, contentType, now }: BodyContext) => clearance.receive(present(bytes), formOf(contentType), now),
  } as const;
  return [
    {
      method: 'POST',
      path: '/api/declarations/check',
      operationId: 'checkDeclaration',
      summary: 'Say every fault of a declaration and what would follow, without storing anything',
      description:
        'The duty under each claim, how its certificates stand, which certificates and permits are missing, whether the local reference is free. Nothing is said of channels.',
      tag: TAG,
      right: 'declaration.check',
      ...takesDocument,
      replies: { 200: { description: 'All faults; none means that it could be lodged.', schema: DECLARATION_CHECK } },
      repeatable: 'It stores nothing.',
      transactions: 'own',
      async handle(context) {
        const view = await clearance.check(asked(context), documentOf(context));
        return { status: 200, json: view };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations',
      operationId: 'lodgeDeclaration',
      shares: ({ bytes }) => (bytes?.length ?? 0) <= LARGEST_SHARED,
      summary: 'Lodge a declaration, or send a message about one that was lodged',
      description:
        'A declaration of the WCO Data Model 3.6 as XML or JSON. It is accepted and given its MRN, registered when it is lodged ahead of the goods, or refused with every fault. Requests to amend (function 13, COR) or to cancel (INV), the presentation of goods (GPR) and supplementary data are recognised and change the declaration whose MRN they name.',
      tag: TAG,
      right: 'declaration.lodge',
      query: ARRIVAL_QUERY,
      ...takesDocument,
      replies: {
        200: { description: 'A message about a declaration was taken: how it is now.', schema: MESSAGE_TAKEN },
        201: { description: 'The declaration was registered.', schema: MESSAGE_TAKEN },
      },
      async handle(context) {
        const taken = await clearance.take(asked(context), documentOf(context), arrivalInQuery(context));
        if (taken.done !== 'lodged') return reply(taken);
        return { ...reply(taken), status: 201, location: `/api/declarations/${taken.mrn}` };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations',
      operationId: 'listDeclarations',
      summary: 'List declarations, newest first, page by page',
      tag: TAG,
      right: 'declaration.read',
      query: {
        ...PAGE_QUERY,
        ...DECLARATION_FILTERS,
        text: TEXT_QUERY,
        lodgedFrom: DAY_QUERY,
        lodgedTo: DAY_QUERY,
      },
      replies: { 200: { description: 'One page of what you can see.', schema: DECLARATION_PAGE } },
      async handle(context) {
        return { status: 200, json: await clearance.list(asked(context), context.query) };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations/:mrn',
      operationId: 'readDeclaration',
      summary: 'Read a declaration: how it stands, its certificates and duty, what is open and who has to move',
      tag: TAG,
      right: 'declaration.read',
      replies: { 200: { description: 'The declaration.', schema: DECLARATION } },
      async handle(context) {
        const view = await clearance.read(asked(context), mrnOf(context));
        return { status: 200, json: view, version: view.version };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations/:mrn/documents/:number',
      operationId: 'readDeclarationDocument',
      summary: 'Read one document of a declaration, byte for byte as it came',
      tag: TAG,
      right: 'declaration.read',
      params: { number: { type: 'string', pattern: '^[1-9][0-9]{0,5}$', says: 'the number of a version' } },
      replies: { 200: { description: 'The bytes.', contentType: 'application/octet-stream' } },
      async handle(context) {
        const number = Number(context.params['number']);
        const { bytes, contentType, digest } = await clearance.readDocument(asked(context), mrnOf(context), number);
        return { status: 200, bytes, contentType, entityTag: digest };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations/:mrn/history',
      operationId: 'readDeclarationHistory',
      summary: 'Read what happened to a declaration, and who waited for whom',
      tag: TAG,
      right: 'declaration.read',
      replies: { 200: { description: 'Events in order, and stretches of waiting.', schema: DECLARATION_HISTORY } },
      async handle(context) {
        return { status: 200, json: await clearance.history(asked(context), mrnOf(context)) };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/amendments',
      operationId: 'amendDeclaration',
      summary: 'Amend a declaration before its release',
      description:
        'Send the whole declaration as it shall stand, or a request to amend (function 13, type COR) with what changes. It is judged anew; its channel never gets milder.',
      tag: TAG,
      right: 'declaration.amend',
      query: { reason: REASON_QUERY },
      ...takesDocument,
      ifMatch: 'required',
      replies: one,
      async handle(context) {
        const reason = context.query['reason'] ?? null;
        return reply(
          await clearance.amend(asked(context), mrnOf(context), versionOf(context), documentOf(context), reason),
        );
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/arrival',
      operationId: 'reportArrival',
      summary: 'Report that the goods have arrived; a declaration lodged ahead is accepted by that',
      tag: TAG,
      right: 'arrival.report',
      requestBody: ARRIVAL_BODY,
      ifMatch: 'required',
      replies: one,
      async handle(context) {
        const report = arrivalInBody(context);
        return reply(await clearance.arrive(asked(context), mrnOf(context), versionOf(context), report));
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/withdraw',
      operationId: 'withdrawDeclaration',
      summary: 'Withdraw a declaration before its release',
      tag: TAG,
      right: 'declaration.withdraw',
      requestBody: REASON_BODY,
      ifMatch: 'required',
      replies: one,
      async handle(context) {
        const reason = textOf(bodyObject(context.body), 'reason');
        return reply(await clearance.withdraw(asked(context), mrnOf(context), versionOf(context), reason));
      },
    },
  ];
}

function asked({ transaction, actor, now }: RouteContext): Asked {
  return { transaction, actor, now };
}

function reply(line: DeclarationLine): Reply {
  return { status: 200, json: line, version: line.version };
}

function mrnOf(context: RouteContext): string {
  return context.params['mrn'] ?? '';
}

/** The framework has refused a request without If-Match; no version has the number 0. */
function versionOf(context: RouteContext): number {
  return context.ifMatch ?? 0;
}

function present(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined || bytes.length === 0)
    throw new Refusal('malformed', 'BODY-MISSING', 'This request needs a body.');
  return bytes;
}

function documentOf({ prepared }: RouteContext): ReceivedDocument {
  if (prepared instanceof ReceivedDocument) return prepared;
  throw new Error('the document was not prepared');
}

function arrivalInQuery({ query }: RouteContext): ArrivalReport | null {
  const { arrivedAt, arrivalPrecision, arrivalZone, arrivalPlace } = query;
  if (arrivedAt === undefined) return null;
  return {
    at: momentOf({ arrivedAt }, 'arrivedAt'),
    precision: precisionOf(arrivalPrecision),
    ...(arrivalZone === undefined ? {} : { zone: arrivalZone }),
    ...(arrivalPlace === undefined ? {} : { place: arrivalPlace }),
  };
}

function arrivalInBody({ body }: RouteContext): ArrivalReport {
  const given = bodyObject(body);
  const zone = textOrNull(given, 'zone');
  const place = textOrNull(given, 'place');
  const source = textOrNull(given, 'source');
  return {
    at: momentOf(given, 'at'),
    precision: precisionOf(textOf(given, 'precision')),
    ...(zone === null ? {} : { zone }),
    ...(place === null ? {} : { place }),
    ...(source === null ? {} : { source }),
  };
}

function precisionOf(text: string | undefined): Precision {
  return text === 'second' || text === 'day' ? text : 'minute';
}
