/** An exact amount of money: decimal string and ISO 4217 currency. */
export type Money = { readonly amount: string; readonly currency: string };

/** A rate of duty that was looked up, with where it stands. */
export type AppliedRate = {
  /** Column of the tariff, such as `mfn` or `atiga`. */
  readonly schedule: string;
  /** The rate in words a person understands: `7.5%`, `the higher of 17% and 189 JPY per kg`. */
  readonly words: string;
  /** The cell as printed in the tariff. */
  readonly printed: string;
  /** Tariff, edition and line: `Viet Nam 2026-01, 85013130`. */
  readonly source: string;
  readonly status: 'verified' | 'as-published';
};

/** One line of the working: words and, where it is one, the result. */
export type WorkingLine = { readonly words: string; readonly result?: string };

/** Duty of one item under one claim; never a guess: what cannot be computed says why. */
export type DutyFinding =
  | {
      readonly computed: true;
      readonly duty: Money;
      readonly rate: AppliedRate;
      readonly working: readonly WorkingLine[];
    }
  | {
      readonly computed: false;
      /** Stable code, such as `TARIFF-CELL-NOT-UNDERSTOOD`, `TARIFF-MISSING`, `EXCHANGE-RATE-MISSING`. */
      readonly code: string;
      readonly reason: string;
      readonly rate?: AppliedRate;
    };

/** Duty of one goods item: under what is claimed, and without preference. */
export type ItemAssessment = {
  readonly sequence: number;
  readonly commodityCode: string;
  /** In the currency of the country, two decimals more than its minor unit at most; null when it cannot be established. */
  readonly customsValue: Money | null;
  readonly valueWorking: readonly WorkingLine[];
  readonly originCountry: string | null;
  /** Claim as the declaration codes it, and the agreement it means; null without a claim. */
  readonly preferenceCode: string | null;
  readonly agreement: string | null;
  readonly claimed: DutyFinding;
  readonly mostFavouredNation: DutyFinding;
};

/** Duty of a declaration on a day. */
export type Assessment = {
  readonly date: string;
  readonly currency: string;
  readonly items: readonly ItemAssessment[];
  /** Sums over the items; null when one of them could not be computed. */
  readonly claimedTotal: Money | null;
  readonly mostFavouredNationTotal: Money | null;
  /** What is not part of it, in a sentence: value added tax, excise. */
  readonly notIncluded: string;
};
