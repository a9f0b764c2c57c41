import type { Right } from '../../access/rights.ts';
import type { Officer } from '../../clearance/officer/officer.ts';
import type { Question } from '../../clearance/officer/queries.ts';
import type { QuerySide } from '../../clearance/officer/query-files.ts';
import { Refusal } from '../../documents/refusal.ts';
import { ATTACHMENT_TYPES, LARGEST_ATTACHMENT } from '../../documents/upload.ts';
import type { Route, RouteContext } from '../route.ts';
import { disposition } from './attachments.ts';
import {
  asked,
  bodyOf,
  momentIn,
  mrnOf,
  numberOf,
  numbersIn,
  standingOf,
  standingReply,
  textIn,
  textsIn,
  versionOf,
} from './officer-request.ts';
import {
  ANSWER,
  FILE,
  OPEN_QUERIES,
  QUERIES,
  QUERY,
  QUERY_RAISED,
  QUESTION,
  REMARK,
  STANDING,
} from './officer-shapes.ts';

const tag = 'Queries to the declarant';
const standing = { 200: { description: 'How the declaration stands.', schema: STANDING } };

/** Questions of customs to the declarant, with the answers and the files of both sides. */
export function declarationQueryRoutes(officer: Officer): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/queries',
      operationId: 'listOpenQueries',
      summary: 'List what customs asks of you, the most urgent first',
      tag,
      right: 'query.answer',
      replies: { 200: { description: 'Queries that wait for your answer, at most 500.', schema: OPEN_QUERIES } },
      async handle(context) {
        return { status: 200, json: { items: await officer.openQueries(asked(context)) } };
      },
    },
    {
      method: 'GET',
      path: '/api/declarations/:mrn/queries',
      operationId: 'readQueries',
      summary: 'Read the queries of a declaration with everything that was said in them',
      tag,
      right: 'declaration.read',
      replies: { 200: { description: 'The queries in order.', schema: QUERIES } },
      async handle(context) {
        const queries = await officer.queries(asked(context), mrnOf(context));
        return { status: 200, json: queries, version: queries.version };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/queries',
      operationId: 'raiseQuery',
      summary: 'Ask the declarant for documents or information; the goods wait for the answer',
      tag,
      right: 'declaration.control',
      requestBody: QUERY,
      ifMatch: 'required',
      replies: { 201: { description: 'The query was raised; the declarant is told.', schema: QUERY_RAISED } },
      async handle(context) {
        const question = { ...questionOf(context), subject: textIn(bodyOf(context), 'subject') ?? '' };
        const { row, number } = await officer.raiseQuery(asked(context), mrnOf(context), versionOf(context), question);
        return { status: 201, json: { declaration: standingOf(row, context), number }, version: row.version };
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/queries/:number/answer',
      operationId: 'answerQuery',
      summary: 'Answer a query of customs; files that were added before go with the answer',
      tag,
      right: 'query.answer',
      requestBody: ANSWER,
      ifMatch: 'required',
      replies: standing,
      async handle(context) {
        const text = textIn(bodyOf(context), 'text') ?? '';
        const row = await officer.answerQuery(
          asked(context),
          mrnOf(context),
          versionOf(context),
          numberOf(context),
          text,
        );
        return standingReply(row, context);
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/queries/:number/ask-again',
      operationId: 'askAgain',
      summary: 'Ask again in a query whose answer does not suffice',
      tag,
      right: 'declaration.control',
      requestBody: QUESTION,
      ifMatch: 'required',
      replies: standing,
      async handle(context) {
        const question = questionOf(context);
        const row = await officer.askAgain(
          asked(context),
          mrnOf(context),
          versionOf(context),
          numberOf(context),
          question,
        );
        return standingReply(row, context);
      },
    },
    {
      method: 'POST',
      path: '/api/declarations/:mrn/queries/:number/close',
      operationId: 'closeQuery',
      summary: 'Close a query: its answer suffices, or it is asked no more',
      tag,
      right: 'declaration.control',
      requestBody: REMARK,
      ifMatch: 'required',
      replies: standing,
      async handle(context) {
        const remark = textIn(bodyOf(context), 'remark') ?? '';
        const row = await officer.closeQuery(
          asked(context),
          mrnOf(context),
          versionOf(context),
          numberOf(context),
          remark,
        );
        return standingReply(row, context);
      },
    },
    addFile(
      officer,
      'customs',
      'files',
      'addQueryFile',
      'Add a file to a question that waits for its answer',
      'declaration.control',
    ),
    addFile(
      officer,
      'declarant',
      'answer-files',
      'addAnswerFile',
      'Add a file to the answer that you are about to give',
      'query.answer',
    ),
    {
      method: 'GET',
      path: '/api/declarations/:mrn/queries/:number/files/:fileId',
      operationId: 'readQueryFile',
      summary: 'Read a file of a query',
      tag,
      right: 'declaration.read',
      replies: { 200: { description: 'The file as it was sent.', contentType: 'application/octet-stream' } },
      async handle(context) {
        const { file, bytes } = await officer.openQueryFile(
          asked(context),
          mrnOf(context),
          numberOf(context),
          context.params['fileId'] ?? '',
        );
        return {
          status: 200,
          stream: bytes,
          length: file.size,
          contentType: file.contentType,
          entityTag: file.digest,
          headers: { 'Content-Disposition': disposition(file.name) },
        };
      },
    },
  ];
}

function addFile(
  officer: Officer,
  side: QuerySide,
  segment: string,
  operationId: string,
  summary: string,
  right: Right,
): Route {
  return {
    method: 'POST',
    path: `/api/declarations/:mrn/queries/:number/${segment}`,
    operationId,
    summary,
    description: 'The body is the file itself. The same file under the same name is kept once.',
    tag,
    right,
    query: { name: { type: 'string', minLength: 1, maxLength: 120, description: "The file's name." } },
    consumes: ATTACHMENT_TYPES,
    bodyLimit: LARGEST_ATTACHMENT,
    requestBody: { type: 'string', format: 'binary' },
    streamsBody: true,
    transactions: 'own',
    replies: { 201: { description: 'The file.', schema: FILE } },
    async handle(context) {
      if (context.stream === undefined)
        throw new Refusal('malformed', 'ATTACHMENT-EMPTY', 'Send the file as the body of the request.');
      const file = await officer.addQueryFile(asked(context), mrnOf(context), numberOf(context), side, {
        name: context.query['name'] ?? '',
        contentType: context.contentType ?? '',
        bytes: context.stream,
      });
      return {
        status: 201,
        json: file,
        location: `/api/declarations/${encodeURIComponent(mrnOf(context))}/queries/${numberOf(context)}/files/${file.id}`,
      };
    },
  };
}

function questionOf(context: RouteContext): Question {
  const body = bodyOf(context);
  return {
    text: textIn(body, 'text') ?? '',
    askedFor: textsIn(body, 'askedFor'),
    itemSequences: numbersIn(body, 'items'),
    pointers: textsIn(body, 'pointers'),
    answerBy: momentIn(body, 'answerBy') ?? context.now,
  };
}
