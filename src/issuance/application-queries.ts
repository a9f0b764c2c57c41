import type { Actor } from '../access/actor.ts';
import type { JsonObject } from '../documents/json.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { CertificateState, TransitionAction } from './states.ts';
import type { Summary } from './summary.ts';
import type { DecisionReason } from './views.ts';
import { MANDATE_HOLDS, visibleApplications } from './visibility.ts';

/** An application as the table holds it. */
export interface ApplicationRow {
  readonly id: string;
  readonly version: number;
  readonly state: CertificateState;
  readonly firm_id: string;
  readonly applicant_firm_id: string;
  readonly created_by: string;
  readonly created_by_name: string;
  readonly submitted_by: string | null;
  readonly office: string;
  readonly scheme: string;
  readonly exporting_country: string;
  readonly importing_country: string;
  readonly consignment_reference: string;
  readonly content: JsonObject;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly submitted_at: Date | null;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
  readonly decision_reasons: readonly DecisionReason[] | null;
  readonly certificate_number: string | null;
}

/** A row of a list: everything but the content. */
export type ApplicationLineRow = Omit<ApplicationRow, 'content' | 'decision_reasons'>;

/** An application together with the firm it is made for, as that is registered on this node. */
export interface SeenApplicationRow extends ApplicationRow {
  readonly firm_name: string;
  readonly firm_identifier_scheme: string;
  readonly firm_identifier_value: string;
}

/** The columns of a line of a list, of the table as `a`. */
export const APPLICATION_LINE_COLUMNS = `a.id, a.version, a.state, a.firm_id, a.applicant_firm_id, a.created_by, a.created_by_name,
  a.submitted_by, a.office, a.scheme, a.exporting_country, a.importing_country, a.consignment_reference, a.created_at,
  a.updated_at, a.submitted_at, a.decided_at, a.decided_by, a.certificate_number`;
const columns = `${APPLICATION_LINE_COLUMNS}, a.decision_reasons, a.content`;

/** Adds a draft. */
export async function insertApplication(
  transaction: Transaction,
  draft: {
    readonly id: string;
    readonly firmId: string;
    readonly actor: Actor;
    readonly office: string;
    readonly content: JsonObject;
    readonly summary: Summary;
    readonly now: Date;
  },
): Promise<ApplicationRow | undefined> {
  const { summary } = draft;
  const { rows } = await transaction.query<ApplicationRow>({
    name: 'insert-application',
    text: `insert into applications as a (id, state, firm_id, applicant_firm_id, created_by, created_by_name, office, scheme,
        exporting_country, importing_country, consignment_reference, search_text, content, created_at, updated_at)
      values ($1, 'draft', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) returning ${columns}`,
    values: [
      draft.id,
      draft.firmId,
      draft.actor.firmId,
      draft.actor.personId,
      draft.actor.name,
      draft.office,
      summary.scheme,
      summary.exportingCountry,
      summary.importingCountry,
      summary.consignmentReference,
      summary.searchText,
      JSON.stringify(draft.content),
      draft.now,
    ],
  });
  return rows[0];
}

/**
 * What {@link findApplication} asks for many traders at once. Looked up one by one (`lateral … limit 1`): a plan that joins
 * all of a small table at once is kept, and is ten times slower when the table has grown.
 */
const FIND_MANY = {
  name: 'find-applications-trader',
  owner: 'id',
  text: `select ${columns}, f.name as firm_name, f.identifier_scheme as firm_identifier_scheme,
      f.identifier_value as firm_identifier_value
    from unnest($1::uuid[], $2::uuid[]) as n (id, firm_id)
    cross join lateral (select * from applications o where o.id = n.id and o.firm_id = n.firm_id limit 1) a
    cross join lateral (select * from firms o where o.id = a.firm_id limit 1) f`,
} as const;

/** The application with this id if the actor sees it. */
export async function findApplication(
  reader: Reader,
  actor: Actor,
  now: Date,
  id: string,
): Promise<SeenApplicationRow | undefined> {
  const visible = visibleApplications(actor, now, 2);
  const { rows } = await reader.query<SeenApplicationRow>({
    name: `find-application-${visible.name}`,
    text: `select ${columns}, f.name as firm_name, f.identifier_scheme as firm_identifier_scheme,
        f.identifier_value as firm_identifier_value
      from applications a join firms f on f.id = a.firm_id where a.id = $1 and ${visible.sql}`,
    values: [id, ...visible.values],
    ...(visible.name === 'trader' ? { many: FIND_MANY } : {}),
  });
  return rows[0];
}

/** What changes with a transition; what is not named stays. */
export interface ApplicationChange {
  readonly content?: JsonObject;
  readonly summary?: Summary;
  readonly submittedBy?: string;
  readonly decision?: {
    readonly by: string;
    readonly reasons: readonly DecisionReason[];
    readonly certificateNumber?: string;
  };
}

/** Many submissions at once, looked up one by one as above; two of one application are one too few. */
const SUBMIT_MANY = {
  name: 'submit-applications',
  text: `with wanted as (
      select n.state, n.at, n.by, (select o.ctid from applications o
          where o.id = n.id and o.version = n.version and o.state = n.before limit 1) as place
      from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[])
        as n (id, version, before, state, at, by)),
    changed as (
      update applications a set version = a.version + 1, state = n.state, updated_at = n.at, submitted_at = n.at,
        submitted_by = n.by
      from wanted n where a.ctid = n.place returning 1)
    select must_change(count(*), cardinality($1::uuid[])) from changed`,
} as const;

/**
 * Makes one transition of an application if it still is what was seen, version and state; else the transaction fails with
 * `CHANGED-MEANWHILE`. The statement travels with the next one or the commit.
 * @returns the row as it is then
 */
export function changeApplication(
  transaction: Transaction,
  seen: ApplicationRow,
  to: CertificateState,
  now: Date,
  change: ApplicationChange & { readonly action: TransitionAction },
): ApplicationRow {
  const values: unknown[] = [seen.id, seen.version, seen.state, to, now];
  const sets: string[] = [];
  const set = (column: string, value: unknown) => {
    values.push(value);
    sets.push(`, ${column} = $${values.length}`);
  };
  if (change.content !== undefined) set('content', JSON.stringify(change.content));
  if (change.summary !== undefined) {
    set('scheme', change.summary.scheme);
    set('exporting_country', change.summary.exportingCountry);
    set('importing_country', change.summary.importingCountry);
    set('consignment_reference', change.summary.consignmentReference);
    set('search_text', change.summary.searchText);
  }
  if (change.submittedBy !== undefined) {
    sets.push(', submitted_at = $5');
    set('submitted_by', change.submittedBy);
  }
  if (change.decision !== undefined) {
    sets.push(', decided_at = $5');
    set('decided_by', change.decision.by);
    set('decision_reasons', change.decision.reasons.length === 0 ? null : JSON.stringify(change.decision.reasons));
    set('certificate_number', change.decision.certificateNumber ?? null);
  }
  transaction.later({
    name: `change-application-${change.action}`,
    text: `with changed as (
        update applications a set version = version + 1, state = $4, updated_at = $5${sets.join('')}
        where a.id = $1 and a.version = $2 and a.state = $3 returning 1)
      select must_change(count(*)) from changed`,
    values,
    ...(change.action === 'submit' ? { many: SUBMIT_MANY } : {}),
  });
  return {
    ...seen,
    version: seen.version + 1,
    state: to,
    updated_at: now,
    ...(change.content === undefined ? {} : { content: change.content }),
    ...(change.summary === undefined
      ? {}
      : {
          scheme: change.summary.scheme,
          exporting_country: change.summary.exportingCountry,
          importing_country: change.summary.importingCountry,
          consignment_reference: change.summary.consignmentReference,
        }),
    ...(change.submittedBy === undefined ? {} : { submitted_at: now, submitted_by: change.submittedBy }),
    ...(change.decision === undefined
      ? {}
      : {
          decided_at: now,
          decided_by: change.decision.by,
          decision_reasons: change.decision.reasons.length === 0 ? null : change.decision.reasons,
          certificate_number: change.decision.certificateNumber ?? null,
        }),
  };
}

/** Whether a firm gave a broker's firm a mandate that holds now. */
export async function mandateHolds(
  reader: Reader,
  principalFirmId: string,
  brokerFirmId: string,
  now: Date,
): Promise<boolean> {
  const { rows } = await reader.query<{ holds: boolean }>({
    name: 'mandate-to-apply',
    text: MANDATE_HOLDS,
    values: [principalFirmId, brokerFirmId, now],
  });
  return rows[0]?.holds === true;
}

/** Name and identifier of a firm as it is registered on this node. */
export async function findFirm(
  reader: Reader,
  firmId: string,
): Promise<{ name: string; scheme: string; value: string } | undefined> {
  const { rows } = await reader.query<{ name: string; scheme: string; value: string }>({
    name: 'firm-applied-for',
    text: 'select name, identifier_scheme as scheme, identifier_value as value from firms where id = $1',
    values: [firmId],
  });
  return rows[0];
}

/**
 * Whether a person was ever on the applicant's side of an application, in whatever role they are now: acted on it for the
 * applicant, or belonged to the firm whose goods these are or to the one that applied for it (four eyes, P2).
 */
export async function stoodWithApplicant(
  reader: Reader,
  row: Pick<ApplicationRow, 'id' | 'firm_id' | 'applicant_firm_id'>,
  personId: string,
): Promise<boolean> {
  const { rows } = await reader.query<{ stood: boolean }>({
    name: 'stood-with-applicant',
    text: `select exists (select 1 from events where subject = $1 and actor_id = $2
        and actor_role in ('trader', 'broker'))
      or exists (select 1 from events where subject = $2 and kind in ('person.entered', 'person.changed')
        and data ->> 'firmId' in ($3, $4)) as stood`,
    values: [row.id, personId, row.firm_id, row.applicant_firm_id],
  });
  return rows[0]?.stood === true;
}
