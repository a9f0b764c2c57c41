import type { JsonObject } from '../../documents/json.ts';
import { type Channel, type Selection, stricter } from '../../selectivity/selection.ts';

/** MRNs shown for each change of channel, at most. */
const MOST_SAMPLES = 20;

const CHANNELS: readonly Channel[] = ['green', 'yellow', 'red'];

type Counts = { [channel in Channel]: number };

/** Adds up what a dry run finds; its memory does not grow with the number of declarations. */
export class DryRunResult {
  examined = 0;
  readonly #before: Counts = { green: 0, yellow: 0, red: 0 };
  readonly #after: Counts = { green: 0, yellow: 0, red: 0 };
  readonly #moves = new Map<string, { count: number; stricter: boolean; samples: JsonObject[] }>();
  readonly #rules: Map<string, { fired: number; lowered: number }>;

  constructor(ruleIds: readonly string[]) {
    this.#rules = new Map(ruleIds.map((id) => [id, { fired: 0, lowered: 0 }]));
  }

  add(movementReference: string, before: Channel, selection: Selection): void {
    const after = selection.channel;
    this.examined += 1;
    this.#before[before] += 1;
    this.#after[after] += 1;
    for (const fired of selection.fired) {
      const counts = this.#rules.get(fired.rule);
      if (counts === undefined) continue;
      counts.fired += 1;
      if (fired.lowered !== undefined) counts.lowered += 1;
    }
    if (before === after) return;
    const key = `${before} ${after}`;
    const move = this.#moves.get(key) ?? { count: 0, stricter: stricter(before, after) === after, samples: [] };
    move.count += 1;
    if (move.samples.length < MOST_SAMPLES)
      move.samples.push({ movementReference, rules: selection.fired.map(({ rule }) => rule) });
    this.#moves.set(key, move);
  }

  toJson(): JsonObject {
    const moves = CHANNELS.flatMap((from) =>
      CHANNELS.flatMap((to) => {
        const move = this.#moves.get(`${from} ${to}`);
        return move === undefined ? [] : [{ from, to, ...move }];
      }),
    );
    const sum = (isStricter: boolean): number =>
      moves.filter((move) => move.stricter === isStricter).reduce((total, { count }) => total + count, 0);
    return {
      examined: this.examined,
      stricter: sum(true),
      milder: sum(false),
      before: { ...this.#before },
      after: { ...this.#after },
      changes: moves.map(({ from, to, count, samples }) => ({ from, to, count, samples })),
      rules: [...this.#rules].map(([rule, counts]) => ({ rule, ...counts })),
      basis:
        'Each declaration as last given a channel, with the duty computed then; certificates as they stand now; lists in force at the time of the run.',
    };
  }
}
