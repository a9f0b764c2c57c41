import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ROLES, type Role } from '../../src/access/rights.ts';
import { doorOf, knock } from './route-matrix.ts';
import { startTestNode, type TestNode } from './test-node.ts';
import { THINGS_TABLE, thingRoutes } from './test-routes.ts';

// Threats P5: every route without sign-in, and with every role, does exactly what the table says.
describe('the route table', () => {
  let node: TestNode;
  const cookies = new Map<Role, string>();
  before(async () => {
    node = await startTestNode({ journeys: thingRoutes({ done: 0 }) });
    await node.pool.query({ text: THINGS_TABLE });
    for (const role of ROLES) cookies.set(role, await node.signIn(await node.enter(role)));
  });
  after(() => node.stop());

  for (const role of [null, ...ROLES])
    test(`is kept for ${role ?? 'somebody who is not signed in'}`, async () => {
      for (const route of node.web.routes) {
        // Signing out is open to all and would end the session that the next rows need.
        if (route.operationId === 'signOut') continue;
        const cookie = role === null ? null : (cookies.get(role) ?? null);
        assert.equal(
          await knock(node.server, route, cookie),
          doorOf(route, role),
          `${route.method} ${route.path} as ${role ?? 'nobody'}`,
        );
      }
    });

  test('has a right for every route that is not public, and few that are', () => {
    const open = node.web.routes.filter((route) => route.right === 'public').map((route) => route.operationId);
    assert.deepEqual(open.sort(), [
      'listSchemas',
      'readDocs',
      'readHome',
      'readLiveness',
      'readOpenApi',
      'readReadiness',
      'readSchema',
      'signIn',
      'signOut',
    ]);
  });
});
