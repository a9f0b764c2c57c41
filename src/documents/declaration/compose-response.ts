import type { JsonObject } from '../json.ts';
import type { ResponseContent, ResponseStep } from './response-content.ts';
import { responsePointers } from './response-pointers.ts';

/** FunctionCode of each step (`schemas/codelists/response-functions.json`). */
export const RESPONSE_FUNCTIONS: Readonly<Record<ResponseStep, string>> = {
  accepted: '01',
  registered: '02',
  rejected: '03',
  control: '05',
  'documents-requested': '06',
  result: '07',
  released: '08',
  cleared: '09',
  invalidated: '10',
  'request-answered': '11',
  duty: '13',
  exit: '16',
};

/** StatementTypeCode: from customs to the declarant (UN/EDIFACT 4451). */
const TO_DECLARANT = 'AFB';
/** Lengths that the vocabulary allows. */
const LONGEST = { reference: 35, statementCode: 17, validationCode: 8, description: 512, agency: 70, decimals: 3 };

/** What a response is about: the administration that sends it. */
export interface ResponseContext {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Name of the customs administration. */
  readonly agency: string;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** ISO 8601 as format 304, in UTC. */
function moment(iso: string): JsonObject {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) throw new Error(`"${iso}" is no moment in ISO 8601.`);
  const value = `${time.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return { dateTimeString: { value, formatCode: '304' } };
}

/** Codes of this node are longer than the vocabulary's: a code that does not fit stands before the sentence. */
function statementOf(code: string, text: string, answerBy: string | undefined): JsonObject {
  const isShort = code.length <= LONGEST.statementCode;
  return {
    ...(isShort ? { statementCode: code } : {}),
    statementDescription: cut(isShort ? text : `${code}: ${text}`, LONGEST.description),
    ...(answerBy === undefined ? {} : { limitDateTime: moment(answerBy) }),
    statementTypeCode: TO_DECLARANT,
  };
}

function statementsOf(content: ResponseContent): readonly JsonObject[] {
  const { statements = [], control, answerBy } = content;
  const all = [
    ...(control === undefined
      ? []
      : [
          {
            code: control.toUpperCase(),
            text: control === 'goods' ? 'The goods are inspected.' : 'The documents are examined.',
          },
        ]),
    ...statements,
  ];
  if (all.length === 0 && answerBy !== undefined)
    return [{ limitDateTime: moment(answerBy), statementTypeCode: TO_DECLARANT }];
  return all.map(({ code, text }) => statementOf(code, text, answerBy));
}

/** The first word of a code, cut to the vocabulary's length; the whole code stands before the sentence. */
function validationCode(code: string): string {
  return (code.split('-')[0] ?? code).slice(0, LONGEST.validationCode);
}

function errorOf(fault: NonNullable<ResponseContent['faults']>[number]): JsonObject {
  const pointers = responsePointers(fault.pointer);
  const place = fault.pointer === '' ? '' : ` at ${fault.pointer}`;
  return {
    description: cut(`${fault.code}${place}: ${fault.message}`, LONGEST.description),
    validationCode: validationCode(fault.code),
    ...(pointers.length === 0 ? {} : { pointer: pointers }),
  };
}

function amount(money: { readonly amount: string; readonly currency: string }): JsonObject {
  return { value: money.amount, currencyID: money.currency };
}

function dutyOf(duty: NonNullable<ResponseContent['duties']>[number]): JsonObject {
  const { baseAmount, ratePercent: rate, preferenceCode, payable } = duty;
  const fits = rate !== null && (rate.split('.')[1]?.length ?? 0) <= LONGEST.decimals;
  return {
    ...(baseAmount === null ? {} : { adValoremTaxBaseAmount: amount(baseAmount) }),
    ...(preferenceCode === null ? {} : { dutyRegimeCode: preferenceCode }),
    ...(fits ? { taxRateNumeric: rate } : {}),
    typeCode: duty.typeCode,
    payment: { paymentAmount: amount(payable) },
  };
}

function goodsOf(duties: NonNullable<ResponseContent['duties']>): JsonObject {
  const items = new Map<number, JsonObject[]>();
  for (const duty of duties) {
    const known = items.get(duty.itemSequence);
    if (known === undefined) items.set(duty.itemSequence, [dutyOf(duty)]);
    else known.push(dutyOf(duty));
  }
  return {
    governmentAgencyGoodsItem: [...items].map(([sequence, fees]) => ({
      sequenceNumeric: String(sequence),
      commodity: { dutyTaxFee: fees },
    })),
  };
}

/**
 * Composes the JSON form of a response to a declarant (WCO RES-DMS:2), valid by its schema and, written as XML, by the
 * official one. What the vocabulary has no room for is cut with `…`: sentences at 512 characters; faults keep their
 * code and JSON Pointer at the beginning. A reference that is a UUID stands without hyphens.
 * @throws Error when a moment is not ISO 8601
 */
export function composeResponse(content: ResponseContent, context: ResponseContext): JsonObject {
  const statements = statementsOf(content);
  const { faults = [], duties = [] } = content;
  const reference = content.responseReference.replaceAll('-', '');
  return {
    wcoDataModelVersionCode: '3.6',
    wcoTypeName: 'RES',
    responsibleCountryCode: context.country,
    responsibleAgencyName: cut(context.agency, LONGEST.agency),
    response: [
      {
        functionCode: RESPONSE_FUNCTIONS[content.step],
        functionalReferenceID:
          content.responseReference.length <= LONGEST.reference ? content.responseReference : reference,
        issueDateTime: moment(content.issuedAt),
        ...(statements.length === 0 ? {} : { additionalInformation: statements }),
        ...(faults.length === 0 ? {} : { error: faults.map(errorOf) }),
        declaration: {
          ...(content.acceptedAt === undefined ? {} : { acceptanceDateTime: moment(content.acceptedAt) }),
          ...(content.cancelledAt === undefined ? {} : { cancellationDateTime: moment(content.cancelledAt) }),
          functionalReferenceID: content.localReference,
          ...(content.movementReference === '' ? {} : { id: content.movementReference }),
          ...(content.rejectedAt === undefined ? {} : { rejectionDateTime: moment(content.rejectedAt) }),
          versionID: String(content.documentVersion),
          ...(duties.length === 0 ? {} : { goodsShipment: goodsOf(duties) }),
        },
      },
    ],
  };
}
