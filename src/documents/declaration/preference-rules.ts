import { countryName, listInForce } from '../code-lists.ts';
import type { Report } from '../report.ts';
import type { DeclarationFacts, DocumentFacts, ItemFacts } from './facts.ts';
import {
  claimsPreference,
  isAwaited,
  isCertificateOfOrigin,
  type NationalProfile,
  preferenceOfCode,
} from './national-profile.ts';

/** Digits of the Harmonized System, by which every tariff begins. */
const SUBHEADING = 6;
/** Chapters that national tariffs use for themselves: 77 is kept free, 98 and 99 are for special provisions. */
const NATIONAL_CHAPTERS = new Set(['77', '98', '99']);

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** A commodity code is digits, six at least; the first six are a subheading of the edition in force on the day. */
export function reportCommodityCodes(facts: DeclarationFacts, date: string, report: Report): void {
  const { codes, edition } = listInForce('harmonized-system', date);
  for (const { pointer, commodityCode: code } of facts.items) {
    if (code === '') continue;
    const isNumber = isDigits(code) && code.length >= SUBHEADING;
    if (isNumber && (NATIONAL_CHAPTERS.has(code.slice(0, 2)) || codes.has(code.slice(0, SUBHEADING)))) continue;
    const at = `${pointer}/commodity/classification`;
    const message = isNumber
      ? `The commodity code is "${code}"; its first six digits are no subheading of the Harmonized System.`
      : `The commodity code is "${code}"; it must be digits, six at least.`;
    report('CODE-HARMONIZED-SYSTEM', at, message, code, `a subheading of the Harmonized System, edition ${edition}`);
  }
}

function reportClaim(item: ItemFacts, profile: NationalProfile, date: string, report: Report): void {
  const { preferenceCode: code, preferencePointer } = item;
  const pointer = preferencePointer ?? item.pointer;
  if (profile.preferences.length === 0 || code === null) return;
  const preference = preferenceOfCode(profile, code);
  if (preference === undefined) {
    const known = profile.preferences.map((each) => `${each.code} (${each.title})`).join(', ');
    const message = `${profile.title} has no preference with the code ${code}.`;
    report('PREFERENCE-UNKNOWN', pointer, message, code, `100 for none, or one of: ${known}`);
    return;
  }
  if (date < preference.from) {
    const message = `The ${preference.title} is in force in ${profile.title} from ${preference.from} on.`;
    report('PREFERENCE-NOT-IN-FORCE', pointer, message, code, preference.from);
  }
  const origin = item.preferentialOriginCountry ?? item.originCountry;
  if (origin !== null && !preference.parties.has(origin)) {
    const message = `Goods of ${countryName(origin)} cannot have preference under the ${preference.title}.`;
    report('PREFERENCE-ORIGIN', pointer, message, `${code}, origin ${origin}`, [...preference.parties].join(', '));
  }
}

function reportCertificate(document: DocumentFacts, profile: NationalProfile, report: Report): void {
  const { pointer, quantity } = document;
  if (document.id === null && !isAwaited(profile, document)) {
    const message = `The certificate of origin has no number; if it follows later, say so by ${profile.awaitedDocument} as LPCO exemption code.`;
    report('CERTIFICATE-NUMBER-MISSING', `${pointer}/id`, message, undefined, 'the number of the certificate');
  }
  if (quantity !== null && quantity.unit === null) {
    const message = 'The quantity to be used on the certificate has no unit.';
    const expected = 'a unit as UNECE Recommendation 20 writes them, as unitCode';
    report('CERTIFICATE-UNIT', `${pointer}/writeOff/quantityQuantity`, message, quantity.value, expected);
  }
  if (quantity !== null && /^[0.]+$/.test(quantity.value)) {
    const message = 'The quantity to be used on a certificate cannot be zero.';
    report('VALUE-ZERO', `${pointer}/writeOff/quantityQuantity`, message, quantity.value, 'more than zero');
  }
}

/**
 * Reports claims of preference and certificates of origin in an import that do not go together: a claim needs a
 * certificate, of the good or of the whole declaration, by number or as one that follows; a certificate of a good needs
 * a claim; the agreement must be one of this country, in force, with the country of origin as a party.
 * @param isJudged whether an item has no fault that hides a claim or a certificate
 */
export function reportPreferences(
  facts: DeclarationFacts,
  profile: NationalProfile,
  date: string,
  isJudged: (pointer: string) => boolean,
  report: Report,
): void {
  const isCertificate = (document: DocumentFacts): boolean => isCertificateOfOrigin(profile, document);
  const forAll = facts.documents.filter(isCertificate);
  for (const document of forAll) reportCertificate(document, profile, report);
  for (const item of facts.items) {
    const own = item.documents.filter(isCertificate);
    for (const document of own) reportCertificate(document, profile, report);
    if (facts.procedure !== 'import' || !isJudged(item.pointer)) continue;
    if (claimsPreference(profile, item.preferenceCode)) {
      reportClaim(item, profile, date, report);
      if (own.length > 0 || forAll.length > 0 || profile.preferences.length === 0) continue;
      const message = `Preference ${item.preferenceCode} is claimed; name the certificate of origin, or say by ${profile.awaitedDocument} as LPCO exemption code that it follows.`;
      const types = profile.certificateDocuments.map(({ category, type }) => `${category} ${type}`).join(', ');
      report(
        'PREFERENCE-CERTIFICATE',
        `${item.pointer}/additionalDocument`,
        message,
        undefined,
        `a document of ${types}`,
      );
    } else if (own[0] !== undefined) {
      const message =
        'A certificate of origin is named and no preference is claimed: claim it, or leave the certificate out.';
      report(
        'CERTIFICATE-WITHOUT-CLAIM',
        own[0].pointer,
        message,
        item.preferenceCode ?? undefined,
        'a preference code',
      );
    }
  }
}
