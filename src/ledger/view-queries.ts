import type { Actor } from '../access/actor.ts';
import type { Reader } from '../store/pool.ts';
import type { BalanceRow } from './partner-queries.ts';

/** The version of a certificate's ledger on a side; undefined when it has none. */
export async function readVersion(
  reader: Reader,
  number: string,
  side: 'issuing' | 'importing',
): Promise<number | undefined> {
  const { rows } = await reader.query<{ version: number }>({
    name: 'ledger-version',
    text: `select l.version + coalesce((select sum(changes)::integer from certificate_allotments a where a.number = l.number), 0)
        as version
      from certificate_ledgers l where l.number = $1 and l.side = $2`,
    values: [number, side],
  });
  return rows[0]?.version;
}

export interface BalanceOfCountry extends BalanceRow {
  readonly country: string;
  readonly reported_at: Date | null;
}

/** How each item stands in each country that was allotted anything, as far as this node knows. */
export async function readBalances(
  reader: Reader,
  number: string,
  side: 'issuing' | 'importing',
  ownCountry: string,
): Promise<BalanceOfCountry[]> {
  const { rows } = await reader.query<BalanceOfCountry>(
    side === 'importing'
      ? {
          name: 'ledger-view-own',
          text: `select item, unit, issued, granted, returned, reserved, written_off, $2::text as country,
              null::timestamptz as reported_at
            from certificate_allotments where number = $1 order by item`,
          values: [number, ownCountry],
        }
      : {
          name: 'ledger-view-countries',
          text: `select q.item, q.unit, q.issued, a.granted, a.returned, a.reserved, a.written_off, a.country, p.reported_at
            from certificate_quantities q join certificate_country_allotments a using (number, item)
              join certificate_partners p on p.number = a.number and p.country = a.country
            where q.number = $1 order by q.item, a.country`,
          values: [number],
        },
  );
  return rows;
}

export interface ReportedUseRow {
  readonly country: string;
  readonly item: number;
  readonly unit: string;
  readonly quantity: string;
  readonly given_back: boolean;
  readonly used_on: string;
  readonly movement_reference: string | null;
}

/** What countries reported, the newest 500. */
export async function readReportedUses(reader: Reader, number: string): Promise<ReportedUseRow[]> {
  const { rows } = await reader.query<ReportedUseRow>({
    name: 'ledger-view-reported-uses',
    text: `select u.country, u.item, q.unit, u.quantity, u.given_back, u.used_on, u.movement_reference
      from certificate_reported_uses u join certificate_quantities q using (number, item)
      where u.number = $1 order by u.reported_at desc, u.sequence desc, u.line desc limit 500`,
    values: [number],
  });
  return rows;
}

export interface UseOfView {
  readonly item: number;
  readonly unit: string;
  readonly quantity: string;
  readonly state: 'awaited' | 'reserved' | 'written-off' | 'given-back';
  readonly updated_at: Date;
  readonly movement_reference: string | null;
  readonly issued_number: string | null;
  readonly is_own: boolean;
}

/** What declarations of this country set aside or used, the newest 500, and whether each belongs to the actor's firm. */
export async function readUses(reader: Reader, number: string, actor: Actor): Promise<UseOfView[]> {
  const { firmId, firmIdentifier } = actor;
  const { rows } = await reader.query<UseOfView>({
    name: 'ledger-view-uses',
    text: `select u.item, a.unit, u.quantity, u.state, u.updated_at, u.movement_reference, u.issued_number,
        coalesce($2::uuid in (d.declarant_firm_id, d.lodged_by_firm_id), false)
          or coalesce(u.importer_identifier = any($3), false) as is_own
      from certificate_uses u join certificate_allotments a using (number, item)
        left join declarations d on d.id = u.declaration_id
      where u.number = $1 and u.state <> 'refused' and not u.superseded and u.quantity is not null
      order by u.position desc limit 500`,
    values: [
      number,
      firmId,
      firmIdentifier === null ? [] : [firmIdentifier.value, firmIdentifier.scheme + firmIdentifier.value],
    ],
  });
  return rows;
}
