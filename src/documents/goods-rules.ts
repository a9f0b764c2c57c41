import { type Agreement, criterionOf, isMember } from './agreements.ts';
import { countryName } from './code-lists.ts';
import { isMassUnit, kilograms } from './masses.ts';
import type { Partially } from './partial.ts';
import type { Report } from './report.ts';
import type { CertificateContent, GoodsItem } from './types.ts';

type Content = Partially<CertificateContent>;
type Item = Partially<GoodsItem>;

function reportNumbers(items: readonly (Item | null)[], report: Report): void {
  for (const [index, item] of items.entries()) {
    const found = item?.itemNumber;
    if (found === undefined || found === index + 1) continue;
    const message = `The goods must be numbered 1, 2, 3 and so on: this one has ${found} instead of ${index + 1}.`;
    report('ITEM-NUMBERS', `/goodsItems/${index}/itemNumber`, message, String(found), String(index + 1));
  }
}

function reportInvoice(content: Content, item: Item, at: string, report: Report): void {
  const { invoices } = content;
  if (invoices === undefined || invoices.some((invoice) => invoice?.number === undefined)) return;
  const numbers = invoices.map((invoice) => invoice?.number ?? '');
  if (item.invoiceNumber === undefined) {
    if (numbers.length > 1) {
      const message = 'There are several invoices: say which one lists this good.';
      report('INVOICE-NOT-NAMED', `${at}/invoiceNumber`, message, undefined, `one of: ${numbers.join(', ')}`);
    }
  } else if (!numbers.includes(item.invoiceNumber)) {
    const message = `The invoice ${item.invoiceNumber} of this good is not among the invoices of the certificate.`;
    report('INVOICE-UNKNOWN', `${at}/invoiceNumber`, message, item.invoiceNumber, `one of: ${numbers.join(', ')}`);
  }
}

function reportMeasures(item: Item, at: string, report: Report): void {
  const values: readonly (readonly [string, string | undefined])[] = [
    ['quantity/value', item.quantity?.value],
    ['grossWeight/value', item.grossWeight?.value],
    ['freeOnBoardValue/amount', item.freeOnBoardValue?.amount],
  ];
  for (const [place, value] of values) {
    if (value === undefined || !/^[0.]+$/.test(value)) continue;
    report('VALUE-ZERO', `${at}/${place}`, 'Zero cannot be right here.', value, 'more than zero');
  }
  const unit = item.grossWeight?.unit;
  if (unit !== undefined && !isMassUnit(unit)) {
    const message = `The gross weight is given in ${unit}, which is not a unit of mass.`;
    report('WEIGHT-UNIT', `${at}/grossWeight/unit`, message, unit, 'a unit of mass, such as KGM');
  }
  const gross = kilograms(item.grossWeight);
  const goods = kilograms(item.quantity);
  if (gross !== undefined && goods !== undefined && gross.lessThan(goods)) {
    const message = 'The gross weight, with packing, is less than the quantity of the goods themselves.';
    const found = `${item.grossWeight?.value} ${item.grossWeight?.unit}`;
    const expected = `at least ${item.quantity?.value} ${item.quantity?.unit}`;
    report('WEIGHT-BELOW-QUANTITY', `${at}/grossWeight/value`, message, found, expected);
  }
}

/** Origin criterion as printed, and the FOB value it asks for (ATIGA annex 7, overleaf notes 3 and 10). */
function reportCriterion(content: Content, agreement: Agreement, item: Item, at: string, report: Report): void {
  const printed = item.originCriterion;
  if (printed === undefined) return;
  const criterion = criterionOf(agreement, printed);
  if (criterion === undefined) {
    const expected = agreement.originCriteria.map(({ says }) => says).join('; ');
    const message = `"${printed}" is not an origin criterion as ${agreement.certificate} has it.`;
    report('CRITERION-SYNTAX', `${at}/originCriterion`, message, printed, expected);
    return;
  }
  if (criterion.partialCumulation && content.indications?.includes('partial-cumulation') === false) {
    const message = 'The criterion PC needs the box "partial cumulation" to be ticked in box 13.';
    report('DETAILS-WITHOUT-INDICATION', `${at}/originCriterion`, message, printed, 'partial-cumulation in box 13');
  }
  if (!criterion.valueContent || item.freeOnBoardValue !== undefined) return;
  const { freeOnBoardCountries: countries } = agreement;
  const sides = [content.exportingCountry, content.importingCountry].filter((side) => side !== undefined);
  const concerned = countries === undefined ? [] : sides.filter((side) => countries.has(side));
  if (countries !== undefined && concerned.length === 0) return;
  const why = countries === undefined ? '' : `, in trade with ${concerned.map(countryName).join(' and ')}`;
  const message = `Where regional value content is the criterion${why}, the FOB value of the good must be given.`;
  report('FOB-REQUIRED', `${at}/freeOnBoardValue`, message, undefined, 'amount and currency');
}

function reportOrigin(content: Content, agreement: Agreement, item: Item, at: string, date: string, report: Report) {
  const { originCountry } = item;
  if (originCountry === undefined) return;
  const pointer = `${at}/originCountry`;
  if (!isMember(agreement, originCountry, date)) {
    const message = `${countryName(originCountry)} is no party to the agreement, so goods cannot originate there.`;
    report('ORIGIN-COUNTRY', pointer, message, originCountry, `a party to ${agreement.title}`);
    return;
  }
  const isBackToBack = content.indications === undefined || content.indications.includes('back-to-back');
  const { exportingCountry } = content;
  if (agreement.originCountry !== 'exporting-country' || isBackToBack || exportingCountry === undefined) return;
  if (originCountry === exportingCountry) return;
  const message = 'The country of origin must be the exporting country, unless the certificate is back-to-back.';
  report('ORIGIN-COUNTRY', pointer, message, originCountry, exportingCountry);
}

/** Reports what does not fit together in the goods of a certificate. */
export function reportGoods(content: Content, agreement: Agreement | undefined, date: string, report: Report): void {
  const items = content.goodsItems ?? [];
  reportNumbers(items, report);
  let currency: string | undefined;
  for (const [index, item] of items.entries()) {
    if (item === null) continue;
    const at = `/goodsItems/${index}`;
    reportInvoice(content, item, at, report);
    reportMeasures(item, at, report);
    if (agreement !== undefined) {
      reportCriterion(content, agreement, item, at, report);
      reportOrigin(content, agreement, item, at, date, report);
    }
    const found = item.freeOnBoardValue?.currency;
    currency ??= found;
    if (found !== undefined && found !== currency) {
      const message = 'All values of one certificate must be in the same currency.';
      report('CURRENCIES-DIFFER', `${at}/freeOnBoardValue/currency`, message, found, currency);
    }
  }
}
