import type { JsonObject } from '../../documents/json.ts';
import { LIST_KINDS } from '../../selectivity/rule-set.ts';
import { ID, LINE, MOMENT, objectOf, orNull } from './shapes.ts';

/** Number of a version as it stands in an address. */
export const VERSION_NUMBER: JsonObject = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,8}$',
  says: 'the number of a version',
};
/** Id of a rule or name of a list, as the schema of rule sets has it. */
export const RULE_NAME: JsonObject = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{1,62}$',
  says: 'a name of 2 to 63 small letters, digits and hyphens that begins with a letter',
};
export const REASON: JsonObject = {
  ...LINE,
  minLength: 10,
  maxLength: 500,
  says: 'a reason of 10 to 500 characters, all of them visible',
};

const STEP = objectOf({
  step: { type: 'string', enum: ['proposed', 'approved', 'withdrawn'] },
  at: MOMENT,
  byId: LINE,
  byName: LINE,
  reason: orNull({ type: 'string' }),
  inForceFrom: orNull(MOMENT),
  dryRunId: orNull(ID),
});

const LINE_PROPERTIES = {
  name: LINE,
  number: { type: 'integer' },
  state: { type: 'string', enum: ['draft', 'proposed', 'scheduled', 'in-force', 'replaced', 'withdrawn'] },
  reason: { type: 'string' },
  draftedAt: MOMENT,
  draftedById: LINE,
  draftedByName: LINE,
  steps: { type: 'array', items: STEP },
  version: { type: 'integer', description: 'Counts up with every step; the ETag.' },
};

/** A version without its content. */
export const VERSION_LINE = objectOf(LINE_PROPERTIES);

/** A version with its content. */
export function versionOf(content: JsonObject): JsonObject {
  return objectOf({ ...LINE_PROPERTIES, content });
}

/** As `/schemas/selectivity-rule-set.schema.json` has it, which the journey judges with all its stages. */
export const RULE_SET_CONTENT: JsonObject = {
  type: 'object',
  description: 'A rule set as /schemas/selectivity-rule-set.schema.json has it.',
};

export const LIST_CONTENT = objectOf({
  title: LINE,
  kind: { type: 'string', enum: LIST_KINDS },
  entries: { type: 'array', maxItems: 10_000, items: LINE },
});
/** A list among others. */
export const LIST_SUMMARY = objectOf({ title: LINE, kind: { type: 'string', enum: LIST_KINDS } });

export const TRADER_CONTENT = objectOf({
  kind: { ...LINE, description: 'Kind of authorisation, such as AEO-C.' },
  validFrom: MOMENT,
  validUntil: orNull(MOMENT),
  revoked: { type: 'boolean' },
});

export const APPROVAL = objectOf(
  {
    inForceFrom: { ...MOMENT, description: 'Not before now; at once when left out.' },
    reason: REASON,
  },
  ['inForceFrom', 'reason'],
);

const DATE_TIME_PERIOD = { lodgedFrom: MOMENT, lodgedUntil: MOMENT };

export const DRY_RUN_TERMS = objectOf(
  {
    ...DATE_TIME_PERIOD,
    most: { type: 'integer', minimum: 1, maximum: 50_000, description: '10,000 when left out.' },
    asOf: { ...MOMENT, description: 'By which periods of rules are judged; now when left out.' },
  },
  ['most', 'asOf'],
);

export const DRY_RUN = objectOf({
  id: ID,
  ruleSet: { type: 'integer' },
  ...DATE_TIME_PERIOD,
  most: { type: 'integer' },
  asOf: MOMENT,
  state: { type: 'string', enum: ['waiting', 'running', 'done', 'aborted', 'failed'] },
  total: orNull({ type: 'integer' }),
  examined: { type: 'integer' },
  result: {
    type: ['object', 'null'],
    description:
      'How many are examined, stricter, milder; channels before and after; each change of channel with sample MRNs; how often each rule fires.',
  },
  failure: orNull({ type: 'string' }),
  requestedAt: MOMENT,
  requestedById: LINE,
  requestedByName: LINE,
  endedAt: orNull(MOMENT),
});

export const DRAW = objectOf({
  ruleSet: { type: 'integer' },
  rule: RULE_NAME,
  movementReference: LINE,
  value: { type: 'string' },
  share: { type: 'string' },
  drawn: { type: 'boolean' },
  seed: { type: 'string', description: 'SHA-256 of the seed, as selections record it.' },
});
