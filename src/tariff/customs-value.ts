import type { DecimalAmount, DeclarationFacts, ItemFacts } from '../documents/declaration/facts.ts';
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

type Part = { readonly own: Exact; readonly all: Exact; readonly words: string | null };

/**
 * The customs value of an item (WTO agreement on customs valuation, article 1: the transaction value): what is declared as
 * customs value, else the item's invoice amount with its own charges and its share, by invoice amount, of those of the
 * whole shipment (article 8: freight, insurance, commissions are added as far as the declaration states them).
 */
export function customsValueOf(facts: DeclarationFacts, item: ItemFacts, terms: ValueTerms): CustomsValue {
  if (item.customsValue !== null) return statedValue('customs value as declared', item.customsValue, terms);
  if (item.invoiceAmount === null)
    return missing('The item declares neither a customs value nor an invoice amount.', []);
  const invoice = statedValue('invoice amount of the item', item.invoiceAmount, terms);
  if (!invoice.established) return invoice;
  const whole: Part = { own: new Exact(1), all: new Exact(1), words: null };
  const charges = item.charges.map((charge) => ({ charge, part: whole, of: 'item' }));
  if (facts.charges.length > 0) {
    const part = shareOf(facts, item.invoiceAmount);
    if (part === null)
      return missing(
        'Charges of the whole shipment are shared out by invoice amount, and not every item states one in the same ' +
          'currency; declare a customs value for each item.',
        invoice.working,
      );
    charges.push(...facts.charges.map((charge) => ({ charge, part, of: 'shipment' })));
  }
  if (charges.length === 0) return invoice;
  let amount = invoice.amount;
  const working = [...invoice.working];
  for (const { charge, part, of } of charges) {
    const sign = signOf(charge.type);
    if (sign === null)
      return missing(
        `Whether the charge of type ${charge.type ?? '(none)'} of the ${of} is added to the value or taken off it is not ` +
          'known; declare a customs value for the item.',
        working,
      );
    const name = charge.type === 'freight' ? 'freight' : `charge ${charge.type}`;
    const stated = statedValue(`${name} of the ${of}, ${sign === 1 ? 'added' : 'taken off'}`, charge.amount, terms);
    if (!stated.established) return { ...stated, working: [...working, ...stated.working] };
    const counted = stated.amount.times(part.own).dividedBy(part.all);
    amount = amount.plus(counted.times(sign));
    working.push(...stated.working);
    if (part.words !== null) working.push({ words: part.words, result: `${terms.currency} ${shown(counted)}` });
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

function shareOf(facts: DeclarationFacts, own: DecimalAmount): Part | null {
  let all = new Exact(0);
  for (const { invoiceAmount } of facts.items) {
    if (invoiceAmount === null || invoiceAmount.currency !== own.currency) return null;
    all = all.plus(invoiceAmount.amount);
  }
  if (all.isZero()) return null;
  const words = `share of the item: ${own.amount} of ${all.toFixed()} ${own.currency}`;
  return { own: new Exact(own.amount), all, words };
}
