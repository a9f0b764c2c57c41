import type { DeclarationRow } from '../../clearance/declaration-row.ts';
import type { DutyStanding } from '../../clearance/officer/duty-standing.ts';
import type { Officer } from '../../clearance/officer/officer.ts';
import type { ItemFinding } from '../../clearance/officer/officer-facts.ts';
import type { PermitAnswer } from '../../clearance/officer/permits.ts';
import { itemsFrom } from '../../clearance/officer/shown-items.ts';
import type { ItemInspection } from '../../clearance/officer/standing.ts';
import type { JsonObject } from '../../documents/json.ts';
import type { Reply, Route, RouteContext, SignedInRoute } from '../route.ts';
import {
  asked,
  bodyOf,
  momentIn,
  mrnOf,
  numberOf,
  numbersIn,
  objectIn,
  objectsIn,
  reasonsOf,
  standingOf,
  standingReply,
  textIn,
  versionOf,
} from './officer-request.ts';
import {
  ASSESSED,
  ASSESSMENT,
  INSPECTION,
  INSPECTION_RESULT,
  PAYMENT,
  PERMIT,
  PERMIT_ANSWER,
  PREFERENCE,
  REASONS,
  REASONS_IF_ANY,
  REMARK,
  STANDING,
  WITH_DUTY,
} from './officer-shapes.ts';

const tag = 'Clearance';

/** What an officer finds, orders and decides about a declaration. */
export function officerActRoutes(officer: Officer): Route[] {
  return [
    act('assessment', 'assessDeclaration', 'declaration.decide', ASSESSMENT, ASSESSED, {
      summary: 'Accept or correct value, classification and origin of each item; the duty is computed again',
      description: 'Findings that lower the duty by more than a tenth wait for a second officer to confirm them.',
      async make(context) {
        const body = bodyOf(context);
        const given = { findings: objectsIn(body, 'findings').map(findingOf), remark: textIn(body, 'remark') };
        const outcome = await officer.assess(asked(context), mrnOf(context), versionOf(context), given);
        return dutyReply(context, outcome.row, outcome.duty, { proposed: outcome.proposed });
      },
    }),
    act('assessment/confirm', 'confirmAssessment', 'declaration.decide', REMARK, ASSESSED, {
      summary: "Confirm a colleague's assessment that lowers the duty",
      async make(context) {
        const remark = textIn(bodyOf(context), 'remark') ?? '';
        const outcome = await officer.confirmAssessment(asked(context), mrnOf(context), versionOf(context), remark);
        return dutyReply(context, outcome.row, outcome.duty, { proposed: outcome.proposed });
      },
    }),
    act('inspections', 'orderInspection', 'declaration.control', INSPECTION, STANDING, {
      summary: 'Order an inspection; the goods wait for its result',
      async make(context) {
        const body = bodyOf(context);
        const wish = {
          what: textIn(body, 'what') ?? '',
          place: textIn(body, 'place'),
          itemSequences: numbersIn(body, 'items'),
        };
        return standingReply(
          await officer.orderInspection(asked(context), mrnOf(context), versionOf(context), wish),
          context,
        );
      },
    }),
    act('inspections/:number/start', 'startInspection', 'declaration.control', undefined, STANDING, {
      summary: 'Note that an inspection begins',
      async make(context) {
        const { mrn, version, number } = placeOf(context);
        return standingReply(await officer.startInspection(asked(context), mrn, version, number), context);
      },
    }),
    act('inspections/:number/result', 'recordInspection', 'declaration.control', INSPECTION_RESULT, STANDING, {
      summary: 'Record the result of an inspection, item by item',
      async make(context) {
        const { mrn, version, number } = placeOf(context);
        const body = bodyOf(context);
        const report = {
          findings: objectsIn(body, 'findings').map(inspectedOf),
          othersConform: body['othersConform'] === true,
          remark: textIn(body, 'remark'),
        };
        return standingReply(await officer.recordInspection(asked(context), mrn, version, number, report), context);
      },
    }),
    act('preference/withhold', 'withholdPreference', 'declaration.decide', PREFERENCE, WITH_DUTY, {
      summary: 'Withhold the preference of items, with reasons: the rate without preference is due for them',
      async make(context) {
        const { mrn, version } = placeOf(context);
        const outcome = await officer.withholdPreference(asked(context), mrn, version, preferenceOf(context));
        return dutyReply(context, outcome.row, outcome.duty);
      },
    }),
    act('preference/restore', 'restorePreference', 'declaration.decide', PREFERENCE, WITH_DUTY, {
      summary: 'Restore the preference of items for which it was withheld, with reasons',
      async make(context) {
        const { mrn, version } = placeOf(context);
        const outcome = await officer.restorePreference(asked(context), mrn, version, preferenceOf(context));
        return dutyReply(context, outcome.row, outcome.duty);
      },
    }),
    act('permits', 'openPermit', 'declaration.control', PERMIT, STANDING, {
      summary: 'Open the step of another agency whose permit the goods wait for',
      async make(context) {
        const { mrn, version } = placeOf(context);
        const body = bodyOf(context);
        const wish = {
          agency: textIn(body, 'agency') ?? '',
          subject: textIn(body, 'subject') ?? '',
          itemSequences: numbersIn(body, 'items'),
        };
        return standingReply(await officer.openPermit(asked(context), mrn, version, wish), context);
      },
    }),
    act('permits/:number/answer', 'answerPermit', 'declaration.control', PERMIT_ANSWER, STANDING, {
      summary: "Record another agency's answer, and where it is known from",
      async make(context) {
        const { mrn, version, number } = placeOf(context);
        const answer = permitAnswerOf(bodyOf(context));
        return standingReply(await officer.answerPermit(asked(context), mrn, version, number, answer), context);
      },
    }),
    act('payments', 'recordPayment', 'payment.record', PAYMENT, WITH_DUTY, {
      summary: 'Record a payment or a security that came; it is compared exactly with what is due',
      async make(context) {
        const { mrn, version } = placeOf(context);
        const body = bodyOf(context);
        const outcome = await officer.recordPayment(asked(context), mrn, version, {
          kind: body['kind'] === 'security' ? 'security' : 'payment',
          amount: textIn(body, 'amount') ?? '',
          currency: textIn(body, 'currency') ?? '',
          reference: textIn(body, 'reference') ?? '',
          source: textIn(body, 'source') ?? '',
          occurredAt: momentIn(body, 'occurredAt'),
        });
        return dutyReply(context, outcome.row, outcome.duty);
      },
    }),
    act('release', 'releaseDeclaration', 'declaration.decide', REASONS_IF_ANY, STANDING, {
      summary: 'Release the goods for good; refused with everything that hinders it',
      async make(context) {
        const { mrn, version } = placeOf(context);
        return standingReply(await officer.release(asked(context), mrn, version, reasonsOf(context)), context);
      },
    }),
    act('conditional-release', 'releaseConditionally', 'declaration.decide', REASONS, STANDING, {
      summary: 'Release the goods against security before everything is decided',
      description:
        'What was paid and secured has to cover the duty without the preferences that are in doubt (WTO TFA article 7.3).',
      async make(context) {
        const { mrn, version } = placeOf(context);
        const row = await officer.releaseConditionally(asked(context), mrn, version, reasonsOf(context));
        return standingReply(row, context);
      },
    }),
    act('seizure', 'seizeGoods', 'declaration.decide', REASONS, STANDING, {
      summary: 'Seize the goods, with reasons: the end of the declaration',
      async make(context) {
        const { mrn, version } = placeOf(context);
        return standingReply(await officer.seize(asked(context), mrn, version, reasonsOf(context)), context);
      },
    }),
  ];
}

function act(
  path: string,
  operationId: string,
  right: SignedInRoute['right'],
  requestBody: JsonObject | undefined,
  schema: JsonObject,
  more: {
    readonly summary: string;
    readonly description?: string;
    readonly make: (context: RouteContext) => Promise<Reply>;
  },
): Route {
  const { make, ...words } = more;
  return {
    method: 'POST',
    path: `/api/declarations/:mrn/${path}`,
    operationId,
    ...words,
    tag,
    right,
    ...(requestBody === undefined ? {} : { requestBody }),
    ifMatch: 'required',
    replies: { 200: { description: 'How the declaration stands.', schema } },
    handle: make,
  };
}

function placeOf(context: RouteContext): { readonly mrn: string; readonly version: number; readonly number: number } {
  return { mrn: mrnOf(context), version: versionOf(context), number: numberOf(context) };
}

function dutyReply(context: RouteContext, row: DeclarationRow, duty: DutyStanding, more: JsonObject = {}): Reply {
  return {
    status: 200,
    json: { declaration: standingOf(row, context), duty: { ...duty, items: itemsFrom(duty.items) }, ...more },
    version: row.version,
  };
}

function preferenceOf(context: RouteContext) {
  return { itemSequences: numbersIn(bodyOf(context), 'items'), reasons: reasonsOf(context) };
}

function findingOf(body: JsonObject): ItemFinding {
  const value = objectIn(body, 'value');
  const classification = objectIn(body, 'classification');
  const origin = objectIn(body, 'origin');
  const duty = objectIn(body, 'duty');
  const text = (from: JsonObject, name: string): string => textIn(from, name) ?? '';
  return {
    sequence: sequenceIn(body),
    ...(value === undefined
      ? {}
      : {
          value: {
            amount: text(value, 'amount'),
            currency: text(value, 'currency'),
            reason: text(value, 'reason'),
          },
        }),
    ...(classification === undefined
      ? {}
      : {
          classification: {
            commodityCode: text(classification, 'commodityCode'),
            reason: text(classification, 'reason'),
          },
        }),
    ...(origin === undefined ? {} : { origin: { country: text(origin, 'country'), reason: text(origin, 'reason') } }),
    ...(duty === undefined ? {} : { duty: { amount: text(duty, 'amount'), reason: text(duty, 'reason') } }),
  };
}

function inspectedOf(body: JsonObject): ItemInspection {
  const description = textIn(body, 'description');
  const quantity = objectIn(body, 'quantityFound');
  return {
    sequence: sequenceIn(body),
    conforming: body['conforming'] === true,
    ...(description === null ? {} : { description }),
    ...(quantity === undefined
      ? {}
      : { quantityFound: { value: textIn(quantity, 'value') ?? '', unit: textIn(quantity, 'unit') ?? '' } }),
  };
}

function sequenceIn(body: JsonObject): number {
  const { sequence } = body;
  return typeof sequence === 'number' ? sequence : 0;
}

function permitAnswerOf(body: JsonObject): PermitAnswer {
  const { outcome } = body;
  return {
    outcome: outcome === 'granted' || outcome === 'refused' ? outcome : 'not-required',
    reference: textIn(body, 'reference'),
    source: textIn(body, 'source') ?? '',
    reason: textIn(body, 'reason'),
    decidedAt: momentIn(body, 'decidedAt'),
  };
}
