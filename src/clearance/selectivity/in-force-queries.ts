import type { RuleSet } from '../../selectivity/rule-set.ts';
import type { Reader } from '../../store/pool.ts';
import type { AuthorisedTrader } from './authorised-traders.ts';
import type { ListContent } from './lists.ts';

interface InForceTerms {
  readonly name: string;
  readonly number: number;
  readonly in_force_from: Date;
}

/** What was judged before it was stored has the shape of its kind. */
export type InForceRow =
  | (InForceTerms & {
      readonly kind: 'rule-set';
      readonly content: RuleSet;
      readonly seeds: { [rule: string]: string };
    })
  | (InForceTerms & { readonly kind: 'list'; readonly content: ListContent })
  | (InForceTerms & { readonly kind: 'authorised-trader'; readonly content: AuthorisedTrader });

/** Counts up with every change of anything. */
export async function countSteps(reader: Reader): Promise<bigint> {
  const { rows } = await reader.query<{ n: bigint }>({
    name: 'selectivity-count-steps',
    text: 'select count(*) as n from selectivity_steps',
  });
  return rows[0]?.n ?? 0n;
}

/** Of everything the version in force: the newest approved one whose time has come. */
export async function selectInForce(reader: Reader, now: Date): Promise<InForceRow[]> {
  const { rows } = await reader.query<InForceRow>({
    name: 'selectivity-in-force',
    text: `select distinct on (v.kind, v.name) v.kind, v.name, v.number, v.content, v.seeds, a.in_force_from
      from selectivity_steps a join selectivity_versions v using (kind, name, number)
      where a.step = 'approved' and a.in_force_from <= $1 and not exists (select from selectivity_steps w
        where w.kind = a.kind and w.name = a.name and w.number = a.number and w.step = 'withdrawn')
      order by v.kind, v.name, v.number desc`,
    values: [now],
  });
  return rows;
}

/** When the next version that is approved for later comes into force. */
export async function nextChange(reader: Reader, now: Date): Promise<Date | null> {
  const { rows } = await reader.query<{ at: Date | null }>({
    name: 'selectivity-next-change',
    text: `select min(in_force_from) as at from selectivity_steps where step = 'approved' and in_force_from > $1`,
    values: [now],
  });
  return rows[0]?.at ?? null;
}

/** A rule set's content and seeds, whatever its state; for dry runs and for repeating a draw. */
export async function loadRuleSet(
  reader: Reader,
  number: number,
): Promise<{ content: RuleSet; seeds: { [rule: string]: string } } | undefined> {
  const { rows } = await reader.query<{ content: RuleSet; seeds: { [rule: string]: string } }>({
    name: 'selectivity-load-rule-set',
    text: `select content, seeds from selectivity_versions where kind = 'rule-set' and number = $1`,
    values: [number],
  });
  return rows[0];
}
