import type { Actor } from '../access/actor.ts';
import { visibleDeclarations } from '../clearance/visibility.ts';
import { visibleForwarded } from '../forwarding/queries.ts';
import { visibleApplications, visibleCertificates } from '../issuance/visibility.ts';
import type { Reader } from '../store/pool.ts';

/**
 * Whether an actor sees anything of a consignment: an application, a certificate, a declaration, or an export declaration
 * that came forward; by the rules of the journeys themselves (threats P1).
 */
export async function seesConsignment(
  reader: Reader,
  actor: Actor,
  now: Date,
  consignmentReference: string,
): Promise<boolean> {
  const values: unknown[] = [consignmentReference];
  const names: string[] = [];
  const exists = (
    table: string,
    alias: string,
    column: string,
    visible: (actor: Actor, now: Date, first: number) => { name: string; sql: string; values: readonly unknown[] },
  ): string => {
    const condition = visible(actor, now, values.length + 1);
    values.push(...condition.values);
    names.push(condition.name);
    return `exists (select 1 from ${table} ${alias} where ${alias}.${column} = $1 and ${condition.sql})`;
  };
  const anything = [
    exists('applications', 'a', 'consignment_reference', visibleApplications),
    exists('certificates', 'c', 'consignment_reference', visibleCertificates),
    exists('declarations', 'd', 'ucr', visibleDeclarations),
    exists('forwarded_declarations', 'f', 'consignment_reference', visibleForwarded),
  ].join(' or ');
  const { rows } = await reader.query<{ sees: boolean }>({
    name: `sees-consignment-${names.join('-')}`,
    text: `select ${anything} as sees`,
    values,
  });
  return rows[0]?.sees === true;
}
