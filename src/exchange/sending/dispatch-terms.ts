/** How messages to one partner are tried, in milliseconds. */
export interface PartnerTerms {
  /** Messages under way at the same time. */
  readonly perPartner: number;
  /** The first pause after a failed try; each further one doubles it, up to the longest. */
  readonly firstPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** Failed connections in a row after which the partner rests: one message is tried per pause, the pauses growing. */
  readonly breakAfter: number;
}

/** How outgoing messages are tried, in milliseconds; what is said of partners holds where nothing else is said of one. */
export interface DispatchTerms extends PartnerTerms {
  /**
   * A try that has not ended by then is taken over, also when the gateway that began it seems to live: longer than a try
   * may last. What a gateway had claimed that is gone is taken over at once.
   */
  readonly leaseMilliseconds: number;
  /** How often the queue is looked at without being woken. */
  readonly pollMilliseconds: number;
  /** How often it is looked for gateways that are gone. */
  readonly sweepMilliseconds: number;
  /** How long a stop waits for the tries under way before it breaks them off. */
  readonly stopGraceMilliseconds: number;
}

export const DISPATCH_TERMS: DispatchTerms = {
  perPartner: 16,
  leaseMilliseconds: 120_000,
  firstPauseMilliseconds: 1_000,
  longestPauseMilliseconds: 300_000,
  pollMilliseconds: 1_000,
  sweepMilliseconds: 5_000,
  breakAfter: 5,
  stopGraceMilliseconds: 10_000,
};
