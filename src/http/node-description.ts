/** What a node says of itself on its pages and to those who watch it; given by the composition root. */
export interface NodeDescription {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly countryName: string;
  /** The authority that runs it. */
  readonly authority: string;
  readonly offices: readonly { readonly code: string; readonly name: string }[];
  /** Whether the data are samples. */
  readonly sample: boolean;
  /** Version of the program. */
  readonly version: string;
  readonly startedAt: Date;
  readonly directory: DirectoryCondition;
  readonly queue: QueueCondition;
}

/** How the node's directory of the federation stands. */
export interface DirectoryCondition {
  readonly state: 'fresh' | 'stale' | 'expired' | 'missing';
  readonly serial?: number;
  readonly freshUntil?: Date;
  readonly expiresAt?: Date;
}

/** How the outgoing messages stand. */
export interface QueueCondition {
  /** Messages that no partner has receipted yet. */
  readonly undelivered: number;
  readonly oldestAt?: Date;
}

/** Messages in a state, and since when the oldest of them waits. */
export interface WaitingMessages {
  readonly count: number;
  readonly oldestAt: Date | null;
}

/** One partner as an operator sees it. */
export interface PartnerLine {
  readonly country: string;
  readonly name: string;
  /** Conformance profile of the exchange. */
  readonly profile: string;
  readonly endpoint: string;
  /** Whether it cannot be called and pulls its messages itself. */
  readonly pulls: boolean;
  /** Null while nothing was tried yet. */
  readonly reachable: boolean | null;
  /** Until when the circuit is open after failed connections; null while it is closed. */
  readonly restsUntil: Date | null;
  /** Who holds it, since when and why; null while it is not held. */
  readonly hold: { readonly since: Date; readonly by: string; readonly reason: string } | null;
  /** What is queued or held. */
  readonly undelivered: number;
  readonly oldestUndeliveredAt: Date | null;
  readonly queued: WaitingMessages;
  readonly held: WaitingMessages;
  readonly failed: WaitingMessages;
  readonly quarantined: WaitingMessages;
  readonly lastReceiptAt: Date | null;
  readonly lastErrorCode: string | null;
  readonly lastError: string | null;
  /** When the first of its certificates ends that has no successor yet. */
  readonly certificatesEndAt: Date | null;
}

/** Something that a person must look at. */
export interface AlarmLine {
  /** What rings: a code of docs/operators.md. */
  readonly code: string;
  /** `urgent`: now, also at night. `warning`: today. */
  readonly severity: 'urgent' | 'warning';
  /** The partner or thing concerned; empty for the node itself. */
  readonly about: string;
  readonly since: Date | null;
  /** How many messages, or occurrences, it is about. */
  readonly count: number;
  readonly means: string;
  /** What to do now. */
  readonly doNow: string;
  /** Of an alarm of the log, which rings until it is acknowledged; null for one that ends when things are well again. */
  readonly id: string | null;
}
