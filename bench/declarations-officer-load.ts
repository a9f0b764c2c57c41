import { keepCertificates } from './declarations-certificates-load.ts';
import type { ClientRequest } from './declarations-clients-load.ts';
import { declarationOf, manyItems } from './declarations-documents-load.ts';
import { fillDeclarations } from './declarations-fill-load.ts';
import { lodgement, nextReference } from './declarations-lodging-load.ts';
import { type BenchNode, inWords } from './declarations-node-load.ts';

const OFFICE = 'VNHPHC';
const REQUESTS = 300;
const CLIENTS = 4;

/** Declarations after which the stored ones are made: without a claim and with, of one item and of several. */
async function lodgeTemplates(node: BenchNode): Promise<void> {
  const numbers = await keepCertificates(node.pool, 3_000_000, 10_000, '1000000');
  for (const count of [1, 1, 1, 2, 3, 5, 8, 12])
    await node.ask(node.importer, lodgement(declarationOf(nextReference(), { items: manyItems(count) })));
  for (let index = 0; index < 4; index += 1) {
    const certificate = { id: numbers[index] ?? '', quantity: '100' };
    const items = [{ preferenceCode: '301', quantity: '100', certificate }, ...manyItems(index)];
    await node.ask(node.importer, lodgement(declarationOf(nextReference(), { items })));
  }
}

async function officerId(node: BenchNode): Promise<string> {
  const { rows } = await node.pool.query<{ id: string }>({
    text: "select id from people where username = 'clearance'",
  });
  return rows[0]?.id ?? '';
}

async function references(node: BenchNode, condition: string): Promise<string[]> {
  const { rows } = await node.pool.query<{ mrn: string }>({
    text: `select mrn from declarations where office = $1 and ${condition} order by hashtext(mrn) limit ${REQUESTS}`,
    values: [OFFICE],
  });
  return rows.map(({ mrn }) => mrn);
}

async function measure(node: BenchNode, who: string, title: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new Error(`nothing to ask for: ${title}`);
  const requests = (count: number): ClientRequest[] =>
    Array.from({ length: count }, (_, index) => ({ method: 'GET', path: paths[index % paths.length] ?? '' }));
  const warm = await node.load({ cookie: who, clients: CLIENTS, requests: requests(20), expected: [200] });
  // What takes long is asked less often.
  const count = warm.latencies.p50 > 100 ? Math.ceil(REQUESTS / 10) : REQUESTS;
  const one = await node.load({ cookie: who, clients: 1, requests: requests(count / 2), expected: [200] });
  const many = await node.load({ cookie: who, clients: CLIENTS, requests: requests(count), expected: [200] });
  console.log(
    `  ${title.padEnd(58)} ${inWords(one.latencies)}; ${CLIENTS} at once ${inWords(many.latencies)}; ${(many.largestAnswer / 1024).toFixed(0)} KB${one.latencies.p95 > 50 ? '  ABOVE 50 ms' : ''}`,
  );
}

/** The worklist and the verdict with so many declarations stored: at p95 under 50 ms. */
export async function measureOfficer(node: BenchNode, count: number): Promise<void> {
  await lodgeTemplates(node);
  const filled = await fillDeclarations(node.databaseUrl, count, OFFICE, await officerId(node));
  console.log(
    `\n${count} declarations stored in ${filled.seconds.toFixed(0)} s; the database has ${filled.gigabytes.toFixed(1)} GB`,
  );
  const officer = node.officer;
  await measure(node, officer, 'worklist, first page', ['/api/worklist']);
  const first = await node.ask(officer, { method: 'GET', path: '/api/worklist' });
  const next = typeof first === 'object' && first !== null && 'next' in first ? String(first.next) : '';
  await measure(node, officer, 'worklist, second page', [`/api/worklist?after=${encodeURIComponent(next)}`]);
  for (const filter of [
    'waitingFor=officer',
    'channel=red',
    'claimed=me',
    'claimed=nobody',
    'answered=true',
    'certificateArrived=true',
    'overdue=true',
    'text=lot%2019999',
    'text=nowhere',
    'waitingFor=certificate&channel=red&claimed=somebody',
  ])
    await measure(node, officer, `worklist, ${filter}`, [`/api/worklist?${filter}`]);
  const verdicts = async (title: string, condition: string): Promise<void> => {
    const found = await references(node, condition);
    await measure(
      node,
      officer,
      `verdict, ${title}`,
      found.map((mrn) => `/api/declarations/${mrn}/verdict`),
    );
  };
  const open = "mrn like '26VNZ%' and state in ('in-clearance', 'conditionally-released')";
  await verdicts('open', open);
  await verdicts(
    'open, with certificates',
    `${open} and exists (select from certificate_uses u where u.declaration_id = declarations.id)`,
  );
  await verdicts('of any time', "mrn like '26VNZ%'");
  const any = await references(node, "mrn like '26VNZ%'");
  await measure(
    node,
    officer,
    'one declaration',
    any.map((mrn) => `/api/declarations/${mrn}`),
  );
  for (const [who, cookie] of [
    ['trader', node.importer],
    ['officer', officer],
    ['supervisor', node.supervisor],
  ] as const) {
    await measure(node, cookie, `declarations of the ${who}`, ['/api/declarations']);
    await measure(node, cookie, `… of the ${who}, state=in-clearance`, ['/api/declarations?state=in-clearance']);
    await measure(node, cookie, `… of the ${who}, channel=red&chapter=85`, [
      '/api/declarations?channel=red&chapter=85',
    ]);
    await measure(node, cookie, `… of the ${who}, by reference`, ['/api/declarations?localReference=B-777']);
    await measure(node, cookie, `… of the ${who}, text=lot 777`, ['/api/declarations?text=lot%20777']);
  }
  const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  for (const [title, from] of [
    ['a month', 32],
    ['two years', 735],
  ] as const)
    await measure(node, node.supervisor, `comparison of clearance times, ${title}`, [
      `/api/timing/comparison?from=${day(from)}&until=${day(1)}`,
    ]);
}
