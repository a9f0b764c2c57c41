import { AGREEMENTS, type Agreement, isMember } from './agreements.ts';
import { countryName } from './code-lists.ts';
import { reportGoods } from './goods-rules.ts';
import type { Partially } from './partial.ts';
import type { Report } from './report.ts';
import type { CertificateContent, Indication, Party } from './types.ts';

type Content = Partially<CertificateContent>;

function reportCountries(content: Content, agreement: Agreement, date: string, report: Report): void {
  const { exportingCountry, importingCountry } = content;
  for (const [pointer, country] of [
    ['/exportingCountry', exportingCountry],
    ['/importingCountry', importingCountry],
  ] as const) {
    if (country === undefined || isMember(agreement, country, date)) continue;
    const from = agreement.members.get(country);
    const yet = from === undefined ? '' : ` before ${from}`;
    const message = `${countryName(country)} is no party to the ${agreement.title}${yet}.`;
    const expected = `one of: ${[...agreement.members.keys()].join(', ')}`;
    report('COUNTRY-NOT-MEMBER', pointer, message, country, expected);
  }
  if (exportingCountry !== undefined && exportingCountry === importingCountry) {
    const message = 'Exporting and importing country are the same.';
    report('COUNTRIES-SAME', '/importingCountry', message, importingCountry, 'another country');
  }
}

function reportParty(
  party: Partially<Party> | undefined,
  country: string | undefined,
  about: { readonly code: 'EXPORTER-COUNTRY' | 'CONSIGNEE-COUNTRY'; readonly pointer: string; readonly words: string },
  report: Report,
): void {
  const found = party?.address?.country;
  if (found === undefined || country === undefined || found === country) return;
  const message = `${about.words}: the address is in ${countryName(found)}, not in ${countryName(country)}.`;
  report(about.code, `${about.pointer}/address/country`, message, found, country);
}

/** Ticked boxes of box 13 and the details they need, either way (ATIGA annex 7, overleaf notes 11, 12 and 16). */
function reportIndications(content: Content, agreement: Agreement | undefined, report: Report): void {
  const { indications } = content;
  if (indications === undefined) return;
  const pairs: readonly (readonly [Indication, string, boolean, string])[] = [
    [
      'third-country-invoicing',
      '/thirdCountryInvoicing',
      content.thirdCountryInvoicing !== undefined,
      'the company and country that issued the invoice',
    ],
    [
      'back-to-back',
      '/backToBack',
      content.backToBack !== undefined,
      'number and date of issue of the original certificate',
    ],
  ];
  for (const [indication, pointer, isGiven, details] of pairs) {
    const isTicked = indications.includes(indication);
    if (isTicked && !isGiven) {
      const message = `Box 13 has "${indication}" ticked; then ${details} must be given.`;
      report('INDICATION-WITHOUT-DETAILS', pointer, message, undefined, details);
    } else if (!isTicked && isGiven) {
      const message = `${details.replace(/^./, (first) => first.toUpperCase())} are given; tick "${indication}" in box 13.`;
      report('DETAILS-WITHOUT-INDICATION', pointer, message, undefined, `${indication} in /indications`);
    }
  }
  if (indications.includes('partial-cumulation') && content.goodsItems !== undefined) {
    const criteria = content.goodsItems.map((item) => item?.originCriterion);
    if (criteria.every((criterion) => criterion !== undefined && !criterion.startsWith('PC '))) {
      const message = 'Box 13 has "partial cumulation" ticked, but no good has a criterion such as PC 25%.';
      report('INDICATION-WITHOUT-DETAILS', '/indications', message, undefined, 'PC and a percentage in a good');
    }
  }
  for (const [index, indication] of indications.entries()) {
    if (indication === null || agreement === undefined || agreement.indications.has(indication)) continue;
    const message = `${agreement.certificate} has no box for "${indication}".`;
    const expected = `one of: ${[...agreement.indications].join(', ')}`;
    report('INDICATION-NOT-IN-SCHEME', `/indications/${index}`, message, indication, expected);
  }
}

function reportInvoices(content: Content, report: Report): void {
  const seen = new Set<string>();
  for (const [index, invoice] of (content.invoices ?? []).entries()) {
    if (invoice?.number === undefined) continue;
    if (seen.has(invoice.number)) {
      const message = `The invoice ${invoice.number} is listed twice.`;
      report('INVOICE-REPEATED', `/invoices/${index}/number`, message, invoice.number);
    }
    seen.add(invoice.number);
  }
  const company = content.thirdCountryInvoicing?.country;
  const sides = [content.exportingCountry, content.importingCountry];
  if (company !== undefined && sides.includes(company)) {
    const message = `The invoice comes from ${countryName(company)}, which is no third country.`;
    report('INVOICING-NOT-THIRD-COUNTRY', '/thirdCountryInvoicing/country', message, company, 'a third country');
  }
}

function reportDates(content: Content, report: Report): void {
  const declared = content.declaration?.date;
  const original = content.backToBack?.issueDate;
  if (declared !== undefined && original !== undefined && original > declared) {
    const message = 'The original certificate cannot be issued after the declaration that rests on it.';
    report('DATE-ORDER', '/backToBack/issueDate', message, original, `${declared} or before`);
  }
}

/**
 * Reports what does not fit together in what application and certificate have in common.
 * @param date the day by which membership is judged: of issue, or of the exporter's declaration; `YYYY-MM-DD`
 */
export function reportContent(content: Content, date: string, report: Report): void {
  const agreement = content.scheme === undefined ? undefined : AGREEMENTS[content.scheme];
  if (agreement !== undefined) reportCountries(content, agreement, date, report);
  reportParty(
    content.exporter,
    content.exportingCountry,
    { code: 'EXPORTER-COUNTRY', pointer: '/exporter', words: 'The exporter must be in the exporting country' },
    report,
  );
  reportParty(
    content.consignee,
    content.importingCountry,
    { code: 'CONSIGNEE-COUNTRY', pointer: '/consignee', words: 'The consignee must be in the importing country' },
    report,
  );
  reportGoods(content, agreement, date, report);
  reportInvoices(content, report);
  reportIndications(content, agreement, report);
  reportDates(content, report);
}
