import type { JsonObject, JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { RegionFolder } from '../region/region-folder.ts';
import { NodeClient, type NodeOptions } from './node-client.ts';
import { listOf, memberOf, momentText, numberOf, print, printJson, table, textOf } from './words.ts';

/** What `selat timing show` takes. */
export interface TimingOptions extends NodeOptions {
  readonly from?: string;
  readonly until?: string;
  readonly interval: string;
  readonly procedure: string;
  readonly asOf?: string;
  readonly published?: boolean;
}

const DAY_MILLISECONDS = 86_400_000;
const HEADINGS = ['country', 'channel', 'n', 'open', 'MX', 'median', '95%', 'p90', '95%'];

function dayText(from: Date, days: number): string {
  return new Date(from.getTime() + days * DAY_MILLISECONDS).toISOString().slice(0, 10);
}

/** The nodes to ask: the one that is named, or all of the region. */
function nodesOf(options: TimingOptions): readonly (string | undefined)[] {
  if (options.url !== undefined || options.node !== undefined) return [options.node];
  return new RegionFolder(options.data).read()?.countries ?? [undefined];
}

async function ask(options: TimingOptions, node: string | undefined, query: string): Promise<JsonObject> {
  await using client = await NodeClient.open({ ...options, ...(node === undefined ? {} : { node }) }, 'analyst');
  // Not until the answer is here does the session end.
  return await client.get(`/api/timing/comparison?${query}`);
}

/**
 * `selat timing show`: the comparison of every node, side by side. Exit status 1 when a node did not answer.
 * @throws the refusal of a node that was asked alone
 */
export async function timingShow(options: TimingOptions): Promise<void> {
  const now = new Date();
  const query = new URLSearchParams({
    interval: options.interval,
    procedure: options.procedure,
    from: options.from ?? dayText(now, -30),
    // East of Greenwich it may be tomorrow already.
    until: options.until ?? dayText(now, 2),
    by: 'country,channel',
    ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
    ...(options.published === true ? { published: 'true' } : {}),
  }).toString();
  const comparisons: JsonObject[] = [];
  const failures: JsonObject[] = [];
  const nodes = nodesOf(options);
  for (const node of nodes)
    try {
      comparisons.push(await ask(options, node, query));
    } catch (error) {
      if (!(error instanceof Refusal) || nodes.length === 1) throw error;
      failures.push({ node: node ?? '', code: error.code, detail: error.message });
    }
  if (failures.length > 0) process.exitCode = 1;
  if (options.json === true) printJson({ comparisons, failures });
  else tell(comparisons, failures);
}

function tell(comparisons: readonly JsonObject[], failures: readonly JsonObject[]): void {
  const [first] = comparisons;
  if (first !== undefined) {
    const procedure = textOf(first, 'procedure');
    print(
      `${textOf(first, 'interval')} (${textOf(first, 'clock')} clock): ${textOf(first, 'title')}`,
      `${procedure}s whose interval starts from ${textOf(first, 'from')} up to, not including, ${textOf(first, 'until')}${memberOf(first, 'published') === true ? '; as published' : ''}`,
      '',
      ...table([
        [...HEADINGS, 'ended within 24 h', 'within 48 h', 'marked', 'to the minute', 'to the day', 'as of'],
        ...comparisons.flatMap((comparison) => listOf(comparison, 'rows').map((row) => lineOf(comparison, row))),
      ]),
      '',
      `Median, p90: ${textOf(memberOf(first, 'estimators'), 'quantiles')}`,
      `Ended within: ${textOf(memberOf(first, 'estimators'), 'shares')}`,
      'n: cases; open: still waiting at the as-of moment; MX: withdrawn, seized, abandoned or re-exported before the end; marked: with a moment that is backdated, corrected or out of order; –: not reached.',
    );
  }
  for (const failure of failures)
    print(`${textOf(failure, 'node')}: ${textOf(failure, 'detail')} (${textOf(failure, 'code')})`);
}

function lineOf(comparison: JsonObject, row: JsonObject): string[] {
  const figures = memberOf(row, 'figures') ?? null;
  const place = [textOf(row, 'country'), textOf(row, 'channel')];
  if (figures === null) return [...place, 'withheld', ...Array<string>(11).fill(''), momentText(comparison, 'asOf')];
  const precision = memberOf(figures, 'precision');
  const counts = ['cases', 'open', 'competing'].map((name) => String(numberOf(figures, name)));
  return [
    ...place,
    ...counts,
    ...quantileText(figures, 'median'),
    ...quantileText(figures, 'p90'),
    ...listOf(figures, 'endedWithin').map(shareText),
    String(numberOf(figures, 'marked')),
    ...['minute', 'day'].map((name) => String(numberOf(precision, name))),
    momentText(comparison, 'asOf'),
  ];
}

/** The value and its interval. */
function quantileText(figures: JsonValue, name: string): [string, string] {
  const quantile = memberOf(figures, name);
  if (typeof quantile === 'string') return [quantile, ''];
  return [
    durationText(quantile, 'seconds'),
    `${durationText(quantile, 'lower')} to ${durationText(quantile, 'upper')}`,
  ];
}

function shareText(share: JsonObject): string {
  return memberOf(share, 'share') === null ? '–' : `${(numberOf(share, 'share') * 100).toFixed(1)}%`;
}

/** A duration in the largest unit in which it is not less than two. */
function durationText(value: JsonValue | undefined, name: string): string {
  const seconds = memberOf(value, name);
  if (typeof seconds !== 'number') return '–';
  const size = Math.abs(seconds);
  if (size < 120) return `${seconds} s`;
  if (size < 7_200) return `${(seconds / 60).toFixed(1)} min`;
  return size < 172_800 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}
