import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { isCertificateOfOrigin, profileOf } from '../documents/declaration/national-profile.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import type { Issuance } from '../issuance/issuance.ts';
import { createLedger, type Ledger } from '../ledger/ledger.ts';
import {
  CERTIFICATE_USE_SERVICE,
  type Clearance,
  GRANT_ACTION,
  REPORT_ACTION,
  RETURN_ACTION,
} from '../ledger/ports.ts';
import type { NodeKeys } from '../pki/key-store.ts';
import type { Pool } from '../store/pool.ts';
import type { NodeConfiguration } from './configuration.ts';

/** What the exchange offers to partners for the ledger. */
export const LEDGER_SERVICE = {
  service: CERTIFICATE_USE_SERVICE,
  actions: [REPORT_ACTION, RETURN_ACTION, GRANT_ACTION],
};

/** Puts the ledger of certificates of a node together; clearance is asked for when it is needed, as it needs the ledger. */
export function ledgerOf(
  configuration: NodeConfiguration,
  parts: {
    readonly pool: Pool;
    readonly keys: NodeKeys;
    readonly keeper: DirectoryKeeper;
    readonly exchange: Exchange;
    readonly issuance: Issuance;
    readonly clearance: () => Clearance;
    readonly log: Logger;
  },
): Ledger {
  const { pool, keys, keeper, exchange, issuance, clearance, log } = parts;
  const profile = profileOf(configuration.country);
  return createLedger({
    country: configuration.country,
    names: { customs: configuration.customs.name, authority: configuration.authority.name },
    timeZone: configuration.customs.timeZone,
    isCertificateOfOrigin: (document) => isCertificateOfOrigin(profile, document),
    sharesMovementReference: false,
    pool,
    sealingKey: () => keys.sealing,
    directory: () => keeper.held?.directory ?? null,
    exchange,
    certificates: {
      see: (asked, number) => issuance.readCertificate(asked, number),
      used: (transaction, use) => issuance.noteUse(transaction, use),
      takeGranted: (transaction, message, bytes) => issuance.receiveGranted(transaction, message, bytes),
    },
    clearance: {
      certificatesResolved: (transaction, ids, now) => clearance().certificatesResolved(transaction, ids, now),
    },
    newId: randomUUID,
    log,
  });
}
