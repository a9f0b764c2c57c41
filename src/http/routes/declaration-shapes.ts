import { CHANNELS, PAYMENTS } from '../../clearance/declaration-row.ts';
import { WAITING_FOR } from '../../clearance/officer/standing.ts';
import { DECLARATION_STATES } from '../../clearance/states.ts';
import type { JsonObject } from '../../documents/json.ts';
import { ID, LINE, MOMENT, objectOf, orNull } from './shapes.ts';

const text: JsonObject = { type: 'string' };
const whole: JsonObject = { type: 'integer' };
const sequences: JsonObject = { type: 'array', items: whole };

const MONEY = objectOf({ amount: { type: 'string', description: 'Decimal.' }, currency: text });

const LINE_PROPERTIES = {
  mrn: text,
  version: { type: 'integer', description: 'Counts up with every change; the ETag.' },
  state: { enum: DECLARATION_STATES },
  channel: { enum: CHANNELS },
  procedure: { enum: ['import', 'export'] },
  typeCode: text,
  localReference: text,
  consignmentReference: text,
  office: text,
  declarantFirmId: ID,
  lodgedByFirmId: ID,
  importer: text,
  exporter: text,
  exportCountry: text,
  destinationCountry: text,
  agreement: text,
  goodsItemCount: whole,
  goodsDescription: text,
  documentVersion: whole,
  payment: { enum: PAYMENTS },
  waitingFor: { enum: WAITING_FOR },
  lodgedAt: MOMENT,
  updatedAt: MOMENT,
  acceptedAt: MOMENT,
  arrivedAt: MOMENT,
  targetAt: { ...MOMENT, description: 'By when the office means to have decided, by its service standard.' },
  releasedAt: MOMENT,
  closedAt: MOMENT,
} as const;

const OPTIONAL = [
  'channel',
  'importer',
  'exporter',
  'exportCountry',
  'destinationCountry',
  'agreement',
  'acceptedAt',
  'arrivedAt',
  'targetAt',
  'releasedAt',
  'closedAt',
] as const;

/** A declaration as a line. */
export const DECLARATION_LINE = objectOf(LINE_PROPERTIES, OPTIONAL);

/** What a message did. */
export const MESSAGE_TAKEN = objectOf(
  { ...LINE_PROPERTIES, done: { enum: ['lodged', 'amended', 'supplemented', 'withdrawn', 'arrived'] } },
  OPTIONAL,
);

export const DECLARATION_PAGE = objectOf(
  {
    items: { type: 'array', items: DECLARATION_LINE },
    next: { type: 'string', description: 'Give this to `after` for the next page; absent on the last.' },
    total: { type: 'integer', description: 'On the first page: lines on all pages, counted up to 1,000.' },
    totalIsMore: { type: 'boolean', description: 'There are more than `total`.' },
  },
  ['next', 'total', 'totalIsMore'],
);

const CERTIFICATE_USE = objectOf({
  id: text,
  itemSequence: whole,
  certificateNumber: text,
  certificateItem: orNull(whole),
  quantity: orNull(objectOf({ value: text, unit: text })),
  state: { enum: ['awaited', 'reserved', 'written-off', 'given-back', 'refused'] },
  code: orNull(text),
  reason: text,
});

const ASSESSMENT: JsonObject = {
  type: 'object',
  description:
    'The duty per item under the claim and without preference, each with its working or why it was not computed.',
  required: ['date', 'currency', 'items', 'claimedTotal', 'mostFavouredNationTotal', 'notIncluded'],
  properties: {
    date: text,
    currency: text,
    items: { type: 'array', items: { type: 'object' } },
    claimedTotal: orNull(MONEY),
    mostFavouredNationTotal: orNull(MONEY),
    notIncluded: text,
  },
};

const FAULT: JsonObject = {
  type: 'object',
  required: ['code', 'pointer', 'message'],
  properties: { code: text, pointer: text, xpath: text, line: whole, message: text, found: text, expected: text },
};

/** A declaration. */
export const DECLARATION = objectOf(
  {
    ...LINE_PROPERTIES,
    declarant: objectOf({ name: text, identifier: text }),
    versions: {
      type: 'array',
      items: objectOf(
        {
          number: whole,
          kind: { enum: ['original', 'amendment', 'supplementary'] },
          form: { enum: ['xml', 'json'] },
          digest: text,
          lodgedAt: MOMENT,
          lodgedBy: text,
          reason: text,
        },
        ['reason'],
      ),
    },
    certificates: { type: 'array', items: CERTIFICATE_USE },
    duty: ASSESSMENT,
    charges: objectOf({
      currency: text,
      due: orNull(MONEY),
      paid: MONEY,
      secured: MONEY,
      missing: orNull(MONEY),
    }),
    open: {
      type: 'array',
      description: 'What keeps the goods from being released, and who has to move.',
      items: objectOf({ code: text, reason: text, waitsFor: { enum: WAITING_FOR } }),
    },
    actions: { type: 'array', items: text, description: 'What the reader can do with it next.' },
    selection: { type: ['object', 'null'], description: 'For officials: the rules that fired for its channel.' },
  },
  [...OPTIONAL, 'selection'],
);

/** Result of a pre-check. */
export const DECLARATION_CHECK = objectOf(
  {
    valid: { type: 'boolean' },
    message: orNull({ ...text, description: 'What the message was recognised as.' }),
    faults: { type: 'array', items: FAULT },
    preview: objectOf({
      localReferenceFree: orNull({ type: 'boolean' }),
      duty: ASSESSMENT,
      certificates: { type: 'array', items: CERTIFICATE_USE },
      papers: {
        type: 'array',
        items: objectOf({
          kind: { enum: ['certificate-of-origin', 'permit'] },
          title: text,
          agency: orNull(text),
          itemSequences: sequences,
          standing: { enum: ['given', 'awaited', 'missing'] },
        }),
      },
      references: {
        type: 'array',
        items: objectOf({
          pointer: text,
          movementReference: text,
          verdict: { enum: ['known', 'withdrawn', 'not-checked'] },
        }),
      },
      notChecked: { type: 'array', items: text, description: 'What could not be checked; never to be taken for good.' },
    }),
  },
  ['preview'],
);

export const DECLARATION_HISTORY = objectOf({
  entries: {
    type: 'array',
    items: objectOf({ at: MOMENT, kind: text, by: objectOf({ name: text, role: text }), reason: text }, ['reason']),
  },
  waits: {
    type: 'array',
    items: objectOf(
      {
        for: { enum: ['trader', 'customs', 'other-agency', 'exchange'] },
        from: MOMENT,
        until: MOMENT,
        milliseconds: { type: 'integer', minimum: 0 },
      },
      ['until'],
    ),
  },
});

/** IANA zone of the place where something happened. */
const ZONE: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 60,
  description: 'IANA zone, such as Asia/Bangkok.',
};
const PRECISION: JsonObject = { type: 'string', enum: ['second', 'minute', 'day'] };

/** Body that reports an arrival. */
export const ARRIVAL_BODY = objectOf(
  {
    at: MOMENT,
    precision: { ...PRECISION, description: 'How exactly the moment is known.' },
    zone: ZONE,
    place: { ...LINE, description: 'Where they arrived.' },
    source: { ...LINE, description: 'Whence it is known: a notice of the port, a manifest, own sight.' },
  },
  ['zone', 'place', 'source'],
);

/** Arrival in the address, for a lodgement of goods that are there. */
export const ARRIVAL_QUERY = {
  arrivedAt: { ...MOMENT, description: 'When the goods arrived at the place of clearance, where that is known.' },
  arrivalPrecision: PRECISION,
  arrivalZone: ZONE,
  arrivalPlace: LINE,
} as const;

export const DECLARATION_FILTERS = {
  state: { type: 'string', enum: DECLARATION_STATES },
  channel: { type: 'string', enum: CHANNELS },
  procedure: { type: 'string', enum: ['import', 'export'] },
  office: { type: 'string', maxLength: 20 },
  waitingFor: { type: 'string', enum: WAITING_FOR },
  mrn: { type: 'string', maxLength: 18 },
  localReference: { type: 'string', maxLength: 35 },
  consignmentReference: { type: 'string', maxLength: 35 },
  chapter: { type: 'string', pattern: '^[0-9]{2}$', description: 'First two digits of the commodity code.' },
} as const;

export const REASON_QUERY: JsonObject = {
  type: 'string',
  maxLength: 2000,
  description: 'Why it is amended; needed where the document does not say it.',
};
