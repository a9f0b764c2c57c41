import type { JsonValue } from '../../documents/json.ts';

/** What is changed under four eyes. */
export type ChangedKind = 'rule-set' | 'list' | 'authorised-trader';

/** One thing of a kind: `rules` for the rule set, the name of a list, the id of a firm. */
export interface Changed {
  readonly kind: ChangedKind;
  readonly name: string;
}

export const RULE_SET: Changed = { kind: 'rule-set', name: 'rules' };

export type Step = 'proposed' | 'approved' | 'withdrawn';

/** What was done with a version, by whom, when. */
export interface StepView {
  readonly step: Step;
  readonly at: string;
  readonly byId: string;
  readonly byName: string;
  readonly reason: string | null;
  readonly inForceFrom: string | null;
  readonly dryRunId: string | null;
}

/** How a version stands: `scheduled` is approved and not in force yet, `replaced` was in force. */
export type VersionState = 'draft' | 'proposed' | 'scheduled' | 'in-force' | 'replaced' | 'withdrawn';

/** A version without its content. */
export interface VersionLine {
  readonly name: string;
  readonly number: number;
  readonly state: VersionState;
  readonly reason: string;
  readonly draftedAt: string;
  readonly draftedById: string;
  readonly draftedByName: string;
  readonly steps: readonly StepView[];
  /** Counts up with every step; the ETag. */
  readonly version: number;
}

export interface VersionView extends VersionLine {
  readonly content: JsonValue;
}
