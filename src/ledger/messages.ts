import { Decimal } from 'decimal.js';
import type { ApplicationResponse, QuantityName, UtilisationLine } from '../documents/types.ts';
import { memberOf } from '../federation/trust.ts';
import { localDate } from './local-date.ts';
import type { BalanceRow, DuePartner, UntoldUse } from './partner-queries.ts';
import type { LedgerParts } from './ports.ts';
import { plain } from './units.ts';

/** Longest reason of a step. */
const LONGEST_REASON = 2000;

/**
 * The message about a certificate to a partner, in JSON form: how every item stands in all (so that a later message makes
 * an earlier one superfluous, whatever became of it), and the uses since the last message.
 */
export function makeMessage(
  parts: LedgerParts,
  partner: DuePartner,
  balances: readonly BalanceRow[],
  uses: readonly UntoldUse[],
  now: Date,
): ApplicationResponse {
  const today = localDate(now, parts.timeZone);
  const stamp = now.toISOString();
  return {
    id: parts.newId(),
    issueDate: stamp.slice(0, 10),
    issueTime: `${stamp.slice(11, 19)}Z`,
    sender: {
      country: parts.country,
      authority: partner.side === 'importing' ? parts.names.customs : parts.names.authority,
    },
    receiver: { country: partner.country, authority: nameOf(parts, partner.country) },
    consignmentReference: partner.consignment_reference,
    responseTo: { number: partner.number, documentDigest: partner.digest },
    outcome: partner.side === 'issuing' ? 'granted' : partner.isReturn ? 'returned' : 'used',
    steps: [{ step: 'quantity', verdict: 'passed', reason: inWords(partner, balances) }],
    utilisation: {
      sequence: partner.sequence,
      lines: [
        ...balances.map((row) => balanceLine(row, partner.side, today)),
        ...uses.map((use) => useLine(parts, use, balances)),
      ],
    },
  };
}

function nameOf(parts: LedgerParts, country: string): string {
  const directory = parts.directory();
  return (directory === null ? undefined : memberOf(directory, country)?.name) ?? country;
}

function balanceLine(row: BalanceRow, side: DuePartner['side'], date: string): UtilisationLine {
  const named = (name: QuantityName, value: string) => ({ name, quantity: { value, unit: row.unit } });
  const granted = [named('issued', plain(row.issued)), named('granted', plain(row.granted))];
  return {
    kind: 'balance',
    itemNumber: row.item,
    date,
    quantities:
      side === 'issuing'
        ? granted
        : [
            ...granted,
            named('returned', plain(row.returned)),
            named('set-aside', plain(row.reserved)),
            named('used', plain(row.written_off)),
            named('left', leftOf(row)),
          ],
  };
}

function useLine(parts: LedgerParts, use: UntoldUse, balances: readonly BalanceRow[]): UtilisationLine {
  const unit = balances.find(({ item }) => item === use.item)?.unit ?? '';
  const isCorrection = use.quantity.startsWith('-');
  const { movement_reference: reference } = use;
  return {
    kind: isCorrection ? 'correction' : 'use',
    itemNumber: use.item,
    date: localDate(use.updated_at, parts.timeZone),
    ...(parts.sharesMovementReference && reference !== null ? { movementReference: reference } : {}),
    quantities: [{ name: 'used', quantity: { value: plain(use.quantity.replace('-', '')), unit } }],
  };
}

/** What of an allotment is neither set aside nor used. */
export function leftOf(row: BalanceRow): string {
  return plain(new Decimal(row.granted).minus(row.returned).minus(row.reserved).minus(row.written_off));
}

function inWords(partner: DuePartner, balances: readonly BalanceRow[]): string {
  const words = balances.map((row) =>
    partner.side === 'issuing'
      ? `Item ${row.item}: ${plain(row.granted)} ${row.unit} allotted in all.`
      : `Item ${row.item}: ${plain(row.written_off)} ${row.unit} used, ${leftOf(row)} left.`,
  );
  return words.join(' ').slice(0, LONGEST_REASON).trim();
}
