import type { TrustPort } from '../exchange/trust-port.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';

/** Answers the exchange's questions of trust from the federation directory that the node holds at the moment. */
export function trustOf(keeper: DirectoryKeeper): TrustPort {
  return {
    partner: (country, at) => (keeper.held === null ? undefined : keeper.view.partner(country, at)),
    countryOfParty: (partyId) => (keeper.held === null ? undefined : keeper.view.countryOfParty(partyId)),
    judgeSigner: (query) =>
      keeper.held === null
        ? { trusted: false, code: 'DIRECTORY-NONE', reason: 'This node holds no directory of the federation yet.' }
        : keeper.view.judgeSigner(query),
  };
}
