import type { Actor } from '../access/actor.ts';
import type { Condition } from '../store/list-query.ts';

/**
 * Which declarations (alias `d`) an actor sees: a trader those that their firm declares; a broker also those of firms
 * whose mandate holds now, and none after it; a clearance officer those of their office; a supervisor those of every
 * office. Nobody else sees any. Threats P1.
 */
export function visibleDeclarations(actor: Actor, now: Date, first: number): Condition {
  const one = `$${first}`;
  const two = `$${first + 1}`;
  const nothing: Condition = { sql: 'false', values: [], name: 'nobody' };
  switch (actor.role) {
    case 'trader':
      return actor.firmId === null
        ? nothing
        : { sql: `d.declarant_firm_id = ${one}`, values: [actor.firmId], name: 'trader' };
    case 'broker':
      if (actor.firmId === null) return nothing;
      return {
        sql: `d.declarant_firm_id in (select ${one}::uuid union all select m.principal_firm_id from mandates m
          where m.broker_firm_id = ${one}::uuid and m.valid_from <= ${two} and m.valid_until > ${two}
            and m.revoked_at is null)`,
        values: [actor.firmId, now],
        name: 'broker',
      };
    case 'clearance-officer':
      return actor.office === null ? nothing : { sql: `d.office = ${one}`, values: [actor.office], name: 'office' };
    case 'supervisor':
      return { sql: 'true', values: [], name: 'supervisor' };
    default:
      return nothing;
  }
}
