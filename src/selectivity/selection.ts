export type Channel = 'green' | 'yellow' | 'red';

/** A rule that fired. */
export type FiredRule = {
  readonly rule: string;
  readonly version: number;
  readonly channel: Channel;
  /** In words for an officer; never shown to traders. */
  readonly reason: string;
  /** For a random rule: the recorded seed and the draw, so that it can be repeated. */
  readonly draw?: { readonly seed: string; readonly value: string; readonly share: string };
};

/** The channel of a declaration and why, kept for ever. */
export type Selection = {
  readonly channel: Channel;
  readonly ruleSetVersion: number;
  readonly fired: readonly FiredRule[];
  readonly at: string;
};
