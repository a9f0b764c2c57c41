import { EXCHANGE_LIMITS, type ExchangeLimits, type ExchangeParts } from '../exchange/exchange.ts';

/** What a node's `node.json` may say of its exchange with partners, in `exchange`; what is left out is as usual. */
export interface ExchangeSettings {
  /** Folder of temporary files for large messages: on a disk, with room for several of them. */
  readonly spoolFolder?: string;
  readonly limits?: {
    /** Bytes of a message as it goes over the wire. */
    readonly messageBytes?: number;
    /** Bytes of all payloads of a message, decompressed. */
    readonly payloadBytes?: number;
    /** How many times its compressed size a payload may have, above 1 MB. */
    readonly expansionRatio?: number;
    readonly envelopeBytes?: number;
    /** Parts of a message, the envelope among them. */
    readonly parts?: number;
    /** Messages and payloads of at most this size are held in memory; larger ones lie in temporary files. */
    readonly memoryBytes?: number;
    /** How long a partner may send nothing in the middle of a message. */
    readonly standstillSeconds?: number;
  };
  /** How messages to one partner are tried, by its country (ISO 3166-1 alpha-2). */
  readonly partners?: Readonly<Record<string, PartnerSettings>>;
}

/** How messages to one partner are tried; what is left out is as usual. */
export interface PartnerSettings {
  /** How long a message is tried before it is shown as failed. */
  readonly windowHours?: number;
  /** Messages under way at the same time. */
  readonly underWay?: number;
  /** The first pause after a failed try; each further one doubles it, up to the longest. */
  readonly firstPauseSeconds?: number;
  readonly longestPauseSeconds?: number;
  /** Failed connections in a row after which the partner rests. */
  readonly breakAfter?: number;
}

const MEGABYTE = 1024 * 1024;
const bytes = (least: number, most: number) => ({ type: 'integer', minimum: least, maximum: most }) as const;

/** The JSON Schema of {@link ExchangeSettings}. */
export const EXCHANGE_SETTINGS_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    spoolFolder: { type: 'string', minLength: 1, maxLength: 300 },
    partners: {
      type: 'object',
      propertyNames: { pattern: '^[A-Z]{2}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          windowHours: { type: 'integer', minimum: 1, maximum: 720 },
          underWay: { type: 'integer', minimum: 1, maximum: 64 },
          firstPauseSeconds: { type: 'integer', minimum: 1, maximum: 3_600 },
          longestPauseSeconds: { type: 'integer', minimum: 1, maximum: 86_400 },
          breakAfter: { type: 'integer', minimum: 1, maximum: 1_000 },
        },
      },
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        messageBytes: bytes(65_536, 4_096 * MEGABYTE),
        payloadBytes: bytes(65_536, 16_384 * MEGABYTE),
        expansionRatio: { type: 'integer', minimum: 2, maximum: 1_100 },
        envelopeBytes: bytes(16_384, 10 * MEGABYTE),
        parts: { type: 'integer', minimum: 2, maximum: 1_000 },
        memoryBytes: bytes(65_536, 64 * MEGABYTE),
        standstillSeconds: { type: 'integer', minimum: 1, maximum: 600 },
      },
    },
  },
} as const;

/** The limits of the exchange under a node's settings. */
export function limitsOf(settings: ExchangeSettings | undefined): ExchangeLimits {
  const set = settings?.limits ?? {};
  const usual = EXCHANGE_LIMITS;
  return {
    ...usual,
    bodyBytes: set.messageBytes ?? usual.bodyBytes,
    envelopeBytes: set.envelopeBytes ?? usual.envelopeBytes,
    memoryBytes: set.memoryBytes ?? usual.memoryBytes,
    standstillMilliseconds: (set.standstillSeconds ?? usual.standstillMilliseconds / 1_000) * 1_000,
    mime: { ...usual.mime, parts: set.parts ?? usual.mime.parts },
    expansion: {
      bytes: set.payloadBytes ?? usual.expansion.bytes,
      ratio: set.expansionRatio ?? usual.expansion.ratio,
    },
  };
}

const milliseconds = (count: number | undefined, each: number): number | undefined =>
  count === undefined ? undefined : count * each;

/** What is set of each partner, in the exchange's terms; what is not set stays out. */
export function partnerTermsOf(settings: ExchangeSettings | undefined): NonNullable<ExchangeParts['partnerTerms']> {
  const entries = Object.entries(settings?.partners ?? {}).map(([country, set]) => {
    const terms = {
      windowMilliseconds: milliseconds(set.windowHours, 3_600_000),
      perPartner: set.underWay,
      firstPauseMilliseconds: milliseconds(set.firstPauseSeconds, 1_000),
      longestPauseMilliseconds: milliseconds(set.longestPauseSeconds, 1_000),
      breakAfter: set.breakAfter,
    };
    return [country, Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined))] as const;
  });
  return Object.fromEntries(entries);
}
