import type { Hindrance, ReleaseStanding } from './hindrances.ts';
import type { InspectionStanding } from './standing.ts';

/** What an officer can do with a declaration, by the names of its routes. */
export const ACTS = [
  'claim',
  'hand-over',
  'raise-query',
  'assess',
  'confirm-assessment',
  'order-inspection',
  'record-inspection',
  'withhold-preference',
  'restore-preference',
  'open-permit',
  'answer-permit',
  'record-payment',
  'conditional-release',
  'release',
  'seize',
] as const;
export type ActName = (typeof ACTS)[number];

/** An act and whether it can be done now; if not, why. */
export type Act = {
  readonly act: ActName;
  readonly possible: boolean;
  readonly code?: string;
  readonly reason?: string;
};

/** What decides which acts are possible. */
export interface ActCircumstances {
  readonly standing: ReleaseStanding;
  readonly reader: { readonly mayControl: boolean; readonly mayDecide: boolean; readonly mayRecordPayment: boolean };
  readonly claimedBy: { readonly name: string; readonly self: boolean } | null;
  readonly inspections: readonly InspectionStanding[];
  readonly hindrances: readonly Hindrance[];
  readonly conditionalHindrances: readonly Hindrance[];
  readonly withheld: ReadonlySet<number>;
  /** An assessment that waits for a second officer, and whether the reader proposed it. */
  readonly proposal: { readonly own: boolean } | null;
  /** Items that claim a preference. */
  readonly preferenceItems: readonly number[];
}

type Why = { readonly code: string; readonly reason: string };

/** Every act with whether the reader can do it now. */
export function possibleActs(circumstances: ActCircumstances): Act[] {
  return ACTS.map((act) => {
    const why = whyNot(act, circumstances);
    return why === null ? { act, possible: true } : { act, possible: false, ...why };
  });
}

const OPEN = ['registered', 'in-clearance', 'conditionally-released'];
/** Acts that are possible also while somebody else has claimed the declaration. */
const WITHOUT_CLAIM: readonly ActName[] = ['record-payment', 'confirm-assessment'];
/** Acts that need the goods to be there, or not to have gone. */
const ONLY_IN: Partial<Record<ActName, readonly string[]>> = {
  assess: ['in-clearance', 'conditionally-released'],
  'confirm-assessment': ['in-clearance', 'conditionally-released'],
  'order-inspection': ['in-clearance'],
  'record-inspection': ['in-clearance'],
  'open-permit': ['registered', 'in-clearance'],
  'answer-permit': ['registered', 'in-clearance'],
};
const DECIDING: readonly ActName[] = [
  'assess',
  'confirm-assessment',
  'withhold-preference',
  'restore-preference',
  'conditional-release',
  'release',
  'seize',
];

function whyNot(act: ActName, given: ActCircumstances): Why | null {
  return notAllowed(act, given) ?? notClaimed(act, given) ?? notNow(act, given);
}

function notAllowed(act: ActName, { reader, standing }: ActCircumstances): Why | null {
  const may =
    act === 'record-payment' ? reader.mayRecordPayment : DECIDING.includes(act) ? reader.mayDecide : reader.mayControl;
  if (!may) return { code: 'RIGHT-MISSING', reason: 'Your role may not do this.' };
  if (OPEN.includes(standing.state)) return null;
  return { code: 'STATE-DOES-NOT-ALLOW', reason: `The declaration is ${standing.state}.` };
}

function notClaimed(act: ActName, { claimedBy }: ActCircumstances): Why | null {
  if (act === 'claim' && claimedBy?.self === true) return { code: 'CLAIMED-ALREADY', reason: 'You have claimed it.' };
  if (claimedBy === null) return act === 'hand-over' ? { code: 'NOT-CLAIMED', reason: 'Nobody has claimed it.' } : null;
  if (claimedBy.self || WITHOUT_CLAIM.includes(act)) return null;
  return { code: 'CLAIMED-BY-ANOTHER', reason: `${claimedBy.name} has claimed it.` };
}

function notNow(act: ActName, given: ActCircumstances): Why | null {
  const { standing } = given;
  const states = ONLY_IN[act];
  if (states !== undefined && !states.includes(standing.state))
    return { code: 'STATE-DOES-NOT-ALLOW', reason: `The declaration is ${standing.state.replace('-', ' ')}.` };
  switch (act) {
    case 'release':
      return firstOf(given.hindrances);
    case 'confirm-assessment':
      if (given.proposal === null)
        return { code: 'NOTHING-PROPOSED', reason: 'No assessment waits for a second officer.' };
      return given.proposal.own
        ? { code: 'FOUR-EYES', reason: 'You proposed it; somebody else has to confirm it.' }
        : null;
    case 'conditional-release':
      return firstOf(given.conditionalHindrances);
    case 'record-inspection':
      return given.inspections.some((one) => one.state === 'ordered' || one.state === 'started')
        ? null
        : { code: 'NO-INSPECTION', reason: 'No inspection is open.' };
    case 'answer-permit':
      return standing.openPermits > 0 ? null : { code: 'NO-PERMIT', reason: 'No permit is open.' };
    case 'withhold-preference':
      return given.preferenceItems.some((sequence) => !given.withheld.has(sequence))
        ? null
        : { code: 'NO-PREFERENCE', reason: 'No item claims a preference that is not withheld.' };
    case 'restore-preference':
      return given.withheld.size > 0 ? null : { code: 'NOTHING-WITHHELD', reason: 'No preference is withheld.' };
    default:
      return null;
  }
}

function firstOf(hindrances: readonly Hindrance[]): Why | null {
  const [first] = hindrances;
  return first === undefined ? null : { code: first.code, reason: first.reason };
}
