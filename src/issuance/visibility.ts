import type { Actor } from '../access/actor.ts';
import type { Condition } from '../store/list-query.ts';

/** Firms that gave a broker a mandate that holds at this moment (parameters: broker's firm, moment). */
const mandated = (firmColumn: string, broker: string, now: string): string =>
  `exists (select 1 from mandates m where m.principal_firm_id = ${firmColumn} and m.broker_firm_id = ${broker}
    and m.valid_from <= ${now} and m.valid_until > ${now} and m.revoked_at is null)`;

/**
 * Which applications (alias `a`) an actor sees: a trader those of their firm; a broker also those of firms whose
 * mandate holds now, and none after it; issuing officers and supervisors those once submitted to their office. Nobody
 * else sees any. Threats P1.
 */
export function visibleApplications(actor: Actor, now: Date, first: number): Condition {
  const one = `$${first}`;
  const two = `$${first + 1}`;
  const nothing: Condition = { sql: 'false', values: [], name: 'nobody' };
  switch (actor.role) {
    case 'trader':
      return actor.firmId === null ? nothing : { sql: `a.firm_id = ${one}`, values: [actor.firmId], name: 'trader' };
    case 'broker':
      if (actor.firmId === null) return nothing;
      return {
        sql: `(a.firm_id = ${one} or ${mandated('a.firm_id', one, two)})`,
        values: [actor.firmId, now],
        name: 'broker',
      };
    case 'issuing-officer':
    case 'supervisor':
      if (actor.office === null) return nothing;
      return { sql: `(a.office = ${one} and a.submitted_at is not null)`, values: [actor.office], name: 'office' };
    default:
      return nothing;
  }
}

/**
 * Which certificates (alias `c`) an actor sees. Issuing side: the applicant's firm, its broker by a mandate that holds
 * now, officers and supervisors of the issuing office. Importing side: clearance officers and supervisors of this
 * customs administration. On either side the consignee named on it, found by its identifier. Threats P1.
 */
export function visibleCertificates(actor: Actor, now: Date, first: number): Condition {
  const one = `$${first}`;
  const two = `$${first + 1}`;
  switch (actor.role) {
    case 'trader':
    case 'broker': {
      if (actor.firmId === null) return { sql: 'false', values: [], name: 'nobody' };
      const consignee = `(c.consignee_scheme = $${first + 2} and c.consignee_identifier = $${first + 3})`;
      const broker = actor.role === 'broker' ? ` or ${mandated('c.firm_id', one, two)}` : '';
      return {
        sql: `(c.firm_id = ${one}::uuid${broker} or (${two}::timestamptz is not null and ${consignee}))`,
        values: [actor.firmId, now, actor.firmIdentifier?.scheme ?? null, actor.firmIdentifier?.value ?? null],
        name: actor.role,
      };
    }
    case 'issuing-officer':
      return { sql: `(c.side = 'issuing' and c.office = ${one})`, values: [actor.office], name: 'office' };
    case 'clearance-officer':
      return { sql: `c.side = 'importing'`, values: [], name: 'customs' };
    case 'supervisor':
      return {
        sql: `(c.side = 'importing' or (c.side = 'issuing' and c.office = ${one}))`,
        values: [actor.office],
        name: 'supervisor',
      };
    default:
      return { sql: 'false', values: [], name: 'nobody' };
  }
}

/** Whether a broker's firm may act for another firm at this moment. */
export const MANDATE_HOLDS = `select ${mandated('$1', '$2', '$3')} as holds`;
