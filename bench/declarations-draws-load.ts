import { keepCertificates } from './declarations-certificates-load.ts';
import { declarationOf } from './declarations-documents-load.ts';
import { lodgement, nextReference } from './declarations-lodging-load.ts';
import { type BenchNode, inWords } from './declarations-node-load.ts';

const CLIENTS = 200;
/** Pieces that each declaration draws, and that a certificate has. */
const EACH = 100;
const QUANTITY = 12_000;

interface Drawn {
  readonly state: string;
  readonly uses: number;
  readonly quantity: string;
}

/** Draws of as many declarations as there are clients, all sent at once, each on one certificate. */
async function drawAtOnce(node: BenchNode, title: string, numbers: readonly string[]): Promise<void> {
  const requests = Array.from({ length: CLIENTS }, (_, index) => {
    const id = numbers[index % numbers.length] ?? '';
    const certificate = { id, quantity: String(EACH) };
    return lodgement(
      declarationOf(nextReference(), { items: [{ preferenceCode: '301', quantity: String(EACH), certificate }] }),
    );
  });
  const result = await node.load({ cookie: node.importer, clients: CLIENTS, requests, expected: [201] });
  const { rows } = await node.pool.query<Drawn>({
    text: `select state, count(*)::int as uses, sum(quantity)::text as quantity from certificate_uses
      where number = any($1) group by state order by state`,
    values: [numbers],
  });
  const { rows: kept } = await node.pool.query<{ drawn: string }>({
    text: 'select sum(reserved + written_off)::text as drawn from certificate_allotments where number = any($1)',
    values: [numbers],
  });
  const used = rows.filter(({ state }) => state === 'reserved' || state === 'written-off');
  const sum = used.reduce((total, { quantity }) => total + Number(quantity), 0);
  const uses = rows.reduce((total, each) => total + each.uses, 0);
  const most = Math.min(CLIENTS * EACH, numbers.length * QUANTITY);
  const isExact = uses === CLIENTS && sum === most && Number(kept[0]?.drawn) === most;
  if (!isExact) process.exitCode = 1;
  console.log(
    `  ${title}: ${(CLIENTS / (result.milliseconds / 1_000)).toFixed(0)} declarations/s, ${inWords(result.latencies)}, ${result.sentAgain} sent again after 503; drawn ${sum} of ${numbers.length * QUANTITY} (${rows.map(({ state, uses: n }) => `${n} ${state}`).join(', ')}): ${isExact ? 'exact' : `WRONG, ${most} was to be drawn, the ledger says ${kept[0]?.drawn}`}`,
  );
}

/** Two hundred declarations at once on one certificate, which suffices for 120 of them; and spread over as many. */
export async function measureDraws(node: BenchNode): Promise<void> {
  console.log(`\n${CLIENTS} declarations lodged at once, each drawing ${EACH} pieces`);
  for (const round of [1, 2, 3]) {
    const [one] = await keepCertificates(node.pool, 1_000_000 + round, 1, String(QUANTITY));
    if (one === undefined) throw new Error('no certificate');
    await drawAtOnce(node, `one certificate of ${QUANTITY}, round ${round}`, [one]);
    const many = await keepCertificates(node.pool, 2_000_000 + round * 1_000, CLIENTS, String(QUANTITY));
    await drawAtOnce(node, `${CLIENTS} certificates, round ${round}`, many);
  }
}
