import type { DecimalAmount, DeclarationFacts, ItemFacts, ValuationCharge } from '../documents/declaration/facts.ts';
import type { WorkingLine } from './assessment.ts';
import { type Conversion, convert, Exact, type ExchangeRates } from './exchange-rate.ts';

/** The exact customs value of an item in the administration's currency with its working, or why there is none. */
export type CustomsValue =
  | { readonly established: true; readonly amount: Exact; readonly working: readonly WorkingLine[] }
  | {
      readonly established: false;
      readonly code: 'CUSTOMS-VALUE-MISSING' | 'EXCHANGE-RATE-MISSING';
      readonly reason: string;
      readonly working: readonly WorkingLine[];
    };

type ValueTerms = { readonly currency: string; readonly exchangeRates: ExchangeRates; readonly date: string };

/** A value that is stated as such, in the administration's currency. `words` says what it is. */
export function statedValue(words: string, { amount, currency }: DecimalAmount, terms: ValueTerms): CustomsValue {
  const conversion: Conversion = convert(new Exact(amount), currency, terms);
  const stated = { words, result: `${currency} ${amount}` };
  if (!conversion.converted)
    return { established: false, code: conversion.code, reason: conversion.reason, working: [stated] };
  return {
    established: true,
    amount: conversion.amount,
    working:
      conversion.words === null
        ? [stated]
        : [stated, { words: conversion.words, result: `${terms.currency} ${conversion.amount.toFixed()}` }],
  };
}

/** Whether a charge is added to the price paid or taken off it; null when its type does not say. */
function signOf(type: string | null): 1 | -1 | null {
  if (type === 'freight') return 1;
  // The union's codes of additions (AB to AN and national A-) and deductions (BA to BG), UCC delegated act annex B, 4/9.
  if (type !== null && /^A[A-Z]$/.test(type)) return 1;
  return type !== null && /^B[A-Z]$/.test(type) ? -1 : null;
}

/** Charges of the whole shipment added up, with what they are shared out by; null without any. */
export type ShipmentCharges = {
  readonly sum: CustomsValue;
  /** Invoice amounts of all items together; null where one states none, or in another currency. */
  readonly invoices: { readonly amount: Exact; readonly currency: string } | null;
} | null;

/** Lines of the working that each item shows of the shipment's charges; more are shown as one. */
const SHOWN_CHARGES = 24;

/** What the shipment's charges come to, once for all items of a declaration. */
export function shipmentChargesOf(facts: DeclarationFacts, terms: ValueTerms): ShipmentCharges {
  if (facts.charges.length === 0) return null;
  const sum = sumOf(facts.charges, 'shipment', terms);
  const working =
    sum.working.length <= SHOWN_CHARGES
      ? sum.working
      : [{ words: `${facts.charges.length} charges of the shipment, those taken off subtracted` }];
  const currency = facts.items[0]?.invoiceAmount?.currency;
  let amount = new Exact(0);
  for (const { invoiceAmount } of facts.items) {
    if (invoiceAmount === null || currency === undefined || invoiceAmount.currency !== currency)
      return { sum: { ...sum, working }, invoices: null };
    amount = amount.plus(invoiceAmount.amount);
  }
  return {
    sum: { ...sum, working },
    invoices: amount.isZero() || currency === undefined ? null : { amount, currency },
  };
}

/** Charges added up: those that are added less those that are taken off. */
function sumOf(charges: readonly ValuationCharge[], of: string, terms: ValueTerms): CustomsValue {
  let amount = new Exact(0);
  const working: WorkingLine[] = [];
  for (const charge of charges) {
    const sign = signOf(charge.type);
    if (sign === null)
      return missing(
        `Whether the charge of type ${charge.type ?? '(none)'} of the ${of} is added to the value or taken off it is not ` +
          'known; declare a customs value for the item.',
        working,
      );
    const name = charge.type === 'freight' ? 'freight' : `charge ${charge.type}`;
    const stated = statedValue(`${name} of the ${of}, ${sign === 1 ? 'added' : 'taken off'}`, charge.amount, terms);
    if (!stated.established) return stated;
    amount = amount.plus(stated.amount.times(sign));
    working.push(...stated.working);
  }
  return { established: true, amount, working };
}

/**
 * The customs value of an item (WTO agreement on customs valuation, article 1: the transaction value): what is declared as
 * customs value, else the item's invoice amount with its own charges and its share, by invoice amount, of those of the
 * whole shipment (article 8: freight, insurance, commissions are added as far as the declaration states them).
 */
export function customsValueOf(item: ItemFacts, shipment: ShipmentCharges, terms: ValueTerms): CustomsValue {
  if (item.customsValue !== null) return statedValue('customs value as declared', item.customsValue, terms);
  if (item.invoiceAmount === null)
    return missing('The item declares neither a customs value nor an invoice amount.', []);
  const invoice = statedValue('invoice amount of the item', item.invoiceAmount, terms);
  if (!invoice.established || (shipment === null && item.charges.length === 0)) return invoice;
  const own = sumOf(item.charges, 'item', terms);
  if (!own.established) return own;
  let amount = invoice.amount.plus(own.amount);
  const working = [...invoice.working, ...own.working];
  if (shipment !== null) {
    const { sum, invoices } = shipment;
    if (!sum.established) return sum;
    if (invoices === null)
      return missing(
        'Charges of the whole shipment are shared out by invoice amount, and not every item states one in the same ' +
          'currency; declare a customs value for each item.',
        invoice.working,
      );
    const share = sum.amount.times(item.invoiceAmount.amount).dividedBy(invoices.amount);
    amount = amount.plus(share);
    working.push(...sum.working, {
      words: `share of the item: ${item.invoiceAmount.amount} of ${invoices.amount.toFixed()} ${invoices.currency}`,
      result: `${terms.currency} ${shown(share)}`,
    });
  }
  if (amount.isNegative()) return missing('The charges taken off exceed the invoice amount.', working);
  working.push({ words: 'customs value', result: `${terms.currency} ${shown(amount)}` });
  return { established: true, amount, working };
}

function missing(reason: string, working: readonly WorkingLine[]): CustomsValue {
  return { established: false, code: 'CUSTOMS-VALUE-MISSING', reason, working };
}

/** An exact amount as far as a person reads it: eight decimals at most, cut, with a mark when there are more. */
function shown(amount: Exact): string {
  const cut = amount.toDecimalPlaces(8, Exact.ROUND_DOWN);
  return cut.equals(amount) ? amount.toFixed() : `${cut.toFixed()}…`;
}
