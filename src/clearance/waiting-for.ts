import type { ChangeableColumns } from './declaration-row.ts';
import type { WaitingFor } from './officer/standing.ts';

/** Who has to move first, as the generated column `waiting_for` of declarations (migration 0052) computes it. */
export function waitingFor(row: ChangeableColumns): WaitingFor {
  if (row.state === 'registered') return 'arrival';
  if (row.state !== 'in-clearance' && row.state !== 'conditionally-released') return 'nobody';
  if (row.open_queries > row.answered_queries) return 'declarant';
  if (row.open_permits > row.refused_permits) return 'agency';
  if (row.answered_queries > 0 || row.refused_permits > 0 || row.open_inspections > 0 || row.assessment_open)
    return 'officer';
  if (row.payment === 'due') return 'payment';
  return row.open_certificates > 0 ? 'certificate' : 'officer';
}
