import type { DeclarationFacts, ItemFacts } from '../../documents/declaration/facts.ts';

/** What an officer found of one item; what is not given is accepted as declared. */
export type ItemFinding = {
  readonly sequence: number;
  readonly value?: { readonly amount: string; readonly currency: string; readonly reason: string };
  readonly classification?: { readonly commodityCode: string; readonly reason: string };
  readonly origin?: { readonly country: string; readonly reason: string };
  /** The duty itself, where it could not be computed. */
  readonly duty?: { readonly amount: string; readonly reason: string };
};

/** The declaration as the officer sees it: each finding in the place of what was declared. */
export function officerFacts(facts: DeclarationFacts, findings: readonly ItemFinding[]): DeclarationFacts {
  const found = new Map(findings.map((one) => [one.sequence, one]));
  return { ...facts, items: facts.items.map((item) => withFinding(item, found.get(item.sequence))) };
}

function withFinding(item: ItemFacts, finding: ItemFinding | undefined): ItemFacts {
  if (finding === undefined) return item;
  const { value, classification, origin } = finding;
  return {
    ...item,
    ...(value === undefined ? {} : { customsValue: { amount: value.amount, currency: value.currency } }),
    ...(classification === undefined ? {} : { commodityCode: classification.commodityCode }),
    ...(origin === undefined ? {} : { originCountry: origin.country, preferentialOriginCountry: origin.country }),
  };
}

/** The facts as far as certificates are claimed by them: items whose preference is withheld claim none. */
export function claimedFacts(facts: DeclarationFacts, withheld: ReadonlySet<number>): DeclarationFacts {
  if (withheld.size === 0) return facts;
  return {
    ...facts,
    items: facts.items.map((item) =>
      withheld.has(item.sequence) ? { ...item, preferenceCode: null, documents: [] } : item,
    ),
  };
}
