import type { Reader } from '../store/pool.ts';
import { permitKey } from './judgement.ts';

/** The permits that were opened for a declaration, by their key, however they were answered. */
export async function openedPermits(reader: Reader, declarationId: string): Promise<readonly string[]> {
  const { rows } = await reader.query<{ agency: string; subject: string }>({
    name: 'opened-permits',
    text: 'select agency, subject from clearance_permits where declaration_id = $1',
    values: [declarationId],
  });
  return rows.map(({ agency, subject }) => permitKey({ agency, title: subject }));
}
