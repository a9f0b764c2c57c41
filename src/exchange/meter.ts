/** What came of a try to send a message. */
export type TryOutcome = 'receipted' | 'refused' | 'alarm' | 'retry';

/** What came of a message that arrived. */
export type ArrivalOutcome = 'delivered' | 'quarantined' | 'test' | 'duplicate' | 'refused';

/** Counts what the exchange of this process does; told after the fact, and must neither throw nor wait. */
export interface ExchangeMeter {
  /**
   * @param code of the error; empty for a receipt
   * @param milliseconds from the beginning of the try until its answer was judged
   */
  tried(partner: string, outcome: TryOutcome, code: string, milliseconds: number): void;
  /** @param code of the error with which it was refused, or of the reason for the quarantine; else empty */
  arrived(partner: string, outcome: ArrivalOutcome, code: string): void;
}

/** Counts nothing. */
export const NO_METER: ExchangeMeter = { tried: () => undefined, arrived: () => undefined };
