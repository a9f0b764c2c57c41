import { isArray, isObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { schemaFile } from '../documents/schema-set.ts';
import { type CountedMilestone, isCounted } from './milestone.ts';

/** An interval as schemas/timing/intervals.json defines it. */
export interface Interval {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly start: CountedMilestone;
  readonly end: CountedMilestone;
  /** The milestone after which the end cannot come any more. */
  readonly competing: CountedMilestone;
  readonly clock: 'calendar';
}

/** `arrival-release@1`: how an interval is named wherever a figure is. */
export function nameOf(interval: Pick<Interval, 'id' | 'version'>): string {
  return `${interval.id}@${interval.version}`;
}

function broken(): Error {
  return new Error('schemas/timing/intervals.json is not as its schema says: the installation is broken.');
}

function milestoneOf(value: JsonValue | undefined): CountedMilestone {
  if (typeof value === 'string' && isCounted(value)) return value;
  throw broken();
}

function readInterval(value: JsonValue): Interval {
  if (!isObject(value)) throw broken();
  const { id, version, title, start, end, competing } = value;
  if (typeof id !== 'string' || typeof version !== 'number' || typeof title !== 'string' || !isObject(competing))
    throw broken();
  return {
    id,
    version,
    title,
    start: milestoneOf(start),
    end: milestoneOf(end),
    competing: milestoneOf(competing['milestone']),
    clock: 'calendar',
  };
}

let held: readonly Interval[] | undefined;

/** Every interval that is defined, in the order of the file. */
export function intervals(): readonly Interval[] {
  if (held !== undefined) return held;
  const { intervals: list } = schemaFile('timing/intervals.json');
  if (!isArray(list)) throw broken();
  held = list.map(readInterval);
  return held;
}

/**
 * The interval of a name: `arrival-release@1`, or without a version the newest one.
 * @throws the refusal `INTERVAL-UNKNOWN`
 */
export function intervalOf(name: string): Interval {
  const found = intervals()
    .filter((interval) => nameOf(interval) === name || interval.id === name)
    .toSorted((one, other) => other.version - one.version)[0];
  if (found !== undefined) return found;
  throw new Refusal(
    'malformed',
    'INTERVAL-UNKNOWN',
    `There is no such interval. There are ${intervals().map(nameOf).join(', ')}; their definitions are at /schemas/timing/intervals.json.`,
  );
}
