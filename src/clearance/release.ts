import { Refusal } from '../documents/refusal.ts';
import type { Acting } from './asked.ts';
import { changeDeclaration } from './change-declaration.ts';
import type { DeclarationRow } from './declaration-row.ts';
import { type Hindrance, type ReleaseStanding, releaseHindrances } from './officer/hindrances.ts';
import type { ClearanceParts } from './ports.ts';
import { judgeStep } from './states.ts';

/** What is open at the place of the goods; against security they can be let go with everything else. */
const PHYSICAL: readonly string[] = [
  'NOT-ARRIVED',
  'QUERY-OPEN',
  'ANSWER-UNREAD',
  'INSPECTION-OPEN',
  'PERMIT-AWAITED',
  'PERMIT-REFUSED',
];

/** How a release is made. */
export interface ReleaseTerms {
  /** Against security, the rest to be decided later (WTO TFA article 7.3). */
  readonly conditional: boolean;
  /** Why, in words that the declarant is told. */
  readonly reasons: readonly string[];
}

/** A declaration as far as its release goes by it. */
export function releaseStanding(row: DeclarationRow): ReleaseStanding {
  return {
    state: row.state,
    openQueries: row.open_queries,
    answeredQueries: row.answered_queries,
    openInspections: row.open_inspections,
    openPermits: row.open_permits,
    refusedPermits: row.refused_permits,
    openCertificates: row.open_certificates,
    assessmentOpen: row.assessment_open,
    payment: row.payment,
  };
}

/**
 * Releases the goods, for good or against security: the certificates' quantities are written off with the release for
 * good, M10 is recorded when the goods are let go (once: a conditional release has done so), and the declarant is told.
 * Whether the security suffices and whether a preference stands is judged by whoever decides; that nothing is open is
 * judged here and again in the update's condition. `version` is the one the officer saw, null for the node itself.
 * @throws the refusals `STATE-DOES-NOT-ALLOW`, `RELEASE-HINDERED` with every hindrance, `CHANGED-MEANWHILE`.
 */
export async function releaseGoods(
  parts: ClearanceParts,
  acting: Acting,
  seen: DeclarationRow,
  version: number | null,
  terms: ReleaseTerms,
): Promise<DeclarationRow> {
  const judged = judgeStep(seen.state, terms.conditional ? 'conditionally-release' : 'release');
  if (!judged.ok && seen.state !== 'registered') throw new Refusal('conflict', judged.code, judged.message);
  const hindrances = releaseHindrances(releaseStanding(seen), [], new Set()).filter(
    ({ code }) => !terms.conditional || PHYSICAL.includes(code),
  );
  if (hindrances.length > 0) throw hindered(hindrances);
  if (!judged.ok) throw new Refusal('conflict', judged.code, judged.message);
  const { to, event } = judged.step;
  const first = seen.state === 'in-clearance';
  if (!terms.conditional) await parts.ledger.writeOff(acting.transaction, seen.id, acting.now);
  return changeDeclaration(parts, acting, seen, version, {
    columns: {
      state: to,
      ...(first ? { released_at: acting.now } : {}),
      ...(terms.conditional ? {} : { closed_at: acting.now, assessment_open: false }),
    },
    event: { kind: event, ...(terms.reasons.length === 0 ? {} : { reason: terms.reasons.join(' ') }) },
    ...(first ? { milestones: [{ milestone: 'M10' as const, role: 'customs' as const }] } : {}),
    notice: {
      step: first ? 'released' : 'cleared',
      statements: terms.reasons.map((text) => ({
        code: terms.conditional ? 'CONDITIONAL-RELEASE' : 'RELEASE',
        text,
      })),
    },
    onlyIf: terms.conditional ? 'nothing-physical-open' : 'nothing-open',
  });
}

function hindered(hindrances: readonly Hindrance[]): Refusal {
  return new Refusal('conflict', 'RELEASE-HINDERED', hindrances.map(({ reason }) => reason).join(' '), {
    faults: hindrances.map(({ code, reason }) => ({ code, pointer: '', message: reason })),
  });
}
