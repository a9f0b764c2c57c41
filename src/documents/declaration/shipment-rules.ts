import type { Decimal } from 'decimal.js';
import type { JsonObject } from '../json.ts';
import { isArray } from '../json.ts';
import { isMassUnit, kilograms } from '../masses.ts';
import type { Report } from '../report.ts';
import type { DecimalAmount, DecimalMeasure, DeclarationFacts, ItemFacts } from './facts.ts';
import { partOf } from './json-parts.ts';
import { areEqual, isGreater, sumOf } from './sums.ts';

const ITEMS = '/declaration/goodsShipment/governmentAgencyGoodsItem';
const MEASURES = '/commodity/goodsMeasure';

/** Every value that is there, or undefined when one of them is not: then no total can be judged. */
function all<T>(items: readonly ItemFacts[], read: (item: ItemFacts) => T | null): readonly T[] | undefined {
  const values: T[] = [];
  for (const item of items) {
    const value = read(item);
    if (value === null) return undefined;
    values.push(value);
  }
  return values;
}

function reportCount(facts: DeclarationFacts, count: number, report: Report): void {
  const { declaredItemCount: declared } = facts;
  if (declared !== null && declared !== count) {
    const message = `The declaration says that it has ${declared} goods items; ${count} are listed.`;
    report('ITEM-COUNT', '/declaration/goodsItemQuantity', message, String(declared), String(count));
  }
  for (const item of facts.items) {
    const expected = Number(item.pointer.slice(ITEMS.length + 1)) + 1;
    if (item.sequence === expected || item.sequence === 0) continue;
    const message = `The goods must be numbered 1, 2, 3 and so on: this one has ${item.sequence} instead of ${expected}.`;
    report('ITEM-NUMBERS', `${item.pointer}/sequenceNumeric`, message, String(item.sequence), String(expected));
  }
}

function reportPackages(facts: DeclarationFacts, isWhole: boolean, report: Report): void {
  const { totalPackages } = facts;
  const counts = isWhole && totalPackages !== null ? all(facts.items, (item) => item.packageCount) : undefined;
  if (counts === undefined || totalPackages === null) return;
  const sum = sumOf(counts);
  if (areEqual(sum, totalPackages)) return;
  const message = `The total is ${totalPackages} packages; those of the goods add up to ${sum}.`;
  report('PACKAGES-TOTAL', '/declaration/totalPackageQuantity', message, totalPackages, sum);
}

function total(masses: readonly Decimal[]): Decimal | undefined {
  return masses.reduce<Decimal | undefined>((sum, mass) => (sum === undefined ? mass : sum.plus(mass)), undefined);
}

function sumOfMasses(masses: readonly DecimalMeasure[], unit: string | null): string | undefined {
  if (masses.every((mass) => mass.unit === unit)) return sumOf(masses.map(({ value }) => value));
  const inKilograms: Decimal[] = [];
  for (const mass of masses) {
    const kilogram = kilograms(mass);
    if (kilogram === undefined) return undefined;
    inKilograms.push(kilogram);
  }
  const factor = kilograms({ value: '1', unit });
  return factor === undefined ? undefined : total(inKilograms)?.dividedBy(factor).toFixed();
}

function reportGrossMass(facts: DeclarationFacts, isWhole: boolean, report: Report): void {
  const { totalGrossMass: declared } = facts;
  const masses = isWhole && declared !== null ? all(facts.items, (item) => item.grossMass) : undefined;
  if (masses === undefined || declared === null) return;
  const sum = sumOfMasses(masses, declared.unit);
  if (sum === undefined || areEqual(sum, declared.value)) return;
  const message = `The total gross mass is ${declared.value} ${declared.unit}; that of the goods adds up to ${sum}.`;
  report('GROSS-MASS-TOTAL', '/declaration/totalGrossMassMeasure', message, declared.value, sum);
}

function reportMasses(item: ItemFacts, report: Report): void {
  const { netMass: net, grossMass: gross } = item;
  for (const [mass, place] of [
    [net, 'netNetWeightMeasure'],
    [gross, 'grossMassMeasure'],
  ] as const) {
    if (mass === null || mass.unit === 'KGM' || mass.unit === null || isMassUnit(mass.unit)) continue;
    const message = `The mass is given in ${mass.unit}, which is not a unit of mass.`;
    report('WEIGHT-UNIT', `${item.pointer}${MEASURES}/${place}`, message, mass.unit, 'a unit of mass, such as KGM');
  }
  if (net === null || gross === null) return;
  const isAbove =
    net.unit === gross.unit
      ? isGreater(net.value, gross.value)
      : (kilograms(net)?.greaterThan(kilograms(gross) ?? Number.POSITIVE_INFINITY) ?? false);
  if (!isAbove) return;
  const message = 'The net mass is greater than the gross mass, which has the packing in it.';
  const pointer = `${item.pointer}${MEASURES}/netNetWeightMeasure`;
  report('NET-ABOVE-GROSS', pointer, message, `${net.value} ${net.unit}`, `at most ${gross.value} ${gross.unit}`);
}

function reportNegative(value: string | undefined, pointer: string, report: Report): void {
  if (value?.charCodeAt(0) !== 0x2d /* - */ || !isGreater('0', value)) return;
  report('VALUE-NEGATIVE', pointer, 'Less than zero cannot be right here.', value, '0 or more');
}

function reportSigns(item: ItemFacts, report: Report): void {
  const at = item.pointer;
  reportNegative(item.netMass?.value, `${at}${MEASURES}/netNetWeightMeasure`, report);
  reportNegative(item.grossMass?.value, `${at}${MEASURES}/grossMassMeasure`, report);
  reportNegative(item.tariffQuantity?.value, `${at}${MEASURES}/tariffQuantity`, report);
  reportNegative(item.invoiceAmount?.amount, `${at}/commodity/invoiceLine/itemChargeAmount`, report);
  reportNegative(item.customsValue?.amount, `${at}/customsValueAmount`, report);
  reportNegative(item.statisticalValue?.amount, `${at}/statisticalValueAmount`, report);
  reportNegative(item.packageCount ?? undefined, `${at}/packaging`, report);
  for (const document of item.documents) {
    reportNegative(document.quantity?.value, `${document.pointer}/writeOff/quantityQuantity`, report);
  }
}

/** Prices of one shipment are in the currency of its invoice, so that they add up (WCO: one InvoiceAmount). */
function reportInvoice(facts: DeclarationFacts, isWhole: boolean, report: Report): void {
  let currency = facts.invoiceAmount?.currency;
  let isOne = true;
  const prices: DecimalAmount[] = [];
  for (const item of facts.items) {
    const price = item.invoiceAmount;
    if (price === null) continue;
    prices.push(price);
    currency ??= price.currency;
    if (price.currency === currency) continue;
    isOne = false;
    const message = `The price is in ${price.currency}; the invoice amount and the prices of all goods are in one currency.`;
    const pointer = `${item.pointer}/commodity/invoiceLine/itemChargeAmount`;
    report('CURRENCIES-DIFFER', pointer, message, price.currency, currency);
  }
  const { invoiceAmount: declared } = facts;
  if (declared === null || !isOne || !isWhole || prices.length !== facts.items.length) return;
  const sum = sumOf(prices.map(({ amount }) => amount));
  if (areEqual(sum, declared.amount)) return;
  const message = `The invoice amount is ${declared.amount} ${declared.currency}; the prices of the goods add up to ${sum}.`;
  report('INVOICE-TOTAL', '/declaration/invoiceAmount', message, declared.amount, sum);
}

/**
 * Reports what does not fit together in the goods of a whole declaration: numbers, totals, masses, prices. A total is
 * judged when every good gives its part.
 * @param json of which the schema's faults were taken out
 */
export function reportShipment(json: JsonObject, facts: DeclarationFacts, report: Report): void {
  const list = partOf(partOf(json, 'declaration'), 'goodsShipment')['governmentAgencyGoodsItem'];
  const count = isArray(list) ? list.length : 0;
  const isWhole = count === facts.items.length && count > 0;
  reportCount(facts, count, report);
  reportPackages(facts, isWhole, report);
  reportGrossMass(facts, isWhole, report);
  reportInvoice(facts, isWhole, report);
  reportNegative(facts.invoiceAmount?.amount, '/declaration/invoiceAmount', report);
  reportNegative(facts.totalGrossMass?.value, '/declaration/totalGrossMassMeasure', report);
  reportNegative(facts.totalPackages ?? undefined, '/declaration/totalPackageQuantity', report);
  for (const item of facts.items) {
    reportMasses(item, report);
    reportSigns(item, report);
  }
}
