import { Refusal } from '../../documents/refusal.ts';

/** Where a page of the worklist ends: its last line's target, lodgement and id. Moments in microseconds, as the database has them. */
export interface WorklistCursor {
  /** Null: without a target time; those come last. */
  readonly target: bigint | null;
  readonly lodged: bigint;
  readonly id: string;
}

const form = /^(-|\d{1,17})_(\d{1,17})_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The cursor as it stands in an address. */
export function writeWorklistCursor(cursor: WorklistCursor): string {
  return `${cursor.target ?? '-'}_${cursor.lodged}_${cursor.id}`;
}

/**
 * Reads `after` of the worklist's query.
 * @throws the refusal `CURSOR-UNREADABLE` for anything that is not a cursor of ours
 */
export function readWorklistCursor(text: string | undefined): WorklistCursor | null {
  if (text === undefined) return null;
  const [, target, lodged, id] = form.exec(text) ?? [];
  if (target === undefined || lodged === undefined || id === undefined)
    throw new Refusal('malformed', 'CURSOR-UNREADABLE', 'Give to `after` exactly what `next` of the page before said.');
  return { target: target === '-' ? null : BigInt(target), lodged: BigInt(lodged), id };
}
