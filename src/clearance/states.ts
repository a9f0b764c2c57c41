/**
 * The life of a declaration as a table of steps, pure: from which state, by which step, to which state, who may. Source:
 * journey J4 of the product's description; conditional release: WTO TFA article 7.3.
 */
export const DECLARATION_STATES = [
  'registered',
  'in-clearance',
  'conditionally-released',
  'released',
  'withdrawn',
  'seized',
] as const;
export type DeclarationState = (typeof DECLARATION_STATES)[number];

/** What somebody, or the node, does to a declaration. */
export type DeclarationStep =
  | 'lodge'
  | 'lodge-ahead'
  | 'arrive'
  | 'amend'
  | 'supplement'
  | 'withdraw'
  | 'conditionally-release'
  | 'release'
  | 'seize';

/** Whose step it is: the declarant's side, customs (an officer, or the node itself), or either. */
export type StepParty = 'declarant' | 'customs' | 'either';

/** One row of the table. */
export interface Step {
  readonly step: DeclarationStep;
  /** `null` is "not there yet". */
  readonly from: DeclarationState | null;
  readonly to: DeclarationState;
  readonly party: StepParty;
  /** Kind of the event that the step leaves in the log. */
  readonly event: string;
}

const row = (
  step: DeclarationStep,
  from: DeclarationState | null,
  to: DeclarationState,
  party: StepParty,
  event: string,
): Step => ({ step, from, to, party, event });

/** Every step there is; what is not in the table does not happen. */
export const STEPS: readonly Step[] = [
  row('lodge', null, 'in-clearance', 'declarant', 'declaration.accepted'),
  row('lodge-ahead', null, 'registered', 'declarant', 'declaration.registered'),
  row('arrive', 'registered', 'in-clearance', 'either', 'declaration.accepted'),
  row('arrive', 'in-clearance', 'in-clearance', 'either', 'declaration.arrived'),
  row('amend', 'registered', 'registered', 'declarant', 'declaration.amended'),
  row('amend', 'in-clearance', 'in-clearance', 'declarant', 'declaration.amended'),
  row('supplement', 'in-clearance', 'in-clearance', 'declarant', 'declaration.supplemented'),
  row('supplement', 'conditionally-released', 'conditionally-released', 'declarant', 'declaration.supplemented'),
  row('supplement', 'released', 'released', 'declarant', 'declaration.supplemented'),
  row('withdraw', 'registered', 'withdrawn', 'declarant', 'declaration.withdrawn'),
  row('withdraw', 'in-clearance', 'withdrawn', 'declarant', 'declaration.withdrawn'),
  row(
    'conditionally-release',
    'in-clearance',
    'conditionally-released',
    'customs',
    'declaration.conditionally-released',
  ),
  row('release', 'in-clearance', 'released', 'customs', 'declaration.released'),
  row('release', 'conditionally-released', 'released', 'customs', 'declaration.cleared'),
  row('seize', 'registered', 'seized', 'customs', 'declaration.seized'),
  row('seize', 'in-clearance', 'seized', 'customs', 'declaration.seized'),
  row('seize', 'conditionally-released', 'seized', 'customs', 'declaration.seized'),
];

/** The row of the table for a step from a state, or a stable code and words for whoever asked. */
export function judgeStep(
  from: DeclarationState | null,
  step: DeclarationStep,
):
  | { readonly ok: true; readonly step: Step }
  | { readonly ok: false; readonly code: 'STATE-DOES-NOT-ALLOW'; readonly message: string } {
  const found = STEPS.find((one) => one.from === from && one.step === step);
  if (found !== undefined) return { ok: true, step: found };
  const possible = STEPS.filter((one) => one.from === from).map((one) => one.step);
  return {
    ok: false,
    code: 'STATE-DOES-NOT-ALLOW',
    message: `A declaration that is ${(from ?? 'not there yet').replace('-', ' ')} cannot be changed by “${step}”; possible now: ${
      possible.length === 0 ? 'nothing' : possible.join(', ')
    }.`,
  };
}

/** What a party can do next with a declaration, for pages and programs that offer only that. */
export function stepsFrom(from: DeclarationState, by: 'declarant' | 'customs'): readonly DeclarationStep[] {
  return STEPS.flatMap((one) => (one.from === from && (one.party === by || one.party === 'either') ? [one.step] : []));
}

/** Whether the goods were let go, for good or against security. */
export function isReleased(state: DeclarationState): boolean {
  return state === 'released' || state === 'conditionally-released';
}
