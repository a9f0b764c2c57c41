import type { TrustPort } from '../exchange/trust-port.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';

/**
 * Answers the exchange's questions of trust from the federation directory that the node holds at the moment.
 * @param country the node's own
 */
export function trustOf(keeper: DirectoryKeeper, country: string): TrustPort {
  return {
    partner: (of, at) => (keeper.held === null ? undefined : keeper.view.partner(of, at)),
    ownProfile: () =>
      (keeper.held === null ? undefined : keeper.view.memberOf(country)?.profile) ?? 'edelivery-2.0-common-usage',
    signingCertificates: (of) => (keeper.held === null ? [] : keeper.view.signingCertificates(of)),
    countryOfParty: (partyId) => (keeper.held === null ? undefined : keeper.view.countryOfParty(partyId)),
    judgeSigner: (query) =>
      keeper.held === null
        ? { trusted: false, code: 'DIRECTORY-NONE', reason: 'This node holds no directory of the federation yet.' }
        : keeper.view.judgeSigner(query),
  };
}
