import { Refusal } from '../../documents/refusal.ts';
import type { Reader } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';

type Side = Pick<DeclarationRow, 'mrn' | 'declarant_firm_id' | 'lodged_by_firm_id' | 'lodged_by'>;

/**
 * Four eyes: whoever lodged a declaration, acted on it for the declarant, or belongs or once belonged to its firms never
 * decides on it (threats P2).
 * @throws the refusal `FOUR-EYES`
 */
export async function refuseConnected(asked: Asked, row: Side): Promise<void> {
  const { actor } = asked;
  const sameFirm =
    actor.firmId !== null && (actor.firmId === row.declarant_firm_id || actor.firmId === row.lodged_by_firm_id);
  if (sameFirm || (await isConnected(asked.transaction, row, actor.personId)))
    throw new Refusal(
      'not-allowed',
      'FOUR-EYES',
      'You are connected with the declarant. Somebody else at your office has to handle this declaration.',
    );
}

/** Whether a person was ever on the declarant's side of a declaration, in whatever role they are now. */
export async function isConnected(reader: Reader, row: Side, personId: string): Promise<boolean> {
  if (personId === row.lodged_by) return true;
  const { rows } = await reader.query<{ stood: boolean }>({
    name: 'stood-with-declarant',
    text: `select exists (select 1 from events where subject = $1 and actor_id = $2
        and actor_role in ('trader', 'broker'))
      or exists (select 1 from events where subject = $2 and kind in ('person.entered', 'person.changed')
        and data ->> 'firmId' in ($3, $4)) as stood`,
    values: [row.mrn, personId, row.declarant_firm_id, row.lodged_by_firm_id],
  });
  return rows[0]?.stood === true;
}
