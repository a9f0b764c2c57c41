import { RIGHTS } from '../access/rights.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import { schemaFile, schemaSet } from '../documents/schema-set.ts';
import { PROBLEM_SCHEMA, PROBLEM_TYPE } from './problem.ts';
import { DEFAULT_BODY_LIMIT } from './read-body.ts';
import type { Route } from './route.ts';

type Building = { [name: string]: JsonValue };

/**
 * Where a `$ref` of a document schema, or of a route that names one, points in the OpenAPI document:
 * `common.schema.json#/$defs/country` → `#/components/schemas/common.country`.
 */
function componentOf(reference: string, file: string): string {
  const [path, pointer = ''] = reference.split('#');
  const name = (path === '' ? file : (path ?? '')).replace(/^.*\//, '').replace(/\.schema\.json$/, '');
  const definition = /^\/\$defs\/([^/]+)$/.exec(pointer)?.[1];
  return `#/components/schemas/${definition === undefined ? name : `${name}.${definition}`}`;
}

/** The schema for OpenAPI: references lead to its components, and keywords of our own are left out. */
function translated(value: JsonValue, file: string): JsonValue {
  if (isArray(value)) return value.map((each) => translated(each, file));
  if (!isObject(value)) return value;
  const result: Building = {};
  for (const [name, member] of Object.entries(value)) {
    if (['$schema', '$id', '$defs', 'xml'].includes(name)) continue;
    if (name === '$ref' && typeof member === 'string') result[name] = componentOf(member, file);
    else if (name === 'says') result['x-expected'] = member;
    else result[name] = translated(member, file);
  }
  return result;
}

function documentComponents(): Building {
  const components: Building = {};
  for (const { path } of schemaSet().files) {
    if (!/^documents\/[^/]+\.schema\.json$/.test(path)) continue;
    const schema = schemaFile(path);
    const file = path.slice('documents/'.length);
    const name = file.replace(/\.schema\.json$/, '');
    if (name !== 'common') components[name] = translated(schema, file);
    const definitions = schema['$defs'];
    if (definitions !== undefined && isObject(definitions))
      for (const [definition, member] of Object.entries(definitions))
        components[`${name}.${definition}`] = translated(member, file);
  }
  return components;
}

function parametersOf(route: Route): JsonObject[] {
  const inPath = [...route.path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: translated(route.params?.[name] ?? { type: 'string', minLength: 1, maxLength: 200 }, ''),
  }));
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: translated(schema, ''),
  }));
  const inHeader: JsonObject[] = [];
  if (route.method === 'POST' && route.right !== 'public' && route.repeatable === undefined)
    inHeader.push({ $ref: '#/components/parameters/IdempotencyKey' });
  if (route.ifMatch === 'required') inHeader.push({ $ref: '#/components/parameters/IfMatch' });
  return [...inPath, ...inQuery, ...inHeader];
}

function requestBodyOf(route: Route): JsonObject {
  if (route.requestBody === undefined && route.consumes === undefined) return {};
  const content: Building = {};
  for (const type of route.consumes ?? ['application/json'])
    content[type] =
      type.endsWith('json') && route.requestBody !== undefined ? { schema: translated(route.requestBody, '') } : {};
  const limit = `At most ${route.bodyLimit ?? DEFAULT_BODY_LIMIT} bytes.`;
  return { requestBody: { required: route.bodyOptional !== true, description: limit, content } };
}

/** The refusals that a route can give, besides what its row says. */
function refusalsOf(route: Route): number[] {
  const refusals = [400, 500, 503];
  if (route.right !== 'public') refusals.push(401, route.method === 'GET' && route.path.includes('/:') ? 404 : 403);
  if (route.path.includes(':') || route.path.includes('*')) refusals.push(404);
  if (route.requestBody !== undefined || route.consumes !== undefined) refusals.push(413, 415, 422);
  if (route.method === 'POST' && route.right !== 'public' && route.repeatable === undefined) refusals.push(409);
  if (route.ifMatch === 'required') refusals.push(412, 428);
  return refusals;
}

function repliesOf(route: Route): Building {
  const replies: Building = {};
  for (const status of new Set(refusalsOf(route))) replies[status] = { $ref: '#/components/responses/Problem' };
  for (const [status, reply] of Object.entries(route.replies)) {
    const type = reply.contentType ?? (reply.schema === undefined ? undefined : 'application/json');
    const media = reply.schema === undefined ? {} : { schema: translated(reply.schema, '') };
    replies[status] = {
      description: reply.description,
      ...(type === undefined ? {} : { content: { [type]: media } }),
    };
  }
  return replies;
}

function operationOf(route: Route): JsonObject {
  const who =
    route.right === 'public'
      ? 'Anyone.'
      : route.right === 'signed-in'
        ? 'Whoever is signed in.'
        : `Right ${route.right}: ${RIGHTS[route.right].join(', ')}.`;
  const parameters = parametersOf(route);
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: [route.description, `Who: ${who}`].filter((text) => text !== undefined).join('\n\n'),
    tags: [route.tag],
    ...(route.right === 'public' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(route),
    responses: repliesOf(route),
  };
}

/** The OpenAPI 3.1 document of the whole route table, with the very schemas that validate. */
export function openApiDocument(
  routes: readonly Route[],
  publicUrl: string,
  version: string,
  cookieName: string,
): JsonObject {
  const paths: { [path: string]: Building } = {};
  for (const route of routes) {
    const path = route.path.replace(/[:*](\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Selat: customs document gateway',
      version,
      description:
        'Every refusal is a problem (RFC 9457) with a stable code and all faults at once. Every POST takes an Idempotency-Key and can be repeated safely for 24 hours; every change of something that is there takes If-Match.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl.replace(/\/$/, '') }],
    security: [{ token: [] }, { session: [] }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...documentComponents(), problem: PROBLEM_SCHEMA },
      responses: {
        Problem: {
          description: 'Refused; nothing was done.',
          content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/problem' } } },
        },
      },
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: true,
          description: 'A new UUID for each thing you want done; a repetition with the same key gets the first reply.',
          schema: { type: 'string', minLength: 8, maxLength: 100 },
        },
        IfMatch: {
          name: 'If-Match',
          in: 'header',
          required: true,
          description: 'The ETag of your last reading, with its quotes.',
          schema: { type: 'string', pattern: '^"[0-9]{1,9}"$' },
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of POST /api/tokens: selat_…' },
        session: { type: 'apiKey', in: 'cookie', name: cookieName },
      },
    },
  };
}
