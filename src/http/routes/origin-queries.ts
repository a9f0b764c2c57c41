import { isArray, isObject, type JsonObject, type JsonValue } from '../../documents/json.ts';
import type { OriginDoubt, OriginFinding } from '../../documents/paper-types.ts';
import type { OriginQueries } from '../../origin-queries/origin-queries.ts';
import type { OriginQueryDetail } from '../../origin-queries/views.ts';
import { bodyObject, textOf, textOrNull } from '../body.ts';
import type { Reply, Route, RouteContext } from '../route.ts';
import { ID, LINE, MOMENT, objectOf, WORDS } from './shapes.ts';

const tag = 'Origin queries';
const text = { type: 'string' } as const;
const ITEM: JsonObject = { type: 'integer', minimum: 1, maximum: 9999, says: 'the number of a goods item' };
const ABOUT: JsonObject = {
  type: 'string',
  enum: ['authenticity', 'origin', 'value', 'quantity', 'other'],
  says: 'authenticity, origin, value, quantity or other',
};
const FINDING: JsonObject = {
  type: 'string',
  enum: ['confirmed', 'not-confirmed', 'undecided'],
  says: 'confirmed, not-confirmed or undecided',
};
const DOUBT = objectOf({ itemNumber: ITEM, about: ABOUT, words: WORDS }, ['itemNumber']);
const FOUND = objectOf({ itemNumber: ITEM, finding: FINDING, reason: WORDS });
const PROPERTIES = {
  id: ID,
  version: { type: 'integer' },
  side: { type: 'string', enum: ['asking', 'answering'] },
  state: { type: 'string', enum: ['asked', 'answered', 'determined', 'withdrawn'] },
  partner: text,
  certificateNumber: text,
  scheme: text,
  consignmentReference: text,
  movementReference: text,
  basis: { type: 'string', enum: ['random', 'doubt'] },
  doubts: { type: 'array', items: DOUBT },
  askedAt: MOMENT,
  askedBy: text,
  delivery: { type: 'string', enum: ['no-node', 'on-its-way', 'delivered'] },
  receivedAt: MOMENT,
  answerBy: MOMENT,
  daysLeft: { type: 'integer', description: 'Until the answer is due; negative when it is overdue.' },
  procedureEnds: text,
  outcome: text,
  outcomeReason: text,
  closedAt: MOMENT,
} as const;
const OPTIONAL = [
  ...['movementReference', 'askedBy', 'delivery', 'receivedAt', 'answerBy', 'daysLeft'],
  ...['outcome', 'outcomeReason', 'closedAt'],
];
const ANSWER = objectOf(
  {
    number: { type: 'integer' },
    authentic: { type: 'boolean' },
    items: { type: 'array', items: FOUND },
    statement: text,
    answeredAt: MOMENT,
    answeredBy: text,
  },
  ['statement', 'answeredBy'],
);
const QUERY = objectOf(PROPERTIES, OPTIONAL);
const DETAIL = objectOf({ ...PROPERTIES, answers: { type: 'array', items: ANSWER } }, OPTIONAL);

function idOf(context: RouteContext): string {
  return context.params['id'] ?? '';
}

function replyOf(status: number, query: OriginQueryDetail): Reply {
  const json: JsonValue = JSON.parse(JSON.stringify(query));
  return { status, json, version: query.version };
}

/** The bodies were judged by their schemas before. */
function doubtsIn(body: JsonObject): OriginDoubt[] {
  const doubts = body['doubts'];
  return (isArray(doubts) ? doubts.filter(isObject) : []).map((one) => {
    const item = one['itemNumber'];
    const about = ABOUTS.find((name) => name === one['about']) ?? 'other';
    return { ...(typeof item === 'number' ? { itemNumber: item } : {}), about, words: textOf(one, 'words') };
  });
}
const ABOUTS = ['authenticity', 'origin', 'value', 'quantity', 'other'] as const;
const FINDINGS = ['confirmed', 'not-confirmed', 'undecided'] as const;

function findingsIn(body: JsonObject): OriginFinding[] {
  const items = body['items'];
  return (isArray(items) ? items.filter(isObject) : []).map((one) => ({
    itemNumber: Number(one['itemNumber']),
    finding: FINDINGS.find((name) => name === one['finding']) ?? 'undecided',
    reason: textOf(one, 'reason'),
  }));
}

/** Queries about certificates of origin, on both sides. */
export function originQueryRoutes(queries: OriginQueries): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/declarations/:mrn/origin-queries',
      operationId: 'askAboutOrigin',
      summary: 'Ask the issuing country to check a certificate of this declaration',
      description:
        'At random, or with doubts: what, on which item, why. The time to answer runs from the receipt by the other node; the goods may be released against security meanwhile.',
      tag,
      right: 'origin-query.ask',
      requestBody: objectOf(
        {
          certificateNumber: LINE,
          basis: { type: 'string', enum: ['random', 'doubt'], says: 'random or doubt' },
          doubts: { type: 'array', maxItems: 50, items: DOUBT },
        },
        ['doubts'],
      ),
      replies: { 201: { description: 'Asked.', schema: DETAIL } },
      async handle(context) {
        const body = bodyObject(context.body);
        const query = await queries.ask(context, {
          movementReference: context.params['mrn'] ?? '',
          certificateNumber: textOf(body, 'certificateNumber'),
          basis: textOf(body, 'basis') === 'random' ? 'random' : 'doubt',
          doubts: doubtsIn(body),
        });
        return { ...replyOf(201, query), location: `/api/origin-queries/${query.id}` };
      },
    },
    {
      method: 'GET',
      path: '/api/origin-queries',
      operationId: 'listOriginQueries',
      summary: 'Queries about certificates: yours to other countries, or theirs to your office',
      tag,
      right: 'origin-query.read',
      query: {
        state: { type: 'string', enum: ['asked', 'answered', 'determined', 'withdrawn'], says: 'a state of a query' },
        certificateNumber: LINE,
        movementReference: LINE,
        overdue: { type: 'string', enum: ['true'], says: 'true: only those whose answer is late' },
        limit: LINE,
        after: LINE,
      },
      replies: {
        200: {
          description: 'Newest first; `next` is given to `after` for the following page.',
          schema: objectOf({ items: { type: 'array', items: QUERY }, next: text }, ['next']),
        },
      },
      async handle(context) {
        const json: JsonValue = JSON.parse(JSON.stringify(await queries.list(context, context.query)));
        return { status: 200, json };
      },
    },
    {
      method: 'GET',
      path: '/api/origin-queries/:id',
      operationId: 'readOriginQuery',
      summary: 'One query with its answers and its clock',
      tag,
      right: 'origin-query.read',
      params: { id: ID },
      replies: { 200: { description: 'The query.', schema: DETAIL } },
      async handle(context) {
        return replyOf(200, await queries.read(context, idOf(context)));
      },
    },
    {
      method: 'POST',
      path: '/api/origin-queries/:id/answer',
      operationId: 'answerOriginQuery',
      summary: 'Answer a query of another country, item by item',
      tag,
      right: 'origin-query.answer',
      params: { id: ID },
      ifMatch: 'required',
      requestBody: objectOf(
        {
          authentic: { type: 'boolean', description: 'Whether your authority issued this certificate.' },
          items: { type: 'array', minItems: 1, maxItems: 9999, items: FOUND },
          statement: WORDS,
        },
        ['statement'],
      ),
      replies: { 200: { description: 'Answered; the other administration is told.', schema: DETAIL } },
      async handle(context) {
        const body = bodyObject(context.body);
        const answer = {
          authentic: body['authentic'] === true,
          items: findingsIn(body),
          statement: textOrNull(body, 'statement'),
        };
        return replyOf(200, await queries.answer(context, idOf(context), context.ifMatch ?? 0, answer));
      },
    },
    {
      method: 'POST',
      path: '/api/origin-queries/:id/end',
      operationId: 'endOriginQuery',
      summary: 'Say what you determined after the answer, or withdraw the query',
      description: 'The issuing administration is told (ATIGA annex 8, rule 18 (d)).',
      tag,
      right: 'origin-query.ask',
      params: { id: ID },
      ifMatch: 'required',
      requestBody: objectOf({
        outcome: {
          type: 'string',
          enum: ['originating', 'not-originating', 'withdrawn'],
          says: 'originating, not-originating or withdrawn',
        },
        reason: WORDS,
      }),
      replies: { 200: { description: 'Ended.', schema: DETAIL } },
      async handle(context) {
        const body = bodyObject(context.body);
        const outcome = OUTCOMES.find((name) => name === body['outcome']) ?? 'withdrawn';
        const ended = await queries.end(context, idOf(context), context.ifMatch ?? 0, outcome, textOf(body, 'reason'));
        return replyOf(200, ended);
      },
    },
  ];
}
const OUTCOMES = ['originating', 'not-originating', 'withdrawn'] as const;
