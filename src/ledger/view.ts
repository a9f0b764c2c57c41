import { Decimal } from 'decimal.js';
import type { Actor } from '../access/actor.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Reader } from '../store/pool.ts';
import type { Asked, LedgerParts } from './ports.ts';
import { plain } from './units.ts';
import { type BalanceOfCountry, readBalances, readReportedUses, readUses, readVersion } from './view-queries.ts';

/** The ledger of a certificate as its readers see it. Quantities are decimal texts in the unit of their item. */
export type LedgerView = {
  readonly number: string;
  /** Whether this node issued the certificate or draws on it. */
  readonly side: 'issuing' | 'importing';
  readonly state: string;
  readonly version: number;
  readonly items: readonly LedgerItemView[];
  /** The newest 500, the newest first. */
  readonly uses: readonly LedgerUseView[];
};

export type LedgerItemView = {
  readonly itemNumber: number;
  readonly unit: string;
  /** On the certificate. */
  readonly issued: string;
  /** On the issuing side to all countries together; on the importing side to this country. */
  readonly allotted: string;
  readonly setAside: string;
  readonly writtenOff: string;
  /** Issuing side: of the certificate, as far as countries reported; importing side: of this country's allotment. */
  readonly left: string;
  readonly countries: readonly {
    readonly country: string;
    readonly allotted: string;
    readonly setAside: string;
    readonly writtenOff: string;
    readonly left: string;
    /** When the country reported last; absent where it has not, and on the importing side, which needs no report. */
    readonly reportedAt?: string;
  }[];
};

export type LedgerUseView = {
  readonly itemNumber: number;
  readonly quantity: string;
  readonly unit: string;
  readonly state: 'awaited' | 'reserved' | 'written-off' | 'given-back';
  readonly country: string;
  /** Day of the use as reported (issuing side), or moment of the last change (importing side). */
  readonly at: string;
  /** Only for those who may see the declaration. */
  readonly movementReference?: string;
  /** The certificate that was issued back to back on this one. */
  readonly certificateNumber?: string;
};

/** How often a ledger that changes while it is read is read again. */
const MOST_READINGS = 5;

/**
 * What there is of each item of a certificate, what is allotted to which country, set aside, written off and left. The
 * parts of an answer belong to one version of the ledger: when it changed while it was read, it is read again.
 * @throws the refusal `not-found` for a certificate that the actor does not see
 */
export async function readLedger(parts: LedgerParts, asked: Asked, number: string): Promise<LedgerView> {
  for (let reading = 1; ; reading += 1) {
    const view = await readOnce(parts, asked, number);
    if (reading === MOST_READINGS) return view;
    if ((await readVersion(asked.transaction, number, view.side)) === view.version) return view;
  }
}

async function readOnce(parts: LedgerParts, asked: Asked, number: string): Promise<LedgerView> {
  const { transaction, actor } = asked;
  const side = (await parts.certificates.see(asked, number)).side;
  const version = await readVersion(transaction, number, side);
  if (version === undefined)
    throw new Refusal(
      'not-found',
      'LEDGER-NOT-OPEN',
      'There is no ledger of this certificate: it was refused, or nothing of it was allotted to this country.',
    );
  const balances = await readBalances(transaction, number, side, parts.country);
  const uses = await usesOf(parts, transaction, actor, number, side);
  const { state } = await parts.certificates.see(asked, number);
  return { number, side, state, version, items: itemsOf(balances, side), uses };
}

function itemsOf(balances: readonly BalanceOfCountry[], side: LedgerView['side']): LedgerItemView[] {
  const numbers = [...new Set(balances.map(({ item }) => item))];
  return numbers.flatMap((item) => {
    const rows = balances.filter((row) => row.item === item);
    const [first] = rows;
    if (first === undefined) return [];
    const countries = rows.map((row) => {
      const allotted = new Decimal(row.granted).minus(row.returned);
      return {
        country: row.country,
        allotted: plain(allotted),
        setAside: plain(row.reserved),
        writtenOff: plain(row.written_off),
        left: plain(allotted.minus(row.reserved).minus(row.written_off)),
        ...(row.reported_at === null ? {} : { reportedAt: row.reported_at.toISOString() }),
      };
    });
    const together = (pick: (one: (typeof countries)[number]) => string): Decimal =>
      countries.reduce((sum, one) => sum.plus(pick(one)), new Decimal(0));
    const [allotted, setAside, writtenOff] = [
      together((one) => one.allotted),
      together((one) => one.setAside),
      together((one) => one.writtenOff),
    ];
    const all = side === 'issuing' ? new Decimal(first.issued) : allotted;
    return [
      {
        itemNumber: item,
        unit: first.unit,
        issued: plain(first.issued),
        allotted: plain(allotted),
        setAside: plain(setAside),
        writtenOff: plain(writtenOff),
        left: plain(all.minus(setAside).minus(writtenOff)),
        countries,
      },
    ];
  });
}

/** Officials see the declarations; a firm sees its own, of the others only how much and when. */
async function usesOf(
  parts: LedgerParts,
  reader: Reader,
  actor: Actor,
  number: string,
  side: LedgerView['side'],
): Promise<LedgerUseView[]> {
  const isOfficial = actor.firmId === null;
  if (side === 'issuing') {
    const rows = await readReportedUses(reader, number);
    return rows.map((row) => ({
      itemNumber: row.item,
      quantity: plain(row.quantity),
      unit: row.unit,
      state: row.given_back ? 'given-back' : 'written-off',
      country: row.country,
      at: row.used_on,
      ...(isOfficial && row.movement_reference !== null ? { movementReference: row.movement_reference } : {}),
    }));
  }
  const rows = await readUses(reader, number, actor);
  return rows.map((row) => {
    const mayKnow = isOfficial || row.is_own;
    return {
      itemNumber: row.item,
      quantity: plain(row.quantity),
      unit: row.unit,
      state: row.state,
      country: parts.country,
      at: row.updated_at.toISOString(),
      ...(mayKnow && row.movement_reference !== null ? { movementReference: row.movement_reference } : {}),
      ...(mayKnow && row.issued_number !== null ? { certificateNumber: row.issued_number } : {}),
    };
  });
}
