export type Channel = 'green' | 'yellow' | 'red';

/** A rule that fired. */
export type FiredRule = {
  readonly rule: string;
  /** Version of the rule set in which the rule stands. */
  readonly version: number;
  /** What the rule asks for, before exemptions. */
  readonly channel: Channel;
  /** In words for an officer; never shown to traders. */
  readonly reason: string;
  /**
   * For a random rule: SHA-256 of its seed in hex, the draw and the share. The seed itself is kept with the version of
   * the rule set and shown to nobody, so that a draw can be repeated by the node and foretold by no one.
   */
  readonly draw?: { readonly seed: string; readonly value: string; readonly share: string };
  /** Exemptions that lower what the rule asks for, and to what; never of a binding rule. */
  readonly lowered?: { readonly to: Channel; readonly by: readonly string[] };
  /** The declaration was too large for this rule to be evaluated to its end, so that it stays yellow to be safe. */
  readonly unfinished?: true;
};

/** An exemption that applied. */
export type AppliedExemption = {
  readonly exemption: string;
  readonly to: Channel;
  readonly reason: string;
};

/** The channel of a declaration and why, kept for ever. */
export type Selection = {
  readonly channel: Channel;
  readonly ruleSetVersion: number;
  /** By id of the rule. */
  readonly fired: readonly FiredRule[];
  readonly exemptions?: readonly AppliedExemption[];
  /** Versions of the named lists that were read. */
  readonly lists?: { readonly [name: string]: number };
  readonly at: string;
};

const STRICTNESS: { readonly [channel in Channel]: number } = { green: 0, yellow: 1, red: 2 };

/** The stricter of two channels. */
export function stricter(one: Channel, other: Channel): Channel {
  return STRICTNESS[one] >= STRICTNESS[other] ? one : other;
}

/** The less strict of two channels. */
export function milder(one: Channel, other: Channel): Channel {
  return STRICTNESS[one] <= STRICTNESS[other] ? one : other;
}
