import { randomUUID } from 'node:crypto';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { CaseDescription, Channel, MilestoneId, MilestoneReport } from '../../src/timing/milestone.ts';
import { createMilestoneRecorder } from '../../src/timing/record-milestone.ts';

export const recorder = createMilestoneRecorder('VN');

/** A case as a journey describes it, different in whatever the test says. */
export function describedCase(more: Partial<CaseDescription> = {}): CaseDescription {
  const declarationId = more.declarationId ?? randomUUID();
  return {
    declarationId,
    movementReference: `26VN${declarationId.replaceAll('-', '').slice(0, 14).toUpperCase()}`,
    consignmentReference: `6TH0105536000315-${declarationId.slice(0, 8)}`,
    procedure: 'import',
    office: 'VNSGN',
    declarantFirmId: randomUUID(),
    borderTransportMode: '1',
    chapter: '87',
    agreement: 'ATIGA-FORM-D',
    authorisedTrader: false,
    ...more,
  };
}

/** A milestone that the node records at the moment it happens, different in whatever the test says. */
export function reportOf(
  declarationId: string,
  milestone: MilestoneId,
  occurredAt: Date,
  more: Partial<MilestoneReport> = {},
): MilestoneReport {
  return {
    declarationId,
    milestone,
    occurredAt,
    zone: 'Asia/Ho_Chi_Minh',
    precision: 'second',
    role: 'customs',
    source: { kind: 'node' },
    ...more,
  };
}

/** Opens a case and records moments of it in their order, each when it happens. */
export async function openCase(
  pool: Pool,
  description: CaseDescription,
  moments: { readonly [milestone in MilestoneId]?: Date },
  channel?: Channel,
): Promise<string> {
  await inTransaction(pool, async (transaction) => {
    const events = Object.entries(moments).sort(([, one], [, other]) => one.getTime() - other.getTime());
    const opened = events[0]?.[1] ?? new Date();
    recorder.openCase(transaction, description, opened);
    if (channel !== undefined)
      recorder.noteChannel(transaction, description.declarationId, channel, moments.M4 ?? moments.M0 ?? opened);
    for (const [milestone, at] of events)
      recorder.record(transaction, reportOf(description.declarationId, milestone as MilestoneId, at), at);
  });
  return description.declarationId;
}
