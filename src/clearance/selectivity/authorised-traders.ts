import { Refusal } from '../../documents/refusal.ts';
import type { Reader } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import type { Changed, VersionView } from './change.ts';
import { type Approval, approveVersion, draftVersion, proposeVersion, withdrawVersion } from './four-eyes.ts';

/** What an administration has decided about one firm. */
export type AuthorisedTrader = {
  /** Kind of authorisation, such as AEO-C. */
  readonly kind: string;
  /** RFC 3339, inclusive. */
  readonly validFrom: string;
  /** RFC 3339, exclusive; null: until it is revoked. */
  readonly validUntil: string | null;
  readonly revoked: boolean;
};

export function traderOf(firmId: string): Changed {
  return { kind: 'authorised-trader', name: firmId.toLowerCase() };
}

/** Whether the authorisation holds at that moment. */
export function holdsAt(trader: AuthorisedTrader | undefined, now: Date): boolean {
  return (
    trader !== undefined &&
    !trader.revoked &&
    Date.parse(trader.validFrom) <= now.getTime() &&
    (trader.validUntil === null || now.getTime() < Date.parse(trader.validUntil))
  );
}

async function firmExists(reader: Reader, firmId: string): Promise<boolean> {
  const { rows } = await reader.query({
    name: 'firm-exists',
    text: 'select from firms where id = $1',
    values: [firmId],
  });
  return rows.length > 0;
}

/**
 * Proposes to authorise a firm, to change its authorisation, or to revoke it.
 * @throws the refusals `FIRM-NOT-FOUND`, `AUTHORISATION-PERIOD`
 */
export async function proposeTrader(
  asked: Asked,
  firmId: string,
  content: AuthorisedTrader,
  reason: string,
): Promise<VersionView> {
  if (!(await firmExists(asked.transaction, firmId)))
    throw new Refusal('not-found', 'FIRM-NOT-FOUND', 'There is no such firm in the register.');
  if (content.validUntil !== null && Date.parse(content.validUntil) <= Date.parse(content.validFrom))
    throw new Refusal('invalid', 'AUTHORISATION-PERIOD', 'The authorisation ends before it begins.');
  const changed = traderOf(firmId);
  const draft = await draftVersion(asked, changed, { content, reason });
  return proposeVersion(asked, changed, draft.number, null);
}

export async function approveTrader(
  asked: Asked,
  firmId: string,
  number: number,
  seen: number,
  approval: Approval,
): Promise<VersionView> {
  return approveVersion(asked, traderOf(firmId), number, seen, approval, async () => null);
}

export async function withdrawTrader(
  asked: Asked,
  firmId: string,
  number: number,
  seen: number,
  reason: string,
): Promise<VersionView> {
  return withdrawVersion(asked, traderOf(firmId), number, seen, reason);
}
