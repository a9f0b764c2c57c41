/** Rules that assign channels, as data (`schemas/selectivity-rule-set.schema.json`). */

/** Compares one field with something; which operators fit a field depends on its kind (fields.ts). */
export type Comparison = {
  /** A path such as `declaration.exporter.country`; within `some` and `every`, `this.…` is of the entry at hand. */
  readonly field: string;
  readonly is: Operator;
  /** For `equals`, `contains`, `above`, `at-least`, `below`, `at-most`: a text or an exact decimal. */
  readonly value?: string;
  /** For `one-of`, `starts-with`. */
  readonly values?: readonly string[];
  /** For `in-list`, `starts-with-listed`: name of a list. */
  readonly list?: string;
  /** For `same-as`: the path of another field. */
  readonly other?: string;
};

export const OPERATORS = [
  'equals',
  'one-of',
  'starts-with',
  'contains',
  'in-list',
  'starts-with-listed',
  'same-as',
  'above',
  'at-least',
  'below',
  'at-most',
  'yes',
  'no',
  'given',
  'missing',
] as const;

export type Operator = (typeof OPERATORS)[number];

/**
 * What must hold. A comparison with a field that the declaration does not have is neither true nor false but unknown;
 * unknown passes through `not`, and a rule whose condition is unknown is not met. `some` of no entries does not hold, and
 * `every` of no entries is unknown.
 */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | { readonly some: string; readonly where: Condition }
  | { readonly every: string; readonly where: Condition }
  | Comparison;

type Named = {
  /** Small letters, digits and hyphens; unique in the set among rules and exemptions. */
  readonly id: string;
  readonly title: string;
  /** In an officer's words. */
  readonly reason: string;
  /** RFC 3339, inclusive. */
  readonly validFrom?: string;
  /** RFC 3339, exclusive. */
  readonly validUntil?: string;
};

/** Asks for a channel where its condition holds and, if it is random, the draw falls within its share. */
export type Rule = Named & {
  readonly channel: 'yellow' | 'red';
  /** Without a condition the rule is met by every declaration. */
  readonly when?: Condition;
  /** Share of the declarations that meet the condition, drawn at random: a decimal from 0 to 1. */
  readonly share?: string;
  /** No exemption lowers it. */
  readonly binding?: boolean;
};

/** Lowers what other rules ask for where its condition holds, except binding ones. */
export type Exemption = Named & {
  readonly when: Condition;
  /** Ids of the rules it lowers; without, all that are not binding. */
  readonly rules?: readonly string[];
  readonly to: 'green' | 'yellow';
};

export type RuleSet = {
  readonly title: string;
  readonly rules: readonly Rule[];
  readonly exemptions: readonly Exemption[];
};

/** What a named list holds; how its entries are compared depends on it. */
export const LIST_KINDS = ['firms', 'commodity-codes', 'countries', 'texts'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** A named list as a version of it stands. */
export type NamedList = {
  readonly version: number;
  readonly kind: ListKind;
  readonly entries: readonly string[];
};

/** What a rule set and the work of evaluating it are at most; stated in the refusals. */
export const RULE_LIMITS = {
  rules: 100,
  exemptions: 50,
  /** Comparisons and combinations of a whole set. */
  conditions: 1_000,
  /** Conditions inside each other. */
  depth: 8,
  /** Values of one comparison. */
  values: 1_000,
  /** Comparisons that one rule makes on one declaration. */
  comparisons: 200_000,
} as const;
