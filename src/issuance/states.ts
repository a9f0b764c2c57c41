/**
 * The life of a certificate of origin as a table of transitions, pure: from which state, by which action, to which
 * state, who may, what it needs. Source: journey J2 of the product's description; for what an importing authority
 * reports back (use, refusal), ATIGA OCP rule 30.
 */

/** Where an application or the certificate that came of it stands. */
export type CertificateState =
  | 'draft'
  | 'submitted'
  | 'returned'
  | 'rejected'
  | 'withdrawn'
  | 'issued'
  | 'delivered'
  | 'received'
  | 'verified'
  | 'refused'
  | 'partly-used'
  | 'used-up'
  | 'cancelled'
  | 'replaced'
  | 'expired';

/** What somebody or something does to it. */
export type TransitionAction =
  | 'create'
  | 'amend'
  | 'submit'
  | 'withdraw'
  | 'return'
  | 'reject'
  | 'approve'
  | 'confirm-receipt'
  | 'receive'
  | 'verify'
  | 'refuse'
  | 'assess-again'
  | 'use-part'
  | 'use-rest'
  | 'give-back-part'
  | 'give-back-all'
  | 'cancel'
  | 'replace'
  | 'expire';

/** Who acts: the applicant's side, the issuing office, or the node itself (a receipt, a partner's document, a date). */
export type TransitionParty = 'applicant' | 'issuing-office' | 'node';

/** On which node the transition happens: at the issuing country's or at the importing country's. */
export type TransitionSide = 'issuing' | 'importing';

/** One row of the table. */
export interface Transition {
  readonly action: TransitionAction;
  /** `null` is "not there yet". */
  readonly from: CertificateState | null;
  readonly to: CertificateState;
  readonly party: TransitionParty;
  readonly side: TransitionSide;
  /** Whether somebody has to say why. */
  readonly reason: 'required' | 'none';
  /** Kind of the event that the transition leaves in the log. */
  readonly event: string;
}

const row = (
  action: TransitionAction,
  from: CertificateState | null,
  to: CertificateState,
  party: TransitionParty,
  side: TransitionSide,
  event: string,
  reason: Transition['reason'] = 'none',
): Transition => ({ action, from, to, party, side, reason, event });

const inForce = ['issued', 'delivered', 'partly-used'] as const;
const usable = ['verified', 'partly-used'] as const;

/** Every transition there is; what is not in the table does not happen. */
export const TRANSITIONS: readonly Transition[] = [
  row('create', null, 'draft', 'applicant', 'issuing', 'application.created'),
  row('amend', 'draft', 'draft', 'applicant', 'issuing', 'application.amended'),
  row('amend', 'returned', 'returned', 'applicant', 'issuing', 'application.amended'),
  row('submit', 'draft', 'submitted', 'applicant', 'issuing', 'application.submitted'),
  row('submit', 'returned', 'submitted', 'applicant', 'issuing', 'application.submitted'),
  row('withdraw', 'draft', 'withdrawn', 'applicant', 'issuing', 'application.withdrawn', 'required'),
  row('withdraw', 'submitted', 'withdrawn', 'applicant', 'issuing', 'application.withdrawn', 'required'),
  row('withdraw', 'returned', 'withdrawn', 'applicant', 'issuing', 'application.withdrawn', 'required'),
  row('return', 'submitted', 'returned', 'issuing-office', 'issuing', 'application.returned', 'required'),
  row('reject', 'submitted', 'rejected', 'issuing-office', 'issuing', 'application.rejected', 'required'),
  row('approve', 'submitted', 'issued', 'issuing-office', 'issuing', 'certificate.issued'),
  row('confirm-receipt', 'issued', 'delivered', 'node', 'issuing', 'certificate.delivered'),
  row('use-part', 'delivered', 'partly-used', 'node', 'issuing', 'certificate.used'),
  row('use-part', 'partly-used', 'partly-used', 'node', 'issuing', 'certificate.used'),
  row('use-rest', 'delivered', 'used-up', 'node', 'issuing', 'certificate.used'),
  row('use-rest', 'partly-used', 'used-up', 'node', 'issuing', 'certificate.used'),
  row('give-back-part', 'used-up', 'partly-used', 'node', 'issuing', 'certificate.use-corrected'),
  row('give-back-all', 'partly-used', 'delivered', 'node', 'issuing', 'certificate.use-corrected'),
  row('give-back-all', 'used-up', 'delivered', 'node', 'issuing', 'certificate.use-corrected'),
  ...inForce.flatMap((from) => [
    row('cancel', from, 'cancelled', 'issuing-office', 'issuing', 'certificate.cancelled', 'required'),
    row('replace', from, 'replaced', 'issuing-office', 'issuing', 'certificate.replaced', 'required'),
    row('expire', from, 'expired', 'node', 'issuing', 'certificate.expired'),
  ]),
  row('give-back-part', 'used-up', 'partly-used', 'node', 'importing', 'certificate.use-corrected'),
  row('give-back-all', 'partly-used', 'verified', 'node', 'importing', 'certificate.use-corrected'),
  row('give-back-all', 'used-up', 'verified', 'node', 'importing', 'certificate.use-corrected'),
  row('receive', null, 'received', 'node', 'importing', 'certificate.received'),
  row('verify', 'received', 'verified', 'node', 'importing', 'certificate.verified'),
  row('refuse', 'received', 'refused', 'node', 'importing', 'certificate.refused', 'required'),
  // It came when it was not for this country; now the issuing country granted a part of it (compare ATIGA OCP rule 30.4).
  row('assess-again', 'refused', 'verified', 'node', 'importing', 'certificate.verified'),
  ...usable.flatMap((from) => [
    row('use-part', from, 'partly-used', 'node', 'importing', 'certificate.used'),
    row('use-rest', from, 'used-up', 'node', 'importing', 'certificate.used'),
    row('cancel', from, 'cancelled', 'node', 'importing', 'certificate.cancelled', 'required'),
    row('replace', from, 'replaced', 'node', 'importing', 'certificate.replaced', 'required'),
    row('expire', from, 'expired', 'node', 'importing', 'certificate.expired'),
  ]),
];

/** Why a transition cannot be made. */
export type TransitionRefusal = 'STATE-DOES-NOT-ALLOW' | 'REASON-REQUIRED' | 'NOT-THIS-PARTY';

/** Longest reason that is kept, in characters. */
export const LONGEST_REASON = 2000;

/**
 * Judges one step: the row of the table when it may be made, else a stable code and words for the person who asked.
 * `reason` is what they gave, already trimmed.
 */
export function judgeTransition(
  side: TransitionSide,
  from: CertificateState | null,
  action: TransitionAction,
  by: TransitionParty,
  reason?: string,
):
  | { readonly ok: true; readonly transition: Transition }
  | { readonly ok: false; readonly code: TransitionRefusal; readonly message: string } {
  const transition = TRANSITIONS.find((one) => one.side === side && one.from === from && one.action === action);
  if (transition === undefined) {
    return {
      ok: false,
      code: 'STATE-DOES-NOT-ALLOW',
      message: `What is ${from ?? 'not there yet'} cannot be changed by “${action}”; possible now: ${possible(side, from)}.`,
    };
  }
  if (transition.party !== by) {
    return { ok: false, code: 'NOT-THIS-PARTY', message: `“${action}” is for the ${transition.party} to do.` };
  }
  if (transition.reason === 'required' && (reason ?? '') === '') {
    return { ok: false, code: 'REASON-REQUIRED', message: `Say why: “${action}” needs a reason.` };
  }
  return { ok: true, transition };
}

/** The states from which an action is possible on a side, for the condition of an SQL update. */
export function statesBefore(side: TransitionSide, action: TransitionAction): readonly CertificateState[] {
  return TRANSITIONS.flatMap((one) =>
    one.side === side && one.action === action && one.from !== null ? [one.from] : [],
  );
}

/** What a party can do next, for pages and programs that offer only that. */
export function actionsFrom(
  side: TransitionSide,
  from: CertificateState,
  by: TransitionParty,
): readonly TransitionAction[] {
  return TRANSITIONS.flatMap((one) => (one.side === side && one.from === from && one.party === by ? [one.action] : []));
}

function possible(side: TransitionSide, from: CertificateState | null): string {
  const actions = TRANSITIONS.filter((one) => one.side === side && one.from === from).map((one) => one.action);
  return actions.length === 0 ? 'nothing' : actions.join(', ');
}
