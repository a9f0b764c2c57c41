import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Refusal } from '../documents/refusal.ts';
import { MESSAGE_PROFILES, type MessageProfile } from '../pki/message-keys.ts';
import { EXCHANGE_SETTINGS_SCHEMA, type ExchangeSettings } from './exchange-settings.ts';

/** The settings of one national node, as they stand in its `node.json`. */
export interface NodeConfiguration {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** English name of the country, for pages and logs. */
  readonly name: string;
  /** AS4 party identifier. */
  readonly partyId: string;
  /** The authority that issues certificates of origin. */
  readonly authority: {
    readonly name: string;
    /** IANA zone in which it dates its documents. */
    readonly timeZone: string;
    readonly offices: readonly { readonly code: string; readonly name: string; readonly place: string }[];
  };
  /** The customs administration that clears declarations. */
  readonly customs: {
    readonly name: string;
    /** IANA zone in which its days and office hours are counted. */
    readonly timeZone: string;
    /** ISO 4217 currency in which duty is computed. */
    readonly currency: string;
    readonly offices: readonly { readonly code: string; readonly name: string; readonly place: string }[];
  };
  /** Where people and their programs reach the node. */
  readonly pages: { readonly host: string; readonly port: number; readonly url: string };
  /** The security profile of eDelivery AS4 in which partners send to this node, 2.0 common usage when absent. */
  readonly profile?: MessageProfile;
  /** Where partners reach the node; `endpoint` is what the directory tells them. */
  readonly as4: { readonly host: string; readonly port: number; readonly endpoint: string };
  /** Limits and folders of the exchange with partners. */
  readonly exchange?: ExchangeSettings;
  /** Where newer directories come from: files beside node.json, or http(s) addresses. */
  readonly directorySources: readonly string[];
  /** Whether this node's data are samples, which every page then says. */
  readonly sample: boolean;
}

const text = { type: 'string', minLength: 1, maxLength: 300 } as const;
const port = { type: 'integer', minimum: 1, maximum: 65_535 } as const;
const offices = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['code', 'name', 'place'],
    properties: { code: text, name: text, place: text },
  },
} as const;
const isConfiguration = new Ajv2020({ allErrors: true, strict: true }).compile<NodeConfiguration>({
  type: 'object',
  additionalProperties: false,
  required: ['country', 'name', 'partyId', 'authority', 'customs', 'pages', 'as4', 'directorySources', 'sample'],
  properties: {
    country: { type: 'string', pattern: '^[A-Z]{2}$' },
    name: text,
    partyId: text,
    authority: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'timeZone', 'offices'],
      properties: {
        name: text,
        timeZone: text,
        offices,
      },
    },
    customs: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'timeZone', 'currency', 'offices'],
      properties: { name: text, timeZone: text, currency: { type: 'string', pattern: '^[A-Z]{3}$' }, offices },
    },
    pages: {
      type: 'object',
      additionalProperties: false,
      required: ['host', 'port', 'url'],
      properties: { host: text, port, url: text },
    },
    as4: {
      type: 'object',
      additionalProperties: false,
      required: ['host', 'port', 'endpoint'],
      properties: { host: text, port, endpoint: { type: 'string', pattern: '^https://' } },
    },
    profile: { enum: [...MESSAGE_PROFILES] },
    exchange: EXCHANGE_SETTINGS_SCHEMA,
    directorySources: { type: 'array', items: text },
    sample: { type: 'boolean' },
  },
});

/**
 * Reads and checks the `node.json` in a node's folder.
 * @param added what stands in for settings that the file does not have
 * @throws a Refusal that names the file and each setting that is wrong
 */
export function readConfiguration(folder: string, added: Partial<NodeConfiguration> = {}): NodeConfiguration {
  const file = join(folder, 'node.json');
  let value: unknown;
  try {
    const settings: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const isObject = typeof settings === 'object' && settings !== null && !Array.isArray(settings);
    value = isObject ? { ...added, ...settings } : settings;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new Refusal(
      'unavailable',
      missing ? 'NODE-NOT-PREPARED' : 'NODE-SETTINGS-UNREADABLE',
      missing
        ? `There is no node in ${folder}: ${file} is missing. Make one with "selat prepare", or name the right folder with --data.`
        : `${file} cannot be read as JSON. Mend it, or restore it from a backup. (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (isConfiguration(value)) {
    for (const timeZone of [value.authority.timeZone, value.customs.timeZone])
      if (!isTimeZone(timeZone))
        throw new Refusal('invalid', 'NODE-SETTINGS-INVALID', `${file}: "${timeZone}" is no IANA time zone.`);
    return value;
  }
  throw new Refusal('invalid', 'NODE-SETTINGS-INVALID', `${file} has settings that cannot be used:`, {
    faults: (isConfiguration.errors ?? []).map((error) => ({
      code: 'SETTING-INVALID',
      pointer: error.instancePath,
      message: `This setting ${error.message ?? 'is not valid'}.`,
    })),
  });
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
