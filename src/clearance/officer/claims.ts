import { Refusal } from '../../documents/refusal.ts';
import type { Reader } from '../../store/pool.ts';
import { changedMeanwhile } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import { changeDeclaration } from '../change-declaration.ts';
import { type DeclarationRow, findDeclaration } from '../declaration-row.ts';
import { changeByOfficer, declarationToActOn, givenText, OPEN_STATES } from './act.ts';
import { isConnected } from './four-eyes.ts';
import type { OfficerParts } from './parts.ts';

/**
 * Takes a declaration up for work. Of two officers at once, exactly one has it; the other is told.
 * @throws the refusals of an act, `CLAIMED-BY-ANOTHER` among them; claiming once more what one has changes nothing
 */
export async function claimDeclaration(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
): Promise<DeclarationRow> {
  const row = await declarationToActOn(asked, mrn, version);
  if (row.claimed_by === asked.actor.personId) return row;
  return changeByOfficer(parts, asked, row, { columns: {}, event: { kind: 'declaration.claimed' } });
}

/**
 * Hands a declaration over to a colleague of the same office, or back to the pool (`to` null). Its holder may, and a
 * supervisor.
 * @throws the refusals `COLLEAGUE-UNKNOWN`, `FOUR-EYES` (the colleague is connected with the declarant), and those of an act
 */
export async function handOverDeclaration(
  parts: OfficerParts,
  asked: Asked,
  mrn: string,
  version: number,
  handOver: { readonly to: string | null; readonly reason: string },
): Promise<DeclarationRow> {
  const reason = givenText(handOver.reason, 'why it is handed over');
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  if (row.version !== version) throw changedMeanwhile();
  if (!OPEN_STATES.includes(row.state))
    throw new Refusal(
      'conflict',
      'STATE-DOES-NOT-ALLOW',
      `The declaration is ${row.state}; nobody works on it any more.`,
    );
  if (row.claimed_by !== asked.actor.personId && asked.actor.role !== 'supervisor')
    throw new Refusal(
      'conflict',
      row.claimed_by === null ? 'NOT-CLAIMED' : 'CLAIMED-BY-ANOTHER',
      row.claimed_by === null
        ? 'Nobody has claimed this declaration; claim it.'
        : `${row.claimed_by_name ?? 'Somebody else'} has claimed this declaration; only they or a supervisor can hand it over.`,
    );
  const colleague = handOver.to === null ? null : await colleagueToHave(asked, row, handOver.to);
  return changeDeclaration(parts, asked, row, version, {
    columns: {
      claimed_by: colleague?.id ?? null,
      claimed_by_name: colleague?.name ?? null,
      claimed_at: colleague === null ? null : asked.now,
    },
    event: {
      kind: 'declaration.handed-over',
      reason,
      data: { from: row.claimed_by, to: colleague?.id ?? null },
    },
  });
}

async function colleagueToHave(
  asked: Asked,
  row: DeclarationRow,
  personId: string,
): Promise<{ readonly id: string; readonly name: string }> {
  const colleague = await findColleague(asked.transaction, row.office, personId);
  if (colleague === undefined)
    throw new Refusal(
      'invalid',
      'COLLEAGUE-UNKNOWN',
      'There is no such clearance officer at the office of the declaration.',
    );
  if (await isConnected(asked.transaction, row, personId))
    throw new Refusal(
      'not-allowed',
      'FOUR-EYES',
      `${colleague.name} is connected with the declarant; name somebody else.`,
    );
  return colleague;
}

async function findColleague(
  reader: Reader,
  office: string,
  personId: string,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const { rows } = await reader.query<{ id: string; name: string }>({
    name: 'clearance-colleague',
    text: `select id, name from people where id = $1 and office = $2 and role = 'clearance-officer' and active`,
    values: [personId, office],
  });
  return rows[0];
}
