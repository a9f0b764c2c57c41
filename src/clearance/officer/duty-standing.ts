import { Decimal } from 'decimal.js';
import type { Assessment, DutyFinding, ItemAssessment, Money } from '../../tariff/assessment.ts';
import type { CertificateUse } from '../ports.ts';
import type { DecisionRecord, EstablishedDuty, OfficerAssessment, PaymentRecord } from './standing.ts';

export type PaymentState = 'none' | 'unknown' | 'due' | 'paid' | 'secured';

/** What is due for one item as things stand, and why. */
export type ItemDutyStanding = {
  readonly sequence: number;
  /** Null: not known; `reason` says why. */
  readonly due: Money | null;
  readonly code: string;
  readonly reason: string;
  /** What would be due without any doubt in the preference's favour: that of the security for a conditional release. */
  readonly atStake: Money | null;
};

/** What is due for a declaration as things stand, and what of it is covered. */
export type DutyStanding = {
  readonly currency: string;
  readonly items: readonly ItemDutyStanding[];
  readonly due: Money | null;
  readonly atStake: Money | null;
  readonly paid: Money;
  readonly secured: Money;
  readonly payment: PaymentState;
  /** Paid beyond what is due; null where nothing is. */
  readonly overpaid: Money | null;
  /** Due and neither paid nor secured; null where nothing is, or where it is not known. */
  readonly missing: Money | null;
};

/** The goods items whose preference is withheld: the latest decision about an item counts. */
export function withheldItems(decisions: readonly DecisionRecord[]): ReadonlySet<number> {
  const withheld = new Set<number>();
  for (const { kind, itemSequences } of decisions.toSorted((one, other) => one.number - other.number))
    for (const sequence of itemSequences) {
      if (kind === 'preference-withheld') withheld.add(sequence);
      if (kind === 'preference-restored') withheld.delete(sequence);
    }
  return withheld;
}

/**
 * What is due and what is covered, from the duty as computed from the declaration or, where an officer assessed it, from
 * the officer's values; an item whose preference is withheld owes the rate without preference. At stake is, for an item
 * whose certificate is not there, in doubt or cannot be used, the rate without preference (WTO TFA article 7.3: release against
 * security before the final determination).
 */
export function dutyStanding(given: {
  readonly declared: Assessment;
  readonly officer: OfficerAssessment | null;
  readonly withheld: ReadonlySet<number>;
  readonly uses: readonly CertificateUse[];
  readonly payments: readonly PaymentRecord[];
  /** Numbers of certificates about which the issuing country was asked and has not answered. */
  readonly doubted?: ReadonlySet<string>;
}): DutyStanding {
  const { currency, items } = given.officer?.assessment ?? given.declared;
  const usesOf = Map.groupBy(given.uses, (use) => use.itemSequence);
  const standing = items.map((item) =>
    itemStanding(item, given.withheld.has(item.sequence), usesOf.get(item.sequence) ?? [], given),
  );
  const due = sum(
    standing.map((item) => item.due),
    currency,
  );
  const atStake = sum(
    standing.map((item) => item.atStake),
    currency,
  );
  const paid = paidAs('payment', given.payments, currency);
  const secured = paidAs('security', given.payments, currency);
  return {
    currency,
    items: standing,
    due,
    atStake,
    paid: money(paid, currency),
    secured: money(secured, currency),
    ...coverage(due, paid, secured, currency),
  };
}

function coverage(
  due: Money | null,
  paid: Decimal,
  secured: Decimal,
  currency: string,
): Pick<DutyStanding, 'payment' | 'overpaid' | 'missing'> {
  if (due === null) return { payment: 'unknown', overpaid: null, missing: null };
  const owed = new Decimal(due.amount);
  const overpaid = paid.greaterThan(owed) ? money(paid.minus(owed), currency) : null;
  if (owed.isZero()) return { payment: 'none', overpaid, missing: null };
  if (paid.greaterThanOrEqualTo(owed)) return { payment: 'paid', overpaid, missing: null };
  const missing = owed.minus(paid).minus(secured);
  if (missing.lessThanOrEqualTo(0)) return { payment: 'secured', overpaid, missing: null };
  return { payment: 'due', overpaid, missing: money(missing, currency) };
}

/** Whether payments and securities together reach an amount; an amount that is not known is reached by nothing. */
export function covers(standing: DutyStanding, amount: Money | null): boolean {
  if (amount === null) return false;
  return new Decimal(standing.paid.amount).plus(standing.secured.amount).greaterThanOrEqualTo(amount.amount);
}

function itemStanding(
  item: ItemAssessment,
  withheld: boolean,
  uses: readonly CertificateUse[],
  { officer, doubted }: { readonly officer: OfficerAssessment | null; readonly doubted?: ReadonlySet<string> },
): ItemDutyStanding {
  const own = officer?.established.find((one) => one.sequence === item.sequence && one.withheld === withheld);
  const finding = withheld ? item.mostFavouredNation : item.claimed;
  const due = own?.duty ?? amountOf(finding);
  const supported = item.agreement === null || withheld || isSupported(uses, doubted ?? new Set());
  return {
    sequence: item.sequence,
    due,
    ...words(item, withheld, finding, own),
    atStake: supported ? due : amountOf(item.mostFavouredNation),
  };
}

/** Whether every certificate that an item refers to is there, set aside for it and not in doubt, and there is one. */
function isSupported(own: readonly CertificateUse[], doubted: ReadonlySet<string>): boolean {
  return (
    own.length > 0 &&
    own.every((use) => ['reserved', 'written-off'].includes(use.state) && !doubted.has(use.certificateNumber))
  );
}

function words(
  item: ItemAssessment,
  withheld: boolean,
  finding: DutyFinding,
  own: EstablishedDuty | undefined,
): { code: string; reason: string } {
  if (own !== undefined) return { code: 'DUTY-ESTABLISHED', reason: `Established by the officer: ${own.reason}` };
  if (!finding.computed) return { code: finding.code, reason: finding.reason };
  if (withheld)
    return { code: 'DUTY-WITHOUT-PREFERENCE', reason: `Preference withheld; ${finding.rate.words} is due.` };
  const claim = item.agreement === null ? 'without preference' : `under ${item.agreement}`;
  return { code: 'DUTY-COMPUTED', reason: `${finding.rate.words} ${claim} (${finding.rate.source}).` };
}

function amountOf(finding: DutyFinding): Money | null {
  return finding.computed ? finding.duty : null;
}

function sum(amounts: readonly (Money | null)[], currency: string): Money | null {
  let total = new Decimal(0);
  for (const amount of amounts) {
    if (amount === null) return null;
    total = total.plus(amount.amount);
  }
  return money(total, currency);
}

function paidAs(kind: PaymentRecord['kind'], payments: readonly PaymentRecord[], currency: string): Decimal {
  return payments
    .filter((one) => one.kind === kind && one.currency === currency)
    .reduce((total, one) => total.plus(one.amount), new Decimal(0));
}

function money(amount: Decimal, currency: string): Money {
  return { amount: amount.toFixed(), currency };
}
