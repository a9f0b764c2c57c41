import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createSelectivity, type SelectivityOfNode } from '../clearance/selectivity/selectivity.ts';
import type { Route } from '../http/route.ts';
import { authorisedTraderRoutes } from '../http/routes/authorised-traders.ts';
import { dryRunRoutes } from '../http/routes/dry-runs.ts';
import { ruleListRoutes } from '../http/routes/rule-lists.ts';
import { ruleSetRoutes } from '../http/routes/selectivity.ts';
import { usesOf } from '../ledger/reserve.ts';
import type { Pool } from '../store/pool.ts';

/** How often a gateway looks for dry runs that another one has left, in milliseconds. */
export const DRY_RUN_POLL_MILLISECONDS = 5_000;

/** Selectivity of a node with its routes; a node that has no rules begins with the first ones. */
export async function selectivityOf(
  pool: Pool,
  terms: { readonly clock: () => Date; readonly log: Pick<Logger, 'warn'> },
): Promise<{ readonly selectivity: SelectivityOfNode; readonly routes: readonly Route[] }> {
  const selectivity = createSelectivity({
    pool,
    newId: randomUUID,
    clock: terms.clock,
    usesOf,
    onError: (error) => terms.log.warn({ err: error }, 'dry run failed'),
  });
  await selectivity.installFirstRules(terms.clock());
  return {
    selectivity,
    routes: [
      ...ruleSetRoutes(selectivity),
      ...dryRunRoutes(selectivity),
      ...ruleListRoutes(selectivity),
      ...authorisedTraderRoutes(selectivity),
    ],
  };
}
