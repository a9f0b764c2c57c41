import type { JsonValue } from '../documents/json.ts';
import { entriesAt, fieldOf, numberAt, textAt } from './answers.ts';
import type { SampleUsers } from './sample-users.ts';

const DAY = 86_400_000;
const INTERVALS = ['arrival-release@1', 'lodgement-release@1'];

/** A quantile of clearance times in seconds; null where it is not reached. */
export type QuantileText = { readonly seconds: number | null } | 'n too small';

/** Clearance times by one definition, with what they mean. */
export interface ClearanceTimes {
  readonly country: string;
  /** Id and version of the interval. */
  readonly interval: string;
  readonly title: string;
  readonly clock: string;
  readonly asOf: string;
  readonly rows: readonly {
    readonly channel: string;
    readonly cases: number;
    readonly open: number;
    readonly median: QuantileText;
    readonly p90: QuantileText;
  }[];
}

/** Arrival to release and lodgement to release of a country's imports of the last 30 days, as its analyst sees them. */
export async function clearanceTimes(users: SampleUsers, country: string): Promise<ClearanceTimes[]> {
  const analyst = await users.of(country, 'analyst');
  const now = Date.now();
  const found: ClearanceTimes[] = [];
  for (const interval of INTERVALS) {
    // East of Greenwich it may be tomorrow already.
    const query = new URLSearchParams({ interval, from: day(now - 30 * DAY), until: day(now + 2 * DAY) });
    const { body } = await analyst.get(`/api/timing/comparison?${query.toString()}`);
    found.push({
      country,
      interval: textAt(body, 'interval'),
      title: textAt(body, 'title'),
      clock: textAt(body, 'clock'),
      asOf: textAt(body, 'asOf'),
      rows: entriesAt(body, 'rows').map((row) => ({
        channel: textAt(row, 'channel'),
        cases: numberAt(row, 'figures', 'cases'),
        open: numberAt(row, 'figures', 'open'),
        median: quantileAt(row, 'median'),
        p90: quantileAt(row, 'p90'),
      })),
    });
  }
  return found;
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

function quantileAt(row: JsonValue, name: string): QuantileText {
  const quantile = fieldOf(fieldOf(row, 'figures'), name);
  if (typeof quantile === 'string') return 'n too small';
  const seconds = fieldOf(quantile, 'seconds');
  return { seconds: typeof seconds === 'number' ? seconds : null };
}
