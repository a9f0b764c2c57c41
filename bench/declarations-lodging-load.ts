import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { JsonObject } from '../src/documents/json.ts';
import type { ClientRequest, ClientResult } from './declarations-clients-load.ts';
import { asXml, declarationOf, manyItems } from './declarations-documents-load.ts';
import { type BenchNode, bareCommits, inWords } from './declarations-node-load.ts';
import { middle } from './process-load.ts';

let lodged = 0;

/** A new reference for each declaration of this run. */
export function nextReference(): string {
  lodged += 1;
  return lodged.toString(36).toUpperCase().padStart(6, '0');
}

export function lodgement(json: JsonObject, form: 'xml' | 'json' = 'xml'): ClientRequest {
  return {
    method: 'POST',
    path: '/api/declarations',
    contentType: form === 'xml' ? 'application/xml' : 'application/json',
    body: form === 'xml' ? asXml(json).toString() : JSON.stringify(json),
  };
}

function lodge(
  node: BenchNode,
  clients: number,
  count: number,
  make: () => JsonObject,
  form: 'xml' | 'json',
): Promise<ClientResult> {
  const requests = Array.from({ length: count }, () => lodgement(make(), form));
  return node.load({ cookie: node.importer, clients, requests, expected: [201], countBy: 'channel' });
}

interface Round {
  readonly rate: number;
  readonly bare: number;
  readonly result: ClientResult;
  readonly cpu: number;
}

/** Rounds of lodgements and of bare commits in turns, at so many clients. */
async function atClients(
  node: BenchNode,
  clients: number,
  terms: {
    readonly count: number;
    readonly rounds: number;
    readonly make: () => JsonObject;
    readonly form: 'xml' | 'json';
  },
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < terms.rounds; round += 1) {
    const bare = await bareCommits(node.databaseUrl, clients, terms.count * 2);
    const before = process.cpuUsage();
    const result = await lodge(node, clients, terms.count, terms.make, terms.form);
    const { user, system } = process.cpuUsage(before);
    rounds.push({
      rate: terms.count / (result.milliseconds / 1_000),
      bare,
      result,
      cpu: (user + system) / terms.count,
    });
  }
  return rounds;
}

/** Lodgements accepted each second, durable, over HTTP with a session, against bare one-row commits. */
export async function measureLodging(node: BenchNode, perRound: number, rounds: number): Promise<void> {
  const small = (): JsonObject => declarationOf(nextReference(), { items: [{}, {}, {}] });
  await lodge(node, 8, Math.min(perRound, 500), small, 'xml');
  console.log(
    '\nLodgements of 3 items as XML (in brackets lodgements as JSON), accepted and durable, against bare commits',
  );
  for (const clients of [1, 8, 32]) {
    const count = clients === 1 ? Math.ceil(perRound / 4) : perRound;
    const xml = await atClients(node, clients, { count, rounds, make: small, form: 'xml' });
    const json = await atClients(node, clients, { count, rounds: 1, make: small, form: 'json' });
    const rate = middle(xml.map((each) => each.rate));
    const shown = xml.find((each) => each.rate === rate) ?? xml[0];
    if (shown === undefined) throw new Error('no round');
    const share = middle(xml.map((each) => each.rate / each.bare));
    console.log(
      `  ${String(clients).padStart(2)} clients: ${rate.toFixed(0)}/s (${json[0]?.rate.toFixed(0)}/s), bare commits ${middle(xml.map(({ bare }) => bare)).toFixed(0)}/s: ${(100 * share).toFixed(0)}%; ${inWords(shown.result.latencies)}; CPU of a lodgement: node ${middle(xml.map(({ cpu }) => cpu)).toFixed(0)} µs, clients ${(shown.result.cpuMicroseconds / count).toFixed(0)} µs; channels ${JSON.stringify(shown.result.counted)}`,
    );
  }
}

/** What a very large declaration costs, and what others see of it meanwhile. */
export async function measureLarge(node: BenchNode): Promise<void> {
  const looked = { path: '/api/declarations?limit=1', everyMilliseconds: 5 };
  const quiet = await node.load({
    cookie: node.importer,
    clients: 1,
    requests: Array.from({ length: 50 }, () => ({ method: 'GET', path: '/health/live' })),
    expected: [200],
    beside: looked,
  });
  console.log(`\nWhat others see (${looked.path}) with small requests beside them: ${inWords(quiet.beside)}`);
  const sizes: readonly (readonly [string, () => JsonObject])[] = [
    ['999 items', () => declarationOf(nextReference(), { items: manyItems(999) })],
    [
      '999 items with long descriptions and many documents',
      () => declarationOf(nextReference(), { items: manyItems(999, 512, 99) }),
    ],
  ];
  for (const [title, make] of sizes)
    for (const form of ['xml', 'json'] as const) {
      const requests = [1, 2, 3].map(() => lodgement(make(), form));
      const before = process.memoryUsage.rss();
      let most = before;
      const looking = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }, 20);
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      const result = await node.load({ cookie: node.importer, clients: 1, requests, expected: [201], beside: looked });
      delay.disable();
      clearInterval(looking);
      const bytes = Buffer.byteLength(requests[0]?.body ?? '');
      console.log(
        `  ${title}, ${form}, ${(bytes / 1024 / 1024).toFixed(1)} MB: lodged in ${result.latencies.p50.toFixed(0)} ms, at the most ${result.latencies.greatest.toFixed(0)} ms, ${((most - before) / 1024 / 1024).toFixed(0)} MB more memory; others meanwhile: ${inWords(result.beside)}, at the most ${result.beside.greatest.toFixed(0)} ms (event loop ${(delay.max / 1e6).toFixed(0)} ms late at the most)`,
      );
    }
}
