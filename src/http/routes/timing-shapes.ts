import { isObject, type JsonObject } from '../../documents/json.ts';
import { intervals, nameOf } from '../../timing/intervals.ts';
import { MILESTONES, type MilestoneRole, type Precision } from '../../timing/milestone.ts';
import {
  type CorrectedMilestone,
  REPORTABLE,
  type ReportedMilestone,
  type ReportedMoment,
} from '../../timing/report-milestone.ts';
import type { RouteContext } from '../route.ts';
import { COUNTRY, LINE, listOf, MOMENT, objectOf } from './shapes.ts';

const TEXT: JsonObject = { type: 'string' };
const COUNT: JsonObject = { type: 'integer' };
const NUMBER_OR_NULL: JsonObject = { type: ['number', 'null'] };
const ROLES: readonly MilestoneRole[] = ['trader', 'customs', 'other-agency', 'port', 'carrier'];
const PRECISIONS: readonly Precision[] = ['second', 'minute', 'day'];

const ROLE: JsonObject = { type: 'string', enum: ROLES, description: 'Whose report it is.' };
const PRECISION: JsonObject = {
  type: 'string',
  enum: PRECISIONS,
  description: 'How exactly the moment is known; it is the beginning of its minute or day.',
};
const ZONE: JsonObject = {
  ...LINE,
  maxLength: 64,
  description: 'IANA zone of the place where it happened, such as Asia/Bangkok.',
};
const REASON: JsonObject = { ...LINE, maxLength: 500, says: 'a reason of 1 to 500 characters, all of them visible' };

const MOMENT_PROPERTIES = { occurredAt: MOMENT, zone: ZONE, precision: PRECISION } as const;

export const REPORT_BODY = objectOf(
  {
    milestone: {
      type: 'string',
      enum: REPORTABLE,
      description: REPORTABLE.map((milestone) => `${milestone}: ${MILESTONES[milestone]}`).join('; '),
    },
    ...MOMENT_PROPERTIES,
    role: ROLE,
    pair: { ...LINE, maxLength: 64, description: 'Needed for M7a and M7b: the same for both.' },
    reason: REASON,
  },
  ['pair', 'reason'],
);

export const CORRECTION_BODY = objectOf({ ...MOMENT_PROPERTIES, role: ROLE, reason: REASON }, ['role']);

export const MILESTONE = objectOf({
  id: TEXT,
  milestone: { type: 'string', enum: Object.keys(MILESTONES) },
  meaning: TEXT,
  ...MOMENT_PROPERTIES,
  recordedAt: MOMENT,
  role: ROLE,
  node: COUNTRY,
  source: objectOf({
    kind: { type: 'string', enum: ['node', 'person', 'document'] },
    name: { type: ['string', 'null'] },
    digest: { type: ['string', 'null'], description: 'SHA-256 of the document it is known from.' },
  }),
  pair: { type: ['string', 'null'] },
  supersedes: { type: ['string', 'null'] },
  supersededBy: { type: ['string', 'null'] },
  reason: { type: ['string', 'null'] },
  marks: { type: 'array', items: TEXT },
  counts: { type: 'boolean', description: 'Whether figures count the declaration by it.' },
});

export const MILESTONES_REPLY = listOf(MILESTONE);

const QUANTILE: JsonObject = {
  oneOf: [
    objectOf({
      seconds: { ...NUMBER_OR_NULL, description: 'Null: not reached by the longest duration.' },
      lower: { ...NUMBER_OR_NULL, description: 'Lower end of the 95% interval; null: not bounded from below.' },
      upper: { ...NUMBER_OR_NULL, description: 'Upper end; null: not bounded from above.' },
      method: { type: 'string', enum: ['log-log-band', 'binomial-ranks'] },
    }),
    { const: 'n too small' },
  ],
};

const SHARE: JsonObject = objectOf(
  { hours: COUNT, share: NUMBER_OR_NULL, lower: NUMBER_OR_NULL, upper: NUMBER_OR_NULL },
  ['lower', 'upper'],
);

const FIGURES: JsonObject = {
  ...objectOf({
    cases: COUNT,
    ended: COUNT,
    open: { ...COUNT, description: 'Still waiting at the as-of moment; censored.' },
    competing: { ...COUNT, description: 'Withdrawn, seized, abandoned or re-exported before the end (MX).' },
    median: QUANTILE,
    p90: QUANTILE,
    endedWithin: { type: 'array', items: SHARE },
    marked: { ...COUNT, description: 'Cases with a moment that is backdated, corrected or out of order.' },
    precision: objectOf({ second: COUNT, minute: COUNT, day: COUNT }),
  }),
  type: ['object', 'null'],
  description: 'Null: withheld, since it would tell of too few declarations or traders.',
};

export const COMPARISON = objectOf({
  interval: { type: 'string', description: 'Id and version; the definition is at /schemas/timing/intervals.json.' },
  title: TEXT,
  clock: { const: 'calendar' },
  procedure: { type: 'string', enum: ['import', 'export'] },
  from: TEXT,
  until: TEXT,
  zone: TEXT,
  asOf: MOMENT,
  published: { type: 'boolean' },
  estimators: objectOf({ quantiles: TEXT, shares: TEXT }),
  rows: {
    type: 'array',
    items: objectOf({
      country: COUNTRY,
      channel: { type: 'string', enum: ['all', 'green', 'yellow', 'red', 'none'] },
      figures: FIGURES,
    }),
  },
});

const DAY: JsonObject = { type: 'string', format: 'date', says: 'a day, such as 2026-01-31' };

export const COMPARISON_QUERY = {
  interval: {
    ...LINE,
    maxLength: 64,
    description: `One of ${intervals().map(nameOf).join(', ')}; arrival-release@1 without it.`,
  },
  procedure: { type: 'string', enum: ['import', 'export'], description: 'import without it.' },
  from: { ...DAY, description: 'First day, in the zone of the customs administration.' },
  until: { ...DAY, description: 'First day that is not in it any more.' },
  by: {
    type: 'string',
    enum: ['country', 'country,channel', 'channel'],
    description: 'Whether there is a row for each channel; country,channel without it.',
  },
  asOf: { ...MOMENT, description: 'The figures as they were known then; without it, now.' },
  published: {
    type: 'string',
    enum: ['true', 'false'],
    description:
      'As they may leave the administration: a whole month, a month after its end, small cells withheld. false without it.',
  },
} as const;

/** A body that its schema has found well formed, as an object. */
export function objectIn(context: RouteContext): JsonObject {
  return isObject(context.body) ? context.body : {};
}

function textIn(body: JsonObject, name: string): string {
  const value = body[name];
  return typeof value === 'string' ? value : '';
}

function momentIn(body: JsonObject): ReportedMoment {
  return {
    occurredAt: new Date(textIn(body, 'occurredAt')),
    zone: textIn(body, 'zone'),
    precision: PRECISIONS.find((precision) => precision === body['precision']) ?? 'second',
  };
}

const roleIn = (body: JsonObject): MilestoneRole | undefined => ROLES.find((role) => role === body['role']);

/** What the body of a report says. */
export function reportedIn(context: RouteContext): ReportedMilestone {
  const body = objectIn(context);
  return {
    milestone: REPORTABLE.find((milestone) => milestone === body['milestone']) ?? 'M2',
    ...momentIn(body),
    role: roleIn(body) ?? 'customs',
    ...(body['pair'] === undefined ? {} : { pair: textIn(body, 'pair') }),
    ...(body['reason'] === undefined ? {} : { reason: textIn(body, 'reason') }),
  };
}

/** What the body of a correction says. */
export function correctedIn(context: RouteContext): CorrectedMilestone {
  const body = objectIn(context);
  const role = roleIn(body);
  return { ...momentIn(body), reason: textIn(body, 'reason'), ...(role === undefined ? {} : { role }) };
}
