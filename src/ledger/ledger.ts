import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import { allotToCountry, type ItemPart, returnAllotment } from './allotment-acts.ts';
import { certificateIssued } from './back-to-back.ts';
import { certificateSettled } from './open-ledger.ts';
import type { Asked, Claim, Delivered, IssuedCertificate, LedgerParts, Taken, Use } from './ports.ts';
import { receiveUse } from './receive.ts';
import { preview, reserve, usesOf } from './reserve.ts';
import { tellDue } from './tell.ts';
import { startTeller, type Teller } from './teller.ts';
import { giveBack, writeOff } from './use-up.ts';
import { type LedgerView, readLedger } from './view.ts';

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
  /**
   * A certificate is being issued: given to issuance, in the transaction that keeps it.
   * @throws the refusal `BACK-TO-BACK-REFUSED`
   */
  certificateIssued(transaction: Transaction, issued: IssuedCertificate): Promise<void>;
  /** Takes what a partner delivered to the service `CERTIFICATE_USE_SERVICE`, in the transaction that keeps its message. */
  receive(transaction: Transaction, message: Delivered): Promise<Taken>;

  /** The ledger of a certificate as the actor sees it. */
  read(asked: Asked, number: string): Promise<LedgerView>;
  /** Gives a part of this country's allotment back to the country that issued the certificate. */
  returnAllotment(
    asked: Asked,
    number: string,
    version: number,
    request: { readonly items: readonly ItemPart[]; readonly reason: string },
  ): Promise<LedgerView>;
  /** Allots to a country what of a certificate of this node is allotted to nobody. */
  allot(
    asked: Asked,
    number: string,
    version: number,
    request: { readonly country: string; readonly items: readonly ItemPart[]; readonly reason: string },
  ): Promise<LedgerView>;

  /** Tells partners and clearance what is due, without waiting for the worker; answers how much it was. */
  tellDue(now: Date): Promise<number>;
  /** Starts the worker that tells what is due. */
  start(clock: () => Date): Teller;
}

/** Puts the ledger of one node together. */
export function createLedger(parts: LedgerParts): Ledger {
  let teller: Teller | undefined;
  /** After the commit of something that partners or clearance are to be told. */
  const wake = (transaction: Transaction): void => transaction.afterCommit(() => teller?.wake());
  return {
    preview: (reader, claim, now) => preview(parts, reader, claim, now),
    reserve: (transaction, claim, now) => reserve(parts, transaction, claim, now),
    async writeOff(transaction, declarationId, now) {
      await writeOff(parts, transaction, declarationId, now);
      wake(transaction);
    },
    async giveBack(transaction, declarationId, now, items) {
      await giveBack(parts, transaction, declarationId, now, items);
      wake(transaction);
    },
    usesOf,
    async certificateSettled(transaction, number, now) {
      if (await certificateSettled(parts, transaction, number, now)) wake(transaction);
    },
    async certificateIssued(transaction, issued) {
      await certificateIssued(parts, transaction, issued);
      wake(transaction);
    },
    async receive(transaction, message) {
      const { resolved = false, ...taken } = await receiveUse(parts, transaction, message);
      if (resolved) wake(transaction);
      return taken;
    },
    read: (asked, number) => readLedger(parts, asked, number),
    async returnAllotment(asked, number, version, request) {
      await returnAllotment(parts, asked, number, version, request);
      wake(asked.transaction);
      return readLedger(parts, asked, number);
    },
    async allot(asked, number, version, request) {
      await allotToCountry(parts, asked, number, version, request);
      wake(asked.transaction);
      return readLedger(parts, asked, number);
    },
    tellDue: (now) => tellDue(parts, now),
    start(clock) {
      teller = startTeller(
        (now) => tellDue(parts, now),
        clock,
        (error) => parts.log.warn({ err: error }, 'the ledger of certificates waits'),
      );
      return teller;
    },
  };
}
