import { Decimal } from 'decimal.js';
import type { DeclarationFacts, ItemFacts } from '../documents/declaration/facts.ts';
import type { Assessment, DutyFinding, ItemAssessment } from '../tariff/assessment.ts';

/** How a reference to a certificate stands, as rules see it. */
export type CertificateFacts = {
  readonly itemSequence: number;
  readonly certificateNumber: string;
  readonly certificateItem: number | null;
  readonly quantity: { readonly value: string; readonly unit: string } | null;
  readonly state: string;
  readonly code: string | null;
};

/** What a channel is assigned from. */
export type CaseParts = {
  readonly movementReference: string;
  readonly facts: DeclarationFacts;
  readonly assessment: Assessment;
  readonly office: string;
  readonly declarantFirmId: string;
  readonly authorisedTrader: boolean;
  readonly certificateUses: readonly CertificateFacts[];
};

type Duty = {
  readonly computed: boolean;
  readonly claimed: string | null;
  readonly mostFavouredNation: string | null;
  readonly difference: string | null;
};

type ItemCase = ItemFacts & {
  readonly duty: (Duty & { readonly agreement: string | null; readonly customsValue: string | null }) | null;
  readonly certificates: readonly CertificateFacts[];
};

/** A declaration as conditions read it; its fields are those of `CASE_SHAPE`. */
export type SelectionCase = {
  readonly movementReference: string;
  readonly declaration: Omit<DeclarationFacts, 'items'>;
  readonly items: readonly ItemCase[];
  readonly itemCount: number;
  readonly duty: Duty & { readonly currency: string; readonly itemsNotComputed: number };
  readonly certificates: readonly CertificateFacts[];
  readonly trader: { readonly firm: string; readonly authorised: boolean };
  readonly office: string;
};

/** Differences of amounts are exact: no amount that a document can hold has so many digits. */
const Exact = Decimal.clone({ precision: 80 });

function dutyOf(claimed: string | null, mostFavouredNation: string | null): Duty {
  return {
    computed: claimed !== null && mostFavouredNation !== null,
    claimed,
    mostFavouredNation,
    difference:
      claimed === null || mostFavouredNation === null
        ? null
        : new Exact(mostFavouredNation).minus(new Exact(claimed)).toFixed(),
  };
}

function amountOf(finding: DutyFinding): string | null {
  return finding.computed ? finding.duty.amount : null;
}

function isComputed(item: ItemAssessment): boolean {
  return item.claimed.computed && item.mostFavouredNation.computed;
}

function bySequence<Entry>(entries: readonly Entry[], sequenceOf: (entry: Entry) => number): Map<number, Entry[]> {
  const groups = new Map<number, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(sequenceOf(entry));
    if (group === undefined) groups.set(sequenceOf(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}

/** Puts together what rules read: each goods item with its duty and its certificates. */
export function caseOf(parts: CaseParts): SelectionCase {
  const { items, ...declaration } = parts.facts;
  const assessed = bySequence(parts.assessment.items, (item) => item.sequence);
  const certificates = bySequence(parts.certificateUses, (use) => use.itemSequence);
  return {
    movementReference: parts.movementReference,
    declaration,
    items: items.map((item) => {
      const assessment = assessed.get(item.sequence)?.[0];
      return {
        ...item,
        duty:
          assessment === undefined
            ? null
            : {
                ...dutyOf(amountOf(assessment.claimed), amountOf(assessment.mostFavouredNation)),
                agreement: assessment.agreement,
                customsValue: assessment.customsValue?.amount ?? null,
              },
        certificates: certificates.get(item.sequence) ?? [],
      };
    }),
    itemCount: items.length,
    duty: {
      ...dutyOf(
        parts.assessment.claimedTotal?.amount ?? null,
        parts.assessment.mostFavouredNationTotal?.amount ?? null,
      ),
      currency: parts.assessment.currency,
      itemsNotComputed: parts.assessment.items.filter((item) => !isComputed(item)).length,
    },
    certificates: parts.certificateUses,
    trader: { firm: parts.declarantFirmId, authorised: parts.authorisedTrader },
    office: parts.office,
  };
}
