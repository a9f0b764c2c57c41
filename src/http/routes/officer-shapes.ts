import { WAITING_FOR } from '../../clearance/officer/standing.ts';
import { ACTS } from '../../clearance/officer/verdict-acts.ts';
import { VERDICT_QUESTIONS } from '../../clearance/officer/verdict-entry.ts';
import type { JsonObject } from '../../documents/json.ts';
import { COUNTRY, ID, LINE, MOMENT, objectOf, orNull, PARAGRAPHS } from './shapes.ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const yesNo = { type: 'boolean' } as const;

const POINTER: JsonObject = {
  type: 'string',
  maxLength: 300,
  pattern: '^(/[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}]*)?$',
  says: 'a JSON Pointer (RFC 6901) into the declaration',
};
const SEQUENCE: JsonObject = { type: 'integer', minimum: 1, maximum: 9999, says: 'the number of a goods item' };
const ITEMS: JsonObject = { type: 'array', maxItems: 9999, items: SEQUENCE };
const SOME_ITEMS: JsonObject = { ...ITEMS, minItems: 1 };
const AMOUNT: JsonObject = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$',
  says: 'an amount as decimal text, such as 1250000 or 12.50',
};
const QUANTITY: JsonObject = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,6})?$',
  says: 'a quantity as decimal text, such as 300 or 0.5',
};
const CURRENCY: JsonObject = { type: 'string', pattern: '^[A-Z]{3}$', says: 'a currency (ISO 4217), such as VND' };
const REASON = objectOf({ reason: PARAGRAPHS, pointer: POINTER }, ['pointer']);

export const REASONS: JsonObject = objectOf({ reasons: { type: 'array', minItems: 1, maxItems: 50, items: REASON } });
export const REASONS_IF_ANY: JsonObject = objectOf({ reasons: { type: 'array', maxItems: 50, items: REASON } }, [
  'reasons',
]);
export const REMARK: JsonObject = objectOf({ remark: PARAGRAPHS });
export const HAND_OVER: JsonObject = objectOf({
  to: { ...orNull(ID), says: 'the id of a colleague, or null for back to the pool' },
  reason: PARAGRAPHS,
});
const QUESTION_PROPERTIES = {
  text: PARAGRAPHS,
  askedFor: { type: 'array', maxItems: 50, items: LINE },
  items: ITEMS,
  pointers: { type: 'array', maxItems: 50, items: POINTER },
  answerBy: MOMENT,
} as const;
export const QUESTION: JsonObject = objectOf(QUESTION_PROPERTIES, ['askedFor', 'items', 'pointers']);
export const QUERY: JsonObject = objectOf({ subject: LINE, ...QUESTION_PROPERTIES }, ['askedFor', 'items', 'pointers']);
export const ANSWER: JsonObject = objectOf({ text: PARAGRAPHS });
export const ASSESSMENT: JsonObject = objectOf(
  {
    findings: {
      type: 'array',
      maxItems: 9999,
      items: objectOf(
        {
          sequence: SEQUENCE,
          value: objectOf({ amount: AMOUNT, currency: CURRENCY, reason: PARAGRAPHS }),
          classification: objectOf({
            commodityCode: { type: 'string', pattern: '^[0-9]{6,12}$', says: 'a commodity code of 6 to 12 digits' },
            reason: PARAGRAPHS,
          }),
          origin: objectOf({ country: COUNTRY, reason: PARAGRAPHS }),
          duty: objectOf({ amount: AMOUNT, reason: PARAGRAPHS }),
        },
        ['value', 'classification', 'origin', 'duty'],
      ),
    },
    remark: PARAGRAPHS,
  },
  ['findings', 'remark'],
);
export const INSPECTION: JsonObject = objectOf({ what: PARAGRAPHS, place: LINE, items: ITEMS }, ['place', 'items']);
export const INSPECTION_RESULT: JsonObject = objectOf(
  {
    findings: {
      type: 'array',
      maxItems: 9999,
      items: objectOf(
        {
          sequence: SEQUENCE,
          conforming: yesNo,
          description: PARAGRAPHS,
          quantityFound: objectOf({ value: QUANTITY, unit: { ...LINE, maxLength: 3 } }),
        },
        ['description', 'quantityFound'],
      ),
    },
    othersConform: yesNo,
    remark: PARAGRAPHS,
  },
  ['findings', 'othersConform', 'remark'],
);
export const PREFERENCE: JsonObject = objectOf({
  items: SOME_ITEMS,
  reasons: { type: 'array', minItems: 1, maxItems: 50, items: REASON },
});
export const PERMIT: JsonObject = objectOf({ agency: LINE, subject: LINE, items: ITEMS }, ['items']);
export const PERMIT_ANSWER: JsonObject = objectOf(
  {
    outcome: { type: 'string', enum: ['granted', 'refused', 'not-required'] },
    reference: LINE,
    source: LINE,
    reason: PARAGRAPHS,
    decidedAt: MOMENT,
  },
  ['reference', 'reason', 'decidedAt'],
);
export const PAYMENT: JsonObject = objectOf(
  {
    kind: { type: 'string', enum: ['payment', 'security'] },
    amount: AMOUNT,
    currency: CURRENCY,
    reference: LINE,
    source: LINE,
    occurredAt: MOMENT,
  },
  ['occurredAt'],
);

const CLAIM: JsonObject = {
  ...objectOf({ name: text, self: yesNo, since: MOMENT }),
  type: ['object', 'null'],
};
const WAITING: JsonObject = { type: 'string', enum: [...WAITING_FOR] };

/** How a declaration stands after an act. */
export const STANDING: JsonObject = objectOf({
  mrn: text,
  version: { type: 'integer', description: 'Also the ETag.' },
  state: text,
  channel: orNull(text),
  waitingFor: WAITING,
  claimedBy: CLAIM,
  openQueries: count,
  answeredQueries: count,
  openInspections: count,
  openPermits: count,
  refusedPermits: count,
  openCertificates: count,
  assessmentOpen: yesNo,
  payment: text,
});

const MONEY = objectOf({ amount: text, currency: text });
const MONEY_OR_NONE: JsonObject = { ...MONEY, type: ['object', 'null'] };
export const DUTY: JsonObject = objectOf({
  currency: text,
  items: {
    type: 'array',
    items: objectOf({ sequence: count, due: MONEY_OR_NONE, code: text, reason: text, atStake: MONEY_OR_NONE }),
  },
  due: MONEY_OR_NONE,
  atStake: MONEY_OR_NONE,
  paid: MONEY,
  secured: MONEY,
  payment: text,
  overpaid: MONEY_OR_NONE,
  missing: MONEY_OR_NONE,
});
export const WITH_DUTY: JsonObject = objectOf({ declaration: STANDING, duty: DUTY });
export const ASSESSED: JsonObject = objectOf({
  declaration: STANDING,
  duty: DUTY,
  proposed: { ...yesNo, description: 'Whether a second officer has to confirm it.' },
});
export const QUERY_RAISED: JsonObject = objectOf({ declaration: STANDING, number: count });

export const WORKLIST_QUERY = {
  channel: { type: 'string', enum: ['green', 'yellow', 'red'] },
  waitingFor: WAITING,
  claimed: { type: 'string', enum: ['me', 'somebody', 'nobody'] },
  answered: { type: 'string', enum: ['true'], description: 'With an answer of the declarant to be looked at.' },
  certificateArrived: { type: 'string', enum: ['true'], description: 'With a certificate that came later.' },
  overdue: { type: 'string', enum: ['true'], description: 'Beyond the target time.' },
  text: { type: 'string', maxLength: 100 },
  office: { type: 'string', maxLength: 20, description: 'For supervisors; their own office without it.' },
  limit: { type: 'string', pattern: '^[0-9]{1,3}$', description: 'Lines on a page, 1 to 200; 50 without it.' },
  after: { type: 'string', description: 'What `next` of the page before said.' },
} as const;
export const WORKLIST: JsonObject = objectOf(
  {
    office: text,
    items: {
      type: 'array',
      items: objectOf({
        ...{ mrn: text, version: count, state: text, channel: orNull(text), procedure: text },
        ...{ localReference: text, consignmentReference: text, waitingFor: WAITING, declarant: orNull(text) },
        ...{ importer: orNull(text), exporter: orNull(text), exportCountry: orNull(text), chapter: orNull(text) },
        ...{ goods: text, itemCount: count, openQueries: count, answeredQueries: count, openInspections: count },
        ...{ openPermits: count, openCertificates: count, assessmentOpen: yesNo, payment: text, claimedBy: CLAIM },
        ...{ certificateArrivedAt: orNull(MOMENT), lodgedAt: MOMENT, arrivedAt: orNull(MOMENT) },
        ...{ targetAt: orNull(MOMENT), overdue: yesNo },
      }),
    },
    next: text,
    waiting: {
      type: 'array',
      description: 'On the first page: how many of the office wait for whom, counted up to 1,000.',
      items: objectOf({ for: WAITING, count, countIsMore: yesNo }),
    },
  },
  ['next', 'waiting'],
);

const ANY: JsonObject = { type: 'object', additionalProperties: true };
const ANSWERS: JsonObject = { type: 'string', enum: ['yes', 'no', 'not-checked', 'waiting', 'not-applicable'] };
const QUESTION_NAMES: JsonObject = { type: 'string', enum: Object.keys(VERDICT_QUESTIONS) };
const HINDRANCES: JsonObject = { type: 'array', items: objectOf({ code: text, reason: text, waitsFor: WAITING }) };

/** The verdict of a declaration. */
export const VERDICT: JsonObject = objectOf({
  ...{ mrn: text, version: count, asOf: MOMENT, state: text, channel: orNull(text), waitingFor: WAITING },
  claimedBy: CLAIM,
  sentence: { ...text, description: 'The verdict in one sentence.' },
  releasable: yesNo,
  entries: {
    type: 'array',
    description: 'One entry per question; `not-checked` is an answer of its own and never counts as good.',
    items: objectOf({
      ...{ question: QUESTION_NAMES, words: text, answer: ANSWERS, code: text, reason: text },
      evidence: {
        type: 'array',
        items: objectOf(
          { kind: text, answer: ANSWERS, words: text, code: text, itemSequence: count, pointer: text, link: text },
          ['code', 'pointer', 'itemSequence', 'link'],
        ),
      },
      evidenceLeftOff: count,
    }),
  },
  notChecked: { type: 'array', items: QUESTION_NAMES },
  failed: { type: 'array', items: QUESTION_NAMES },
  hindrances: HINDRANCES,
  conditionalHindrances: HINDRANCES,
  acts: {
    type: 'array',
    items: objectOf({ act: { type: 'string', enum: [...ACTS] }, possible: yesNo, code: text, reason: text }, [
      'code',
      'reason',
    ]),
  },
  itemCount: { ...count, description: 'Of these, the lists of items show 200, from `fromItem` on.' },
  duty: DUTY,
  declaredDuty: { ...ANY, description: 'As computed from the declaration; it stays whatever officers find.' },
  officerAssessment: { ...ANY, type: ['object', 'null'] },
  withheldItems: ITEMS,
  inspections: { type: 'array', items: ANY },
  permits: { type: 'array', items: ANY },
  payments: { type: 'array', items: ANY },
  decisions: { type: 'array', items: ANY },
});

export const FILE: JsonObject = objectOf({
  ...{ id: ID, turn: count, side: { type: 'string', enum: ['customs', 'declarant'] }, name: text, contentType: text },
  ...{ size: count, digest: text, addedAt: MOMENT, addedBy: text },
});
const FILES: JsonObject = { type: 'array', items: FILE };
export const QUERIES: JsonObject = objectOf({
  mrn: text,
  version: count,
  items: {
    type: 'array',
    items: objectOf({
      ...{ id: ID, number: count, state: { type: 'string', enum: ['open', 'answered', 'closed'] }, subject: text },
      ...{ askedAt: MOMENT, answerBy: MOMENT, answeredAt: orNull(MOMENT), overdue: yesNo },
      turns: {
        type: 'array',
        items: objectOf({
          ...{ number: count, kind: { type: 'string', enum: ['question', 'answer', 'closing'] }, text },
          ...{ askedFor: { type: 'array', items: text }, items: ITEMS, pointers: { type: 'array', items: text } },
          ...{ answerBy: orNull(MOMENT), by: text, at: MOMENT, files: FILES },
        }),
      },
      waitingFiles: FILES,
    }),
  },
});
export const OPEN_QUERIES: JsonObject = objectOf({
  items: {
    type: 'array',
    items: objectOf({
      ...{ mrn: text, localReference: text, consignmentReference: text, version: count, number: count },
      ...{ subject: text, askedAt: MOMENT, answerBy: MOMENT, overdue: yesNo },
    }),
  },
});
