import type { JsonObject } from '../../documents/json.ts';
import type { DirectoryCondition, NodeDescription } from '../node-description.ts';
import type { Route } from '../route.ts';
import { objectOf } from './shapes.ts';

const DIRECTORY: JsonObject = { type: 'string', enum: ['fresh', 'stale', 'expired', 'missing'] };
const READY = objectOf({
  status: {
    type: 'string',
    enum: ['ready', 'degraded'],
    description: 'Degraded: it works, but somebody should look (directory not fresh, messages undelivered for long).',
  },
  database: { type: 'string', const: 'reachable' },
  directory: objectOf({ state: DIRECTORY, serial: { type: 'integer' } }, ['serial']),
  queue: objectOf({ undelivered: { type: 'integer' }, oldestSeconds: { type: ['integer', 'null'] } }),
});

/** A message that no partner has receipted for this long needs a look, in seconds. */
const LONG_UNDELIVERED = 3_600;

function directoryJson(directory: DirectoryCondition): JsonObject {
  return { state: directory.state, ...(directory.serial === undefined ? {} : { serial: directory.serial }) };
}

/** Whether the process lives, and whether it can do its work. Told to machines: no names, no addresses. */
export function healthRoutes(describeNode: () => Promise<NodeDescription>): Route[] {
  return [
    {
      method: 'GET',
      path: '/health/live',
      operationId: 'readLiveness',
      summary: 'Whether the process answers',
      tag: 'Node',
      right: 'public',
      replies: { 200: { description: 'It does.', schema: objectOf({ status: { type: 'string', const: 'alive' } }) } },
      async handle() {
        return { status: 200, json: { status: 'alive' } };
      },
    },
    {
      method: 'GET',
      path: '/health/ready',
      operationId: 'readReadiness',
      summary: 'Whether the node can work: database, directory, queue',
      description:
        'Not ready (503) only without its database: neither a partner that is away nor an old directory stops work at home.',
      tag: 'Node',
      right: 'public',
      replies: { 200: { description: 'It can.', schema: READY }, 503: { description: 'The database is away.' } },
      async handle({ transaction, now }) {
        await transaction.query({ name: 'ready', text: 'select 1' });
        const { directory, queue } = await describeNode();
        const oldestSeconds =
          queue.oldestAt === undefined
            ? null
            : Math.max(0, Math.round((now.getTime() - queue.oldestAt.getTime()) / 1_000));
        const fine = directory.state === 'fresh' && (oldestSeconds ?? 0) < LONG_UNDELIVERED;
        return {
          status: 200,
          json: {
            status: fine ? 'ready' : 'degraded',
            database: 'reachable',
            directory: directoryJson(directory),
            queue: { undelivered: queue.undelivered, oldestSeconds },
          },
        };
      },
    },
  ];
}
