import { findDeclaration } from '../clearance/declaration-row.ts';
import { createTiming, type Timing } from '../timing/timing.ts';
import type { NodeConfiguration } from './configuration.ts';

/** Clearance times of this node; who may see a declaration may see its milestones. */
export function timingOfNode({ country, customs }: Pick<NodeConfiguration, 'country' | 'customs'>): Timing {
  return createTiming({
    country,
    timeZone: customs.timeZone,
    async findCase(reader, actor, now, movementReference) {
      const { id, mrn, ucr } = await findDeclaration(reader, actor, now, movementReference);
      return { declarationId: id, movementReference: mrn, consignmentReference: ucr };
    },
  });
}
