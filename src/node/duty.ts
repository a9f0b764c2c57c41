import { createDutyAssessor } from '../clearance/duty.ts';
import { createRateBook } from '../clearance/exchange-rates.ts';
import type { DutyAssessor } from '../clearance/ports.ts';
import type { Route } from '../http/route.ts';
import { exchangeRateRoutes } from '../http/routes/exchange-rates.ts';
import { tariffRoutes } from '../http/routes/tariff.ts';
import type { NodeConfiguration } from './configuration.ts';

/** Duty of a node: the assessor for clearance and the routes, over one book of exchange rates. */
export function dutyOf(configuration: NodeConfiguration): {
  readonly assessor: DutyAssessor;
  readonly routes: readonly Route[];
} {
  const { country, customs } = configuration;
  const rates = createRateBook();
  return {
    assessor: createDutyAssessor(country, customs, rates),
    routes: [...tariffRoutes(country, customs, rates), ...exchangeRateRoutes(customs.currency, rates)],
  };
}
