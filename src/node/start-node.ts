import type { Server } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { Exchange } from '../exchange/exchange.ts';
import { DirectoryKeeper } from '../federation/directory-keeper.ts';
import { loadCurrentDirectory, loadDirectoryVersion } from '../federation/directory-store.ts';
import { loadAnchor } from '../federation/federation-anchor.ts';
import { createApp } from '../http/app.ts';
import type { Route } from '../http/route.ts';
import { alarmRoutes } from '../http/routes/alarms.ts';
import { directoryRoutes } from '../http/routes/directory.ts';
import { messageRoutes } from '../http/routes/messages.ts';
import { metricsRoutes } from '../http/routes/metrics.ts';
import { partnerActRoutes } from '../http/routes/partner-acts.ts';
import { quarantineRoutes } from '../http/routes/quarantine.ts';
import { createHttpServer } from '../http/server.ts';
import { migrate } from '../store/migrate.ts';
import { openPool, type Pool } from '../store/pool.ts';
import { createAs4Server } from './as4-server.ts';
import { type NodeConfiguration, readConfiguration } from './configuration.ts';
import { describeThisNode } from './describe.ts';
import { askSources, DIRECTORY_POLL_MILLISECONDS } from './directory-sources.ts';
import { startHousekeeping } from './housekeeping.ts';
import { journeyRoutes } from './journey-routes.ts';
import { journeysOf } from './journeys.ts';
import { listen } from './listen.ts';
import { startLogChainWorker } from './log-chain-worker.ts';
import { createMetrics, type NodeMetrics } from './metrics.ts';
import { openNodeKeys } from './node-keys.ts';
import type { NodeTerms } from './node-terms.ts';
import { programVersion } from './program-version.ts';
import { DRY_RUN_POLL_MILLISECONDS } from './selectivity.ts';
import { type Watch, watchNode } from './watch.ts';

/** A national node that runs. */
export interface RunningNode {
  readonly configuration: NodeConfiguration;
  readonly pool: Pool;
  readonly databaseUrl: string;
  /** Every row of the table of routes for people and programs. */
  readonly routes: readonly Route[];
  /** Takes no more requests, lets those under way finish, then lets go of the database; once more does nothing. */
  stop(): Promise<void>;
}

const stopGraceMilliseconds = 10_000;

function closeServer(
  server: Server & { closeIdleConnections?: () => void; closeAllConnections?: () => void },
): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections?.(), stopGraceMilliseconds);
    // A partner's connection is kept open after its answer: one that was busy a moment ago is idle now.
    const again = setInterval(() => server.closeIdleConnections?.(), 50);
    server.close(() => {
      clearTimeout(late);
      clearInterval(again);
      resolve();
    });
    server.closeIdleConnections?.();
  });
}

/** What the operator of the node asks and does. */
function operatorRoutes(exchange: Exchange, watch: Watch, metrics: NodeMetrics): Route[] {
  const { operations } = exchange;
  return [
    ...messageRoutes(operations),
    ...quarantineRoutes(operations),
    ...partnerActRoutes(operations, exchange.ping),
    ...alarmRoutes(() => watch.alarms(), operations),
    ...metricsRoutes(() => metrics.read()),
  ];
}

/**
 * Puts one national node together and starts it: keys, database, directory, exchange, issuance, web. When it resolves,
 * the node answers people and partners.
 * @throws a Refusal with a sentence for everything that its operator can mend; what was started is stopped again
 */
export async function startNode(terms: NodeTerms): Promise<RunningNode> {
  const configuration = readConfiguration(terms.folder);
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    const keys = await openNodeKeys(join(terms.folder, 'keys'), {
      ...(terms.passphrase === undefined ? {} : { passphrase: terms.passphrase }),
    });
    const pool = openPool(terms.databaseUrl, {
      applicationName: `selat ${configuration.country}`,
      onIdleError: (error) => terms.log.warn({ err: error }, 'database connection lost'),
    });
    started.push(() => pool.close());
    await migrate(pool);
    const anchor = await loadAnchor(terms.anchorFile);
    const keeper = await DirectoryKeeper.open({
      pool,
      anchor,
      clock: terms.clock,
      log: terms.log,
      rules: { localEndpoints: configuration.sample ? 'allowed' : 'refused' },
    });
    started.push(() => keeper.close());
    const askAll = (): Promise<void> =>
      askSources(keeper, anchor, terms.folder, configuration.directorySources, (source, error) =>
        terms.log.warn({ source, err: error }, 'directory source failed'),
      );
    await askAll();
    const metrics = createMetrics(programVersion(), () => watch.numbers(), terms.clock);
    started.push(async () => metrics.close());
    const journeys = await journeysOf(configuration, terms, { pool, keys, keeper, meter: metrics.meter });
    const { exchange, issuance, selectivity } = journeys;
    started.push(() => journeys.taker.close());
    const watch = watchNode({ configuration, folder: terms.folder, keeper, exchange, pool, clock: terms.clock });
    await issuance.keepHouse(terms.clock());
    await journeys.officer.keepHouse();
    const web = createApp({
      pool,
      version: programVersion(),
      country: configuration.country,
      publicUrl: configuration.pages.url,
      journeys: [
        ...journeyRoutes(journeys),
        ...operatorRoutes(exchange, watch, metrics),
        ...directoryRoutes(async (serial) =>
          serial === undefined
            ? asBuffer(await loadCurrentDirectory(pool))
            : asBuffer(await loadDirectoryVersion(pool, serial)),
        ),
      ],
      describeNode: describeThisNode(configuration, keeper, exchange, terms.clock),
      partners: watch.partners,
      clock: terms.clock,
      log: terms.log,
    });
    const housekeeping = startHousekeeping(terms.log, [
      { everyMilliseconds: DIRECTORY_POLL_MILLISECONDS, work: askAll },
      { everyMilliseconds: DRY_RUN_POLL_MILLISECONDS, work: () => selectivity.selectivity.keepHouse() },
      { everyMilliseconds: 300_000, work: () => web.prune(terms.clock()) },
      { everyMilliseconds: 86_400_000, work: () => issuance.keepHouse(terms.clock()) },
      { everyMilliseconds: 86_400_000, work: () => journeys.officer.keepHouse() },
    ]);
    started.push(() => housekeeping.stop());
    // Before the housekeeping: that waits for the chore which looks for dry runs.
    started.push(() => selectivity.selectivity.stop());
    const chain = startLogChainWorker(pool, (error) => terms.log.warn({ err: error }, 'log chain waits'));
    started.push(() => chain.stop());
    await exchange.start();
    started.push(() => exchange.stop());
    const teller = journeys.ledger.start(terms.clock);
    started.push(() => teller.stop());
    journeys.tracing.start();
    started.push(() => journeys.tracing.stop());
    journeys.responses.start();
    started.push(() => journeys.responses.stop());
    const as4 = createAs4Server(express().disable('x-powered-by').use(exchange.router()), keys.tls);
    await listen(as4, configuration.as4.host, configuration.as4.port);
    started.push(() => closeServer(as4));
    const pages = createHttpServer(web.app);
    await listen(pages, configuration.pages.host, configuration.pages.port);
    started.push(() => closeServer(pages));
    terms.log.info({ country: configuration.country, pages: configuration.pages.url }, 'node started');
    return { configuration, pool, databaseUrl: terms.databaseUrl, routes: web.routes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function asBuffer(stored: { readonly bytes: Uint8Array } | undefined): Buffer | undefined {
  return stored === undefined ? undefined : Buffer.from(stored.bytes);
}
