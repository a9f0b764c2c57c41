import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { certificateSettled } from './open-ledger.ts';
import type { Claim, LedgerParts, Use } from './ports.ts';
import { preview, reserve, usesOf } from './reserve.ts';
import { giveBack, writeOff } from './use-up.ts';

/**
 * The ledger of certificates of origin: what of each goods item is allotted to which country, set aside, written off and
 * left, on the node that issued the certificate and on those that draw on it.
 */
export interface Ledger {
  /** What reserving would give, with nothing stored. */
  preview(reader: Reader, claim: Pick<Claim, 'facts' | 'importerIdentifier'>, now: Date): Promise<readonly Use[]>;
  /** Sets quantities aside for a declaration; what another version of it had set aside is given back first. */
  reserve(transaction: Transaction, claim: Claim, now: Date): Promise<readonly Use[]>;
  /** At release: what was set aside is used for good, and the issuing node is told. */
  writeOff(transaction: Transaction, declarationId: string, now: Date): Promise<void>;
  /** At withdrawal, seizure or when a preference is withheld (then only these items). */
  giveBack(
    transaction: Transaction,
    declarationId: string,
    now: Date,
    itemSequences?: readonly number[],
  ): Promise<void>;
  usesOf(reader: Reader, declarationId: string): Promise<readonly Use[]>;

  /** A delivered certificate was verified or refused: given to issuance, in the transaction that keeps it. */
  certificateSettled(transaction: Transaction, number: string, now: Date): Promise<void>;
}

/** Puts the ledger of one node together. */
export function createLedger(parts: LedgerParts): Ledger {
  return {
    preview: (reader, claim, now) => preview(parts, reader, claim, now),
    reserve: (transaction, claim, now) => reserve(parts, transaction, claim, now),
    writeOff: (transaction, declarationId, now) => writeOff(parts, transaction, declarationId, now),
    giveBack: (transaction, declarationId, now, items) => giveBack(parts, transaction, declarationId, now, items),
    usesOf,
    async certificateSettled(transaction, number, now) {
      await certificateSettled(parts, transaction, number, now);
    },
  };
}
