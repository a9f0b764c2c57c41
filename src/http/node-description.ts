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

/** One partner as an operator sees it. */
export interface PartnerLine {
  readonly country: string;
  readonly name: string;
  /** Conformance profile of the exchange. */
  readonly profile: string;
  readonly endpoint: string;
  /** Null while nothing was tried yet. */
  readonly reachable: boolean | null;
  readonly undelivered: number;
  readonly oldestUndeliveredAt: Date | null;
  readonly lastReceiptAt: Date | null;
  readonly lastError: string | null;
  /** When the first of its certificates ends. */
  readonly certificatesEndAt: Date | null;
}
