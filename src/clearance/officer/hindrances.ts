import type { CertificateUse } from '../ports.ts';
import type { DutyStanding, PaymentState } from './duty-standing.ts';
import { covers } from './duty-standing.ts';
import type { OriginQueryStanding } from './parts.ts';
import type { WaitingFor } from './standing.ts';

/** How a declaration stands, as far as its release goes by it. */
export interface ReleaseStanding {
  readonly state: string;
  readonly openQueries: number;
  readonly answeredQueries: number;
  readonly openInspections: number;
  readonly openPermits: number;
  readonly refusedPermits: number;
  readonly openCertificates: number;
  readonly assessmentOpen: boolean;
  readonly payment: PaymentState;
}

/** Something that keeps the goods from being released, and who has to move. */
export type Hindrance = {
  readonly code: string;
  readonly reason: string;
  readonly waitsFor: WaitingFor;
};

/** What hinders the release in any form: goods that are not there, questions, inspections and permits that are open. */
function physicalHindrances(standing: ReleaseStanding): Hindrance[] {
  const found: Hindrance[] = [];
  const unanswered = standing.openQueries - standing.answeredQueries;
  const awaited = standing.openPermits - standing.refusedPermits;
  if (standing.state === 'registered')
    found.push({ code: 'NOT-ARRIVED', reason: 'The arrival of the goods was not reported yet.', waitsFor: 'arrival' });
  if (unanswered > 0)
    found.push({
      code: 'QUERY-OPEN',
      reason: `${count(unanswered, 'query', 'queries')} to the declarant without an answer.`,
      waitsFor: 'declarant',
    });
  if (standing.answeredQueries > 0)
    found.push({
      code: 'ANSWER-UNREAD',
      reason: `${count(standing.answeredQueries, 'answer')} of the declarant to be looked at; close the query or ask again.`,
      waitsFor: 'officer',
    });
  if (standing.openInspections > 0)
    found.push({
      code: 'INSPECTION-OPEN',
      reason: `${count(standing.openInspections, 'inspection')} without a result.`,
      waitsFor: 'officer',
    });
  if (awaited > 0)
    found.push({
      code: 'PERMIT-AWAITED',
      reason: `${count(awaited, 'permit')} of another agency awaited.`,
      waitsFor: 'agency',
    });
  if (standing.refusedPermits > 0)
    found.push({
      code: 'PERMIT-REFUSED',
      reason: `${count(standing.refusedPermits, 'permit')} refused by another agency.`,
      waitsFor: 'officer',
    });
  return found;
}

/** What hinders the release for good. */
export function releaseHindrances(
  standing: ReleaseStanding,
  uses: readonly CertificateUse[],
  withheld: ReadonlySet<number>,
  originQueries: readonly OriginQueryStanding[] = [],
): Hindrance[] {
  const closed = stateHindrance(standing, ['registered', 'in-clearance', 'conditionally-released']);
  if (closed !== null) return [closed];
  const found = physicalHindrances(standing);
  if (standing.assessmentOpen)
    found.push({
      code: 'ASSESSMENT-OPEN',
      reason: 'An officer has not finished looking at the documents.',
      waitsFor: 'officer',
    });
  const refused = uses.filter((use) => use.state === 'refused' && !withheld.has(use.itemSequence));
  for (const [number, own] of Map.groupBy(refused, (use) => use.certificateNumber))
    found.push({
      code: 'PREFERENCE-UNSUPPORTED',
      reason: `${itemsIn(own)}: the certificate ${number} cannot be used (${own[0]?.reason ?? ''}) and the preference is not withheld.`,
      waitsFor: 'officer',
    });
  const asked = originQueries.filter((query) => query.state === 'asked');
  for (const query of asked)
    found.push({
      code: 'ORIGIN-QUERY-OPEN',
      reason: `The issuing country was asked about the certificate ${query.certificateNumber}; until its answer only a conditional release against security.`,
      waitsFor: 'certificate',
    });
  if (standing.openCertificates > 0)
    found.push({
      code: 'CERTIFICATE-AWAITED',
      reason: `${count(standing.openCertificates, 'certificate')} awaited; until then only a conditional release against security.`,
      waitsFor: 'certificate',
    });
  if (standing.payment === 'due')
    found.push({ code: 'PAYMENT-DUE', reason: 'Duty is due and neither paid nor secured.', waitsFor: 'payment' });
  if (standing.payment === 'unknown')
    found.push({
      code: 'DUTY-UNKNOWN',
      reason: 'The duty could not be computed for every item; an officer establishes it in the assessment.',
      waitsFor: 'officer',
    });
  return found;
}

/** What hinders a conditional release against security. */
export function conditionalReleaseHindrances(standing: ReleaseStanding, duty: DutyStanding): Hindrance[] {
  const closed = stateHindrance(standing, ['registered', 'in-clearance']);
  if (closed !== null) return [closed];
  const found = physicalHindrances(standing);
  if (duty.atStake === null) {
    if (duty.secured.amount === '0')
      found.push({
        code: 'SECURITY-MISSING',
        reason: 'What is at stake could not be computed; at least one security has to be recorded.',
        waitsFor: 'payment',
      });
  } else if (!covers(duty, duty.atStake))
    found.push({
      code: 'SECURITY-TOO-LOW',
      reason: `${duty.atStake.amount} ${duty.currency} are at stake; paid are ${duty.paid.amount}, secured ${duty.secured.amount}.`,
      waitsFor: 'payment',
    });
  return found;
}

function stateHindrance(standing: ReleaseStanding, open: readonly string[]): Hindrance | null {
  if (open.includes(standing.state)) return null;
  return {
    code: 'STATE-DOES-NOT-ALLOW',
    reason: `The declaration is ${standing.state.replace('-', ' ')}.`,
    waitsFor: 'nobody',
  };
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function itemsIn(uses: readonly CertificateUse[]): string {
  const sequences = uses.slice(0, 10).map((use) => use.itemSequence);
  const more = uses.length - sequences.length;
  return `${uses.length === 1 ? 'Item' : 'Items'} ${sequences.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
