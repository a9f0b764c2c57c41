import type { UserMessageHeader } from '../message/message.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import type { TrustPort } from '../trust-port.ts';

/**
 * The country that a message is from. A party may be named by several identifiers, all of which must mean the same one
 * (ebMS3 Core §5.2.2.4); those that the directory does not know are passed over.
 * @throws EbmsFailure EBMS:0003 when the directory knows none, or they are of several countries
 */
export function countryOfSender(
  header: Pick<UserMessageHeader, 'fromPartyId' | 'furtherFromPartyIds'>,
  trust: Pick<TrustPort, 'countryOfParty'>,
): string {
  const ids = [header.fromPartyId, ...(header.furtherFromPartyIds ?? [])];
  const countries = new Set(ids.flatMap((id) => trust.countryOfParty(id) ?? []));
  const [country, other] = countries;
  if (country === undefined)
    throw new EbmsFailure('EBMS:0003', `The sending party ${ids[0]?.slice(0, 200) ?? ''} is not in the directory.`);
  if (other !== undefined)
    throw new EbmsFailure(
      'EBMS:0003',
      `The PartyIds of the sender are those of ${country} and of ${other}; they must name one party.`,
    );
  return country;
}

/**
 * Whether a message is for us: one of the identifiers is ours, and none is another member's.
 * @throws EbmsFailure EBMS:0003 when it is for somebody else
 */
export function checkAddressee(
  header: Pick<UserMessageHeader, 'toPartyId' | 'furtherToPartyIds'>,
  ownPartyId: string,
  trust: Pick<TrustPort, 'countryOfParty'>,
): void {
  const ids = [header.toPartyId, ...(header.furtherToPartyIds ?? [])];
  const other = ids.find((id) => id !== ownPartyId && (ids.length === 1 || trust.countryOfParty(id) !== undefined));
  if (other !== undefined || !ids.includes(ownPartyId))
    throw new EbmsFailure(
      'EBMS:0003',
      `The message is for ${(other ?? ids[0] ?? '').slice(0, 200)}; this is ${ownPartyId}.`,
    );
}
