import { Refusal } from '../../src/documents/refusal.ts';
import type { Route } from '../../src/http/route.ts';
import { LINE, objectOf } from '../../src/http/routes/shapes.ts';

/** How often the work of a route was really done. */
export interface Tally {
  done: number;
}

/**
 * Small routes over a table `things`, to try what the framework promises for every route of a journey.
 */
export function thingRoutes(tally: Tally): Route[] {
  const thing = objectOf({ name: LINE });
  return [
    {
      method: 'POST',
      path: '/api/things',
      operationId: 'createThing',
      summary: 'Make a thing',
      tag: 'Things',
      right: 'application.create',
      requestBody: objectOf({ name: LINE, weight: { type: 'number' }, wait: { type: 'number' }, fail: LINE }, [
        'weight',
        'wait',
        'fail',
      ]),
      replies: { 201: { description: 'Made.', schema: thing } },
      async handle({ body, transaction, actor }) {
        const wanted = JSON.parse(JSON.stringify(body));
        await transaction.query({
          text: 'insert into things (name, owner) values ($1, $2)',
          values: [wanted.name, actor.personId],
        });
        if (wanted.wait !== undefined)
          await transaction.query({ text: 'select pg_sleep($1)', values: [wanted.wait / 1_000] });
        if (wanted.fail !== undefined) throw new Error(`the secret reason ${wanted.fail}`);
        transaction.afterCommit(() => {
          tally.done += 1;
        });
        return {
          status: 201,
          json: { name: wanted.name },
          location: `/api/things/${encodeURIComponent(wanted.name)}`,
          version: 1,
        };
      },
    },
    {
      method: 'GET',
      path: '/api/things/:name',
      operationId: 'readThing',
      summary: 'Read a thing',
      tag: 'Things',
      right: 'application.read',
      replies: { 200: { description: 'The thing.', schema: thing } },
      async handle({ params, transaction }) {
        const { rows } = await transaction.query<{ name: string; version: number }>({
          text: 'select name, version from things where name = $1',
          values: [params['name']],
        });
        const [found] = rows;
        if (found === undefined) throw nothing();
        return { status: 200, json: { name: found.name }, version: found.version };
      },
    },
    {
      method: 'PUT',
      path: '/api/things/:name',
      operationId: 'changeThing',
      summary: 'Change a thing',
      tag: 'Things',
      right: 'application.amend',
      ifMatch: 'required',
      requestBody: thing,
      replies: { 200: { description: 'Changed.', schema: thing } },
      async handle({ params, transaction, ifMatch }) {
        const { rows } = await transaction.query<{ version: number }>({
          text: 'update things set version = version + 1 where name = $1 and version = $2 returning version',
          values: [params['name'], ifMatch],
        });
        const [changed] = rows;
        if (changed === undefined) throw stale();
        return { status: 200, json: { name: params['name'] ?? '' }, version: changed.version };
      },
    },
    {
      method: 'POST',
      path: '/api/things/:name/finish',
      operationId: 'finishThing',
      summary: 'Finish a thing, once',
      tag: 'Things',
      right: 'application.submit',
      ifMatch: 'required',
      replies: { 200: { description: 'Finished.', schema: thing } },
      async handle({ params, transaction, ifMatch }) {
        const { rows } = await transaction.query<{ version: number }>({
          text: `update things set version = version + 1, finished = finished + 1
            where name = $1 and version = $2 and finished = 0 returning version`,
          values: [params['name'], ifMatch],
        });
        const [changed] = rows;
        if (changed === undefined) throw stale();
        return { status: 200, json: { name: params['name'] ?? '' }, version: changed.version };
      },
    },
    {
      method: 'POST',
      path: '/api/things/:name/scan',
      operationId: 'scanThing',
      summary: 'Send a file',
      tag: 'Things',
      right: 'application.amend',
      consumes: ['application/pdf'],
      requestBody: { type: 'string', format: 'binary' },
      bodyLimit: 200_000,
      streamsBody: true,
      replies: { 201: { description: 'Taken.', schema: objectOf({ size: { type: 'integer' } }) } },
      async handle({ stream }) {
        let size = 0;
        for await (const piece of stream ?? []) size += piece.length;
        return { status: 201, json: { size } };
      },
    },
  ];
}

function nothing(): Refusal {
  return new Refusal('not-found', 'THING-NOT-FOUND', 'There is no such thing.');
}

function stale(): Refusal {
  return new Refusal('changed-meanwhile', 'CHANGED-MEANWHILE', 'The thing changed meanwhile.');
}

export const THINGS_TABLE = `create table things (
  name text not null, owner uuid not null, version integer not null default 1, finished integer not null default 0)`;
