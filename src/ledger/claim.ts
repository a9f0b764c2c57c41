import { readCertificateNumber } from '../documents/certificate-number.ts';
import type { DocumentFacts } from '../documents/declaration/facts.ts';
import type { Quantity } from '../documents/types.ts';
import type { ClaimFacts, ClaimItem } from './ports.ts';
import { plain } from './units.ts';

/** One reference of a goods item to a certificate, with all that it is judged by; kept as JSON with the use. */
export type Reference = {
  readonly itemSequence: number;
  readonly number: string;
  /** Item of the certificate that the reference names (`number/item`), or null. */
  readonly namedItem: number | null;
  /** What the declaration says it uses; a unit that is not given is that of the certificate. */
  readonly claimed: { readonly value: string; readonly unit: string | null } | null;
  /** Measures of the goods from which the quantity is taken where none is claimed, in that order. */
  readonly measures: readonly Quantity[];
  readonly commodityCode: string;
  readonly originCountry: string | null;
  readonly importer: { readonly identifier: string | null; readonly name: string | null };
  readonly exporter: { readonly identifier: string | null; readonly name: string | null };
  readonly consignmentReference: string | null;
};

const DECIMAL = /^[0-9]{1,15}(\.[0-9]{1,9})?$/;
const LONGEST_NUMBER = 70;

/**
 * The references of a declaration to certificates of origin, in the order of its items and their documents. The
 * document's ID is the certificate's number, optionally with `/` and the number of the certificate's item.
 */
export function referencesOf(
  facts: ClaimFacts,
  importerIdentifier: string | null,
  isCertificateOfOrigin: (document: DocumentFacts) => boolean,
): readonly Reference[] {
  return facts.items.flatMap((item) =>
    item.documents
      .filter((document) => isCertificateOfOrigin(document) && !isToFollow(document))
      .map((document) => referenceOf(facts, importerIdentifier, item, document)),
  );
}

/** Its number is given later, with supplementary data; until then there is nothing to draw on. */
function isToFollow(document: DocumentFacts): boolean {
  return document.id === null && document.exemption !== null;
}

function referenceOf(
  facts: ClaimFacts,
  importerIdentifier: string | null,
  item: ClaimItem,
  document: DocumentFacts,
): Reference {
  const { number, namedItem } = readReference(document.id ?? '');
  const value = document.quantity?.value;
  return {
    itemSequence: item.sequence,
    number,
    namedItem,
    claimed:
      value === undefined || !DECIMAL.test(value)
        ? null
        : { value: plain(value), unit: document.quantity?.unit ?? null },
    measures: [item.tariffQuantity, item.netMass].flatMap((measure) =>
      measure === null || measure.unit === null || !DECIMAL.test(measure.value)
        ? []
        : [{ value: plain(measure.value), unit: measure.unit }],
    ),
    commodityCode: item.commodityCode,
    originCountry: item.preferentialOriginCountry ?? item.originCountry,
    importer: {
      identifier: importerIdentifier ?? facts.importer?.id ?? null,
      name: facts.importer?.name ?? null,
    },
    exporter: { identifier: facts.exporter?.id ?? null, name: facts.exporter?.name ?? null },
    consignmentReference: facts.consignmentReference,
  };
}

/** Number and item of a reference such as `ATIGA-TH-2026-0000001-J/2`. */
export function readReference(id: string): { readonly number: string; readonly namedItem: number | null } {
  const match = /^(.+)\/([0-9]{1,3})$/.exec(id);
  const [number, item] = match === null ? [id, undefined] : [match[1] ?? '', match[2]];
  return {
    number: number.slice(0, LONGEST_NUMBER),
    namedItem: item === undefined ? null : Number(item),
  };
}

/** Why a reference leads to no certificate that could come here: a paper one, or one that was mistyped. */
export function unreachable(
  number: string,
  isMember: (country: string) => boolean,
): { readonly code: 'CERTIFICATE-ON-PAPER' | 'CERTIFICATE-NUMBER-WRONG'; readonly reason: string } | undefined {
  const read = readCertificateNumber(number);
  if (read !== undefined) {
    if (isMember(read.country)) return undefined;
    return {
      code: 'CERTIFICATE-ON-PAPER',
      reason: `${number} was issued by ${read.country}, which has no node: it comes on paper, and an officer has to look at it.`,
    };
  }
  return /^(ATIGA|RCEP)-[A-Z]{2}-/.test(number)
    ? {
        code: 'CERTIFICATE-NUMBER-WRONG',
        reason: `${number} is no certificate number: its form or its check character is wrong. Compare it with the certificate.`,
      }
    : {
        code: 'CERTIFICATE-ON-PAPER',
        reason: `${number === '' ? 'The reference' : number} is not the number of an electronic certificate: an officer has to look at the paper.`,
      };
}
