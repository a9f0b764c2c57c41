import type { Route } from '../http/route.ts';
import { applicationRoutes } from '../http/routes/applications.ts';
import { attachmentRoutes } from '../http/routes/attachments.ts';
import { certificateRoutes } from '../http/routes/certificates.ts';
import { declarationQueryRoutes } from '../http/routes/declaration-queries.ts';
import { declarationRoutes } from '../http/routes/declarations.ts';
import { forwardedDeclarationRoutes } from '../http/routes/forwarded-declarations.ts';
import { ledgerRoutes } from '../http/routes/ledger.ts';
import { officerActRoutes } from '../http/routes/officer-acts.ts';
import { originQueryRoutes } from '../http/routes/origin-queries.ts';
import { responseRoutes } from '../http/routes/responses.ts';
import { timelineRoutes } from '../http/routes/timeline.ts';
import { timingRoutes } from '../http/routes/timing.ts';
import { webhookRoutes } from '../http/routes/webhooks.ts';
import { worklistRoutes } from '../http/routes/worklist.ts';
import { verifiedNumbersOf } from '../issuance/held-certificates.ts';
import type { Journeys } from './journeys.ts';

/** What traders, brokers, officers and analysts ask and do. */
export function journeyRoutes(journeys: Journeys): Route[] {
  const { issuance, clearance, officer, responses } = journeys;
  return [
    ...applicationRoutes(issuance),
    ...certificateRoutes(issuance),
    ...attachmentRoutes(issuance),
    ...ledgerRoutes(journeys.ledger),
    ...declarationRoutes(clearance),
    ...worklistRoutes(officer),
    ...officerActRoutes(officer),
    ...declarationQueryRoutes(officer),
    ...forwardedDeclarationRoutes(journeys.forwarding, ({ transaction }, reference) =>
      verifiedNumbersOf(transaction, reference),
    ),
    ...originQueryRoutes(journeys.originQueries),
    ...responseRoutes(responses),
    ...webhookRoutes(responses),
    ...timelineRoutes(journeys.tracing),
    ...timingRoutes(journeys.timing),
    ...journeys.duty.routes,
    ...journeys.selectivity.routes,
  ];
}
