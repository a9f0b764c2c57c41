import { AGREEMENTS, lastDayOfValidity } from '../documents/agreements.ts';
import type { SchemeId } from '../documents/types.ts';
import { type Reference, unreachable } from './claim.ts';
import type { CertificateItem, CertificateParty, KnownCertificate } from './known-certificate.ts';
import { convertExactly, isComparable } from './units.ts';

/** What is known besides the certificate when a reference is judged. */
export interface Circumstances {
  /** ISO 3166-1 alpha-2 of the country that clears. */
  readonly country: string;
  /** Day of the judgement where the goods are cleared, `YYYY-MM-DD`. */
  readonly today: string;
  readonly isMember: (country: string) => boolean;
}

/** What becomes of a reference before quantities are looked at. */
export type Judgement =
  | {
      readonly kind: 'draw';
      readonly item: number;
      /** In the unit of the certificate's item. */
      readonly quantity: { readonly value: string; readonly unit: string };
      /** What an officer should know, though it stands in the way of nothing; empty when there is nothing. */
      readonly note: string;
    }
  | { readonly kind: 'awaited'; readonly code: string; readonly reason: string }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

interface Finding {
  readonly code: string;
  readonly reason: string;
}

/**
 * Judges a reference by the certificate with its number, or by its absence (threats B2): every reason why it cannot be used
 * at once, the first one's code in front. How much is left is for the draw to say.
 */
export function judgeReference(
  reference: Reference,
  known: KnownCertificate | undefined,
  circumstances: Circumstances,
): Judgement {
  const { number } = reference;
  if (known === undefined || (known.state === 'refused' && known.receivedFrom !== known.exportingCountry)) {
    const never = unreachable(number, circumstances.isMember);
    if (never !== undefined) return { kind: 'refused', ...never };
    const reason = `Certificate ${number} is not here yet. It is set aside as soon as it arrives and is verified.`;
    return { kind: 'awaited', code: 'CERTIFICATE-AWAITED', reason };
  }
  const item = itemFor(reference, known.items);
  const findings = [
    ...standing(known, circumstances),
    ...parties(reference, known),
    ...('code' in item ? [item] : goods(reference, item)),
  ];
  const quantity = 'code' in item ? undefined : quantityOf(reference, item);
  if (quantity !== undefined && 'code' in quantity) findings.push(quantity);
  const [first] = findings;
  if (first !== undefined || 'code' in item || quantity === undefined || 'code' in quantity)
    return {
      kind: 'refused',
      code: first?.code ?? 'CERTIFICATE-ITEM-UNKNOWN',
      reason: findings.map(({ reason }) => reason).join(' '),
    };
  return { kind: 'draw', item: item.item, quantity, note: noteOf(reference, known) };
}

/** In force, within its validity, and for this country. */
function standing(known: KnownCertificate, { country, today }: Circumstances): Finding[] {
  const { number, state } = known;
  const found: Finding[] = [];
  const ended: Readonly<Record<string, Finding>> = {
    refused: {
      code: 'CERTIFICATE-REFUSED',
      reason: `${number} arrived and did not pass its verification; its page says why.`,
    },
    cancelled: { code: 'CERTIFICATE-CANCELLED', reason: `The issuing authority cancelled ${number}.` },
    replaced: {
      code: 'CERTIFICATE-REPLACED',
      reason: `${number} was replaced by another certificate; refer to that one.`,
    },
    expired: { code: 'CERTIFICATE-EXPIRED', reason: `${number} has expired.` },
  };
  const end = ended[state];
  if (end !== undefined) found.push(end);
  const last = isScheme(known.scheme) ? lastDayOfValidity(AGREEMENTS[known.scheme], known.issueDate) : undefined;
  if (last !== undefined && last < today && state !== 'expired')
    found.push({ code: 'CERTIFICATE-EXPIRED', reason: `${number} was valid until ${last}.` });
  if (known.importingCountry !== country && !known.allotted)
    found.push({
      code: 'CERTIFICATE-ADDRESSED-ELSEWHERE',
      reason: `${number} is made out for ${known.importingCountry}, and nothing of it was allotted to ${country}. The exporter can ask the issuing authority for that.`,
    });
  return found;
}

function isScheme(value: string): value is SchemeId {
  return Object.hasOwn(AGREEMENTS, value);
}

function parties(reference: Reference, known: KnownCertificate): Finding[] {
  const found: Finding[] = [];
  const { importer, exporter } = reference;
  if (importer.identifier === null && known.consignee.identifier !== null)
    found.push({
      code: 'CERTIFICATE-IMPORTER-UNKNOWN',
      reason: `The declaration does not say the identifier of its importer; that of the consignee is ${known.consignee.identifier.value}.`,
    });
  else if (!isSameParty(importer, known.consignee))
    found.push({
      code: 'CERTIFICATE-OTHER-CONSIGNEE',
      reason: `${known.number} is made out for another consignee than the importer of this declaration.`,
    });
  const otherExporter =
    exporter.identifier !== null && known.exporter.identifier !== null && !isSameParty(exporter, known.exporter);
  if (otherExporter && !known.thirdCountryInvoicing)
    found.push({
      code: 'CERTIFICATE-OTHER-EXPORTER',
      reason: `${known.number} is made out for another exporter than this declaration names.`,
    });
  return found;
}

/** By identifier where the certificate has one (with or without its scheme or country in front), else by name. */
export function isSameParty(
  party: { readonly identifier: string | null; readonly name: string | null },
  onCertificate: CertificateParty,
): boolean {
  const { identifier, name } = onCertificate;
  if (identifier === null) return name !== '' && party.name !== null && bare(party.name) === bare(name);
  if (party.identifier === null) return false;
  const [country = ''] = identifier.scheme.split(':');
  const forms = [identifier.value, identifier.scheme + identifier.value, country + identifier.value];
  return forms.map(bare).includes(bare(party.identifier));
}

function bare(text: string): string {
  return text
    .normalize('NFC')
    .toUpperCase()
    .replaceAll(/[\s.:/-]+/gu, '');
}

/** The item that is named, or the only one under the same subheading. */
function itemFor(reference: Reference, items: readonly CertificateItem[]): CertificateItem | Finding {
  const { number, namedItem } = reference;
  if (namedItem !== null)
    return (
      items.find(({ item }) => item === namedItem) ?? {
        code: 'CERTIFICATE-ITEM-UNKNOWN',
        reason: `${number} has no item ${namedItem}.`,
      }
    );
  const subheading = reference.commodityCode.slice(0, 6);
  const fitting = items.filter(({ harmonizedSystemCode }) => harmonizedSystemCode.slice(0, 6) === subheading);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (only === undefined)
    return { code: 'CERTIFICATE-OTHER-GOODS', reason: `${number} has no goods of subheading ${subheading}.` };
  const examples = fitting.map(({ item }) => `${number}/${item}`).join(' or ');
  return {
    code: 'CERTIFICATE-ITEM-AMBIGUOUS',
    reason: `${number} has several items of subheading ${subheading}: write ${examples}.`,
  };
}

function goods(reference: Reference, item: CertificateItem): Finding[] {
  const found: Finding[] = [];
  const [claimed, certified] = [reference.commodityCode.slice(0, 6), item.harmonizedSystemCode.slice(0, 6)];
  if (claimed !== certified)
    found.push({
      code: 'CERTIFICATE-OTHER-GOODS',
      reason: `Item ${item.item} of the certificate is of subheading ${certified}, the declared goods of ${claimed}.`,
    });
  if (reference.originCountry !== item.originCountry)
    found.push({
      code: 'CERTIFICATE-OTHER-ORIGIN',
      reason: `Item ${item.item} of the certificate originates in ${item.originCountry}, the declared goods in ${reference.originCountry ?? 'no country that is stated'}.`,
    });
  return found;
}

function quantityOf(reference: Reference, item: CertificateItem): { value: string; unit: string } | Finding {
  const { unit } = item.quantity;
  const { claimed } = reference;
  const measure =
    claimed === null
      ? reference.measures.find((each) => isComparable(each.unit, unit))
      : { value: claimed.value, unit: claimed.unit ?? unit };
  if (measure === undefined)
    return {
      code: 'CERTIFICATE-QUANTITY-MISSING',
      reason: `Say in the write-off quantity of the document how much of item ${item.item} is used, in ${unit}.`,
    };
  const value = convertExactly(measure.value, measure.unit, unit);
  if (value === undefined)
    return {
      code: 'CERTIFICATE-UNIT-DIFFERS',
      reason: `${measure.value} ${measure.unit} cannot be told exactly in ${unit}, the unit of item ${item.item} of the certificate.`,
    };
  if (/^0(\.0+)?$/.test(value))
    return { code: 'CERTIFICATE-QUANTITY-MISSING', reason: 'The quantity to be used is zero.' };
  return { value, unit };
}

function noteOf(reference: Reference, known: KnownCertificate): string {
  const { consignmentReference } = reference;
  return consignmentReference === known.consignmentReference
    ? ''
    : ` It was issued for consignment ${known.consignmentReference}, not ${consignmentReference ?? 'one that is named'}; a certificate may serve several.`;
}
