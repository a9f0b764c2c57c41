import { setImmediate } from 'node:timers/promises';
import { Refusal } from '../documents/refusal.ts';
import { countTraders, type Population, selectDurations, selectPeriod } from './comparison-queries.ts';
import { type Figures, figuresOf } from './figures.ts';
import { intervalOf, nameOf } from './intervals.ts';
import type { Channel } from './milestone.ts';
import type { Asked, TimingParts } from './ports.ts';
import { withheldCells } from './suppression.ts';

/** What is asked of a comparison. */
export interface ComparisonQuestion {
  /** `arrival-release@1`, or without a version the newest. */
  readonly interval: string;
  readonly procedure: 'import' | 'export';
  /** Days `YYYY-MM-DD` in the administration's zone; the interval starts on `from` or later and before `until`. */
  readonly from: string;
  readonly until: string;
  /** Figures as they were known then; without it, now. */
  readonly asOf?: Date;
  readonly byChannel: boolean;
  /** As it may leave the administration. */
  readonly published: boolean;
}

/** One line: a channel of a country, or all of them. */
export type ComparisonRow = {
  readonly country: string;
  /** `all`: every channel and what has none yet; `none`: no channel assigned yet. */
  readonly channel: Channel | 'none' | 'all';
  /** Null: withheld, since it would tell of too few. */
  readonly figures: Figures | null;
};

/** Clearance times of this country, each with what it means. */
export type Comparison = {
  readonly interval: string;
  readonly title: string;
  readonly clock: 'calendar';
  readonly procedure: 'import' | 'export';
  readonly from: string;
  readonly until: string;
  readonly zone: string;
  readonly asOf: string;
  readonly published: boolean;
  readonly rows: readonly ComparisonRow[];
};

const CHANNELS = ['green', 'yellow', 'red', null] as const;

const nameOfChannel = (channel: Channel | null): Channel | 'none' => channel ?? 'none';

/**
 * Compares clearance times by channel from the cases of this node.
 * @throws the refusals `INTERVAL-UNKNOWN`, `PERIOD-INVALID`, `AS-OF-INVALID`, `PERIOD-NOT-PUBLISHED`
 */
export async function compare(parts: TimingParts, asked: Asked, question: ComparisonQuestion): Promise<Comparison> {
  const interval = intervalOf(question.interval);
  refusePeriod(question);
  const period = await selectPeriod(asked.transaction, question, parts.timeZone);
  const population: Population = {
    interval,
    procedure: question.procedure,
    from: period.from,
    until: period.until,
    ...asOfOf(question, period.monthAfter, asked.now),
  };
  const groups = await selectDurations(asked.transaction, population);
  const byChannel: { readonly channel: Channel | 'none'; readonly figures: Figures }[] = [];
  for (const channel of CHANNELS) {
    byChannel.push({
      channel: nameOfChannel(channel),
      figures: figuresOf(groups.filter((group) => group.channel === channel)),
    });
    // A million cases take some tenths of a second: others are answered in between.
    await setImmediate();
  }
  const all = { channel: 'all' as const, figures: figuresOf(groups) };
  const withheld = question.published ? await withheldOf(asked, population, byChannel, all) : new Set<string>();
  return {
    interval: nameOf(interval),
    title: interval.title,
    clock: interval.clock,
    procedure: question.procedure,
    from: question.from,
    until: question.until,
    zone: parts.timeZone,
    asOf: population.asOf.toISOString(),
    published: question.published,
    rows: [all, ...(question.byChannel ? byChannel : [])].map(({ channel, figures }) => ({
      country: parts.country,
      channel,
      figures: withheld.has(channel) ? null : figures,
    })),
  };
}

async function withheldOf(
  asked: Asked,
  population: Population,
  byChannel: readonly { readonly channel: Channel | 'none'; readonly figures: Figures }[],
  all: { readonly channel: 'all'; readonly figures: Figures },
): Promise<ReadonlySet<string>> {
  const traders = await countTraders(asked.transaction, population);
  const ofChannel = new Map([...traders.byChannel].map(([channel, count]) => [nameOfChannel(channel), count]));
  return withheldCells(
    byChannel.map(({ channel, figures }) => ({
      key: channel,
      declarations: figures.cases,
      traders: ofChannel.get(channel) ?? 0,
    })),
    { key: all.channel, declarations: all.figures.cases, traders: traders.all },
  );
}

/** A day of the calendar, of a century in which declarations are lodged. */
function isDay(text: string): boolean {
  if (!/^(?:19|2\d)/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The first day of the month after a day. */
function nextMonth(day: string): string {
  const date = new Date(`${day.slice(0, 7)}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString().slice(0, 10);
}

/**
 * Two tables of periods or as-of moments that overlap can be subtracted from each other, and what is left may be one
 * trader's (threats.md B5). So there is one published table for a month, and it never changes.
 */
function refusePeriod({ from, until, published }: ComparisonQuestion): void {
  if (!isDay(from) || !isDay(until) || from >= until)
    throw new Refusal(
      'malformed',
      'PERIOD-INVALID',
      'A period is two days of the calendar, such as from=2026-01-01&until=2026-02-01; the second is the first day that is not in it any more.',
    );
  if (published && (!from.endsWith('-01') || until !== nextMonth(from)))
    throw new Refusal(
      'malformed',
      'PERIOD-NOT-PUBLISHED',
      'What is published is about one month of the calendar: from its first day until the first day of the next.',
    );
}

function asOfOf(
  { asOf, published }: ComparisonQuestion,
  monthAfter: Date,
  now: Date,
): Pick<Population, 'asOf' | 'asThenKnown'> {
  if (published) {
    if (asOf !== undefined && asOf.getTime() !== monthAfter.getTime())
      throw new Refusal(
        'malformed',
        'AS-OF-INVALID',
        `What is published of a month is as it was known a month after its end: ${monthAfter.toISOString()}.`,
      );
    if (monthAfter > now)
      throw new Refusal(
        'malformed',
        'PERIOD-NOT-PUBLISHED',
        `What happened in that month is published from ${monthAfter.toISOString()} on, a month after its end.`,
      );
    return { asOf: monthAfter, asThenKnown: true };
  }
  if (asOf !== undefined && asOf > now)
    throw new Refusal('malformed', 'AS-OF-INVALID', 'The as-of moment lies in the future.');
  return { asOf: asOf ?? now, asThenKnown: asOf !== undefined };
}
