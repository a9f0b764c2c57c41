import express from 'express';
import { createAs4Server } from '../src/node/as4-server.ts';
import { openPool } from '../src/store/pool.ts';
import { prepareCeilingTables, receiversShare } from './exchange-ceiling-load.ts';
import { type BenchMember, createBenchExchange, keyOf } from './exchange-members-load.ts';
import { type Usage, UsageMeter } from './process-load.ts';

// The receiving node of the exchange benchmark, in a process of its own; it is told what to do over the channel.
/** What the sender's process asks for. */
export type Order =
  | { readonly order: 'start'; readonly url: string; readonly receiver: BenchMember; readonly members: BenchMember[] }
  | { readonly order: 'measure' }
  | { readonly order: 'measured' }
  | {
      readonly order: 'ceiling';
      readonly count: number;
      readonly inFlight: number;
      readonly payload: string;
      readonly wireBytes: number;
      readonly run: string;
    };

/** What it is answered: the port, what the process used since it was asked to measure, or that the work is done. */
export interface OrderDone {
  readonly port?: number;
  readonly usage?: Usage;
}

let pool: ReturnType<typeof openPool> | undefined;
let ceilingKeys: Parameters<typeof receiversShare>[1] | undefined;
let meter = new UsageMeter();

async function start(order: Extract<Order, { order: 'start' }>): Promise<number | undefined> {
  pool ??= openPool(order.url, { maximumConnections: 40 });
  await prepareCeilingTables(pool);
  ceilingKeys ??= {
    signing: keyOf(order.receiver, 'as4-signing').privateKey,
    encryption: keyOf(order.receiver, 'as4-encryption').privateKey,
  };
  const exchange = createBenchExchange(order.receiver, order.members, {
    pool,
    endpoints: {},
    perPartner: 1,
    receipted: () => Promise.resolve(),
  });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(exchange.router());
  const server = createAs4Server(app, keyOf(order.receiver, 'tls'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}

async function obey(order: Order): Promise<OrderDone> {
  switch (order.order) {
    case 'start': {
      const port = await start(order);
      return port === undefined ? {} : { port };
    }
    case 'measure':
      globalThis.gc?.();
      meter = new UsageMeter();
      return {};
    case 'measured':
      return { usage: meter.end() };
    case 'ceiling':
      if (pool !== undefined && ceilingKeys !== undefined)
        await receiversShare(pool, ceilingKeys, { ...order, payload: Buffer.from(order.payload, 'base64') });
      return {};
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (done) => process.send?.(done),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
