import type { DutyFinding } from './assessment.ts';
import type { StatedQuantity } from './compute-duty.ts';
import type { CustomsValue } from './customs-value.ts';
import { dutyFinding } from './duty-finding.ts';
import type { ExchangeRates } from './exchange-rate.ts';
import { cellOf, rateFor, WITHOUT_PREFERENCE } from './rate-for.ts';
import { cellWords } from './rate-words.ts';
import type { Tariff, TariffLine } from './tariff.ts';

/** What one column of a tariff offers for a line. */
export type LineOffer = {
  readonly schedule: string;
  readonly title: string;
  readonly preference: boolean;
  readonly note: string | null;
  readonly printed: string;
  readonly words: string;
  readonly understood: boolean;
  /** Whether a rate of this column holds for the goods' origin on the day; false without an origin. */
  readonly holds: boolean;
  /** Why it does not, when it does not. */
  readonly code: string | null;
  readonly reason: string | null;
  /** Duty of the value that was asked about, when one was and the rate holds. */
  readonly duty: DutyFinding | null;
};

/** What is asked about a line. */
export type LineQuestion = {
  readonly originCountry: string | null;
  readonly date: string;
  readonly value: CustomsValue | null;
  readonly quantities: readonly StatedQuantity[];
  readonly currency: string;
  readonly exchangeRates: ExchangeRates;
};

/** Every column of a line, in the order of the tariff. */
export function lineOffers(tariff: Tariff, line: TariffLine, question: LineQuestion): LineOffer[] {
  const { originCountry, date, value, quantities } = question;
  return tariff.schedules.map(({ id, title, use, note }) => {
    const cell = cellOf(tariff, line, id);
    const finding = rateFor(tariff, line, id, originCountry, date);
    return {
      schedule: id,
      title,
      preference: use === 'preference',
      note,
      printed: cell.printed,
      words: cellWords(cell),
      understood: cell.rate !== null,
      holds: finding.found,
      code: finding.found ? null : finding.code,
      reason: finding.found ? null : finding.reason,
      duty: value === null || !finding.found ? null : dutyFinding(finding, value, quantities, question),
    };
  });
}

/** The rate without preference of a line: its words and the duty of the value that was asked about. */
export function withoutPreference(
  tariff: Tariff,
  line: TariffLine,
  question: LineQuestion,
): {
  readonly words: string | null;
  readonly code: string | null;
  readonly reason: string | null;
  readonly duty: DutyFinding | null;
} {
  const finding = rateFor(tariff, line, WITHOUT_PREFERENCE, question.originCountry, question.date);
  const { value, quantities } = question;
  return {
    words: finding.applied?.words ?? null,
    code: finding.found ? null : finding.code,
    reason: finding.found ? null : finding.reason,
    duty: value === null ? null : dutyFinding(finding, value, quantities, question),
  };
}
