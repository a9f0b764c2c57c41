import express from 'express';
import { createAs4Server } from '../src/node/as4-server.ts';
import { openPool } from '../src/store/pool.ts';
import { prepareCeilingTables, receiversShare } from './exchange-ceiling-load.ts';
import { type BenchMember, createBenchExchange, keyOf } from './exchange-members-load.ts';

// The receiving node of the exchange benchmark, in a process of its own; it is told what to do over the channel.
/** What the sender's process asks for. */
export type Order =
  | { readonly order: 'start'; readonly url: string; readonly receiver: BenchMember; readonly members: BenchMember[] }
  | { readonly order: 'cpu' }
  | {
      readonly order: 'ceiling';
      readonly count: number;
      readonly inFlight: number;
      readonly payload: string;
      readonly wireBytes: number;
      readonly run: string;
    };

/** What it is answered: the port, microseconds of CPU since the start, or that the work is done. */
export interface OrderDone {
  readonly port?: number;
  readonly cpuMicroseconds: number;
}

let started: { pool: ReturnType<typeof openPool>; receiver: BenchMember } | undefined;

async function obey(order: Order): Promise<number | undefined> {
  if (order.order === 'start') {
    const pool = openPool(order.url, { maximumConnections: 40 });
    await prepareCeilingTables(pool);
    started = { pool, receiver: order.receiver };
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
  if (order.order === 'ceiling' && started !== undefined) {
    const { pool, receiver } = started;
    const keys = {
      signing: keyOf(receiver, 'as4-signing').privateKey,
      encryption: keyOf(receiver, 'as4-encryption').privateKey,
    };
    await receiversShare(pool, keys, { ...order, payload: Buffer.from(order.payload, 'base64') });
  }
  return undefined;
}

process.on('message', (order: Order) => {
  obey(order).then(
    (port) => {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMicroseconds: user + system, ...(port === undefined ? {} : { port }) });
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
