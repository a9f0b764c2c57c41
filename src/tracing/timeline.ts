import { type Strand, TIMELINE_KINDS, type WaitedFor } from './kinds.ts';

/** One thing that happened to a consignment, in either country. */
export type TimelineEntry = {
  readonly at: string;
  /** ISO 3166-1 alpha-2 of the country that tells it. */
  readonly country: string;
  readonly kind: string;
  readonly words: string;
  readonly strand: Strand | null;
  readonly role: string;
  /** The document or thing it happened to; only of this country, and only for those who see it. */
  readonly subject?: string;
};

/** Who is waited for in a strand, and since when. */
export type TimelineWait = {
  readonly strand: Strand;
  readonly country: string;
  readonly for: Exclude<WaitedFor, 'nobody'>;
  readonly since: string;
  /** Whole milliseconds, to the moment of asking. */
  readonly milliseconds: number;
};

/** Everything that is known of a consignment, oldest first, and who is waited for now. */
export type Timeline = {
  readonly consignmentReference: string;
  readonly entries: readonly TimelineEntry[];
  readonly waits: readonly TimelineWait[];
  /** Partners whose part was told, each with the moment of its newest event. */
  readonly told: readonly { readonly country: string; readonly upTo: string }[];
};

/** Steps on the way of a certificate: told late, they do not make anybody wait again for what is over. */
const NEVER_REOPENS = new Set(['certificate.issued', 'certificate.delivered', 'certificate.received']);

/** An event before it is put in order. */
export interface RawEvent {
  readonly number: bigint;
  readonly country: string;
  readonly kind: string;
  readonly role: string;
  readonly at: Date;
  readonly subject: string | null;
}

/**
 * Puts the events of both countries in one order (time, then country, then number) and says who is waited for: in each
 * country's strand the newest event that says anything of it. A strand that has ended waits for nobody; both countries
 * tell of one certificate, and what the importing one said last stands. Pure.
 */
export function timelineOf(
  consignmentReference: string,
  events: readonly RawEvent[],
  own: string,
  now: Date,
): Timeline {
  const sorted = events.toSorted(
    (one, other) =>
      one.at.getTime() - other.at.getTime() ||
      one.country.localeCompare(other.country) ||
      Number(one.number - other.number),
  );
  const waiting = new Map<string, TimelineWait | null>();
  for (const { kind, country, at } of sorted) {
    const known = TIMELINE_KINDS[kind];
    if (known?.waits === undefined) continue;
    const key =
      known.strand === 'certificate' || known.strand === 'origin-query' ? known.strand : `${known.strand} ${country}`;
    const before = waiting.get(key);
    // The clocks of two nodes differ, and a receipt is noted after the answer was given: that opens nothing anew.
    if (before === null && NEVER_REOPENS.has(kind)) continue;
    if (known.waits === 'nobody') waiting.set(key, null);
    else if (before?.for !== known.waits || before.country !== country)
      waiting.set(key, { strand: known.strand, country, for: known.waits, since: at.toISOString(), milliseconds: 0 });
  }
  const partners = new Map<string, string>();
  for (const { country, at } of sorted) if (country !== own) partners.set(country, at.toISOString());
  return {
    consignmentReference,
    entries: sorted.map((event) => {
      const known = TIMELINE_KINDS[event.kind];
      return {
        at: event.at.toISOString(),
        country: event.country,
        kind: event.kind,
        words: known?.words ?? event.kind,
        strand: known?.strand ?? null,
        role: event.role,
        ...(event.subject === null ? {} : { subject: event.subject }),
      };
    }),
    waits: [...waiting.values()].flatMap((wait) =>
      wait === null ? [] : [{ ...wait, milliseconds: Math.max(0, now.getTime() - Date.parse(wait.since)) }],
    ),
    told: [...partners].map(([country, upTo]) => ({ country, upTo })),
  };
}
