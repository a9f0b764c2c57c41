import { isArray, isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import type { PerUnit, Rate } from './rate.ts';

function wrong(value: JsonValue | undefined): Error {
  return new Error(`A rate of a tariff has no known form: ${JSON.stringify(value)?.slice(0, 200)}`);
}

function text(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== 'string') throw wrong(object);
  return value;
}

function per(object: JsonObject): PerUnit {
  const value = object['per'];
  if (!isObject(value)) throw wrong(object);
  return { count: text(value, 'count'), unit: text(value, 'unit') };
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  if (!isArray(value)) throw wrong(value);
  return value;
}

function orNull(value: JsonValue | undefined): Rate | null {
  return value === null ? null : readRate(value);
}

/**
 * A rate from its JSON form in `schemas/tariffs/` (schemas/tariff.schema.json).
 * @throws Error when it is none: the installation is broken
 */
export function readRate(value: JsonValue | undefined): Rate {
  if (!isObject(value)) throw wrong(value);
  const kind = text(value, 'kind');
  switch (kind) {
    case 'free':
    case 'none':
      return { kind };
    case 'ad-valorem':
    case 'percent-of-mfn':
      return { kind, percent: text(value, 'percent') };
    case 'specific':
      return { kind, amount: text(value, 'amount'), currency: text(value, 'currency'), per: per(value) };
    case 'sum':
    case 'higher':
    case 'lower':
    case 'parts':
      return { kind, of: list(value['of']).map(readRate) };
    case 'price-gap': {
      const [numerator, denominator] = list(value['share']).map(String);
      if (numerator === undefined || denominator === undefined) throw wrong(value);
      return {
        kind,
        reference: text(value, 'reference'),
        currency: text(value, 'currency'),
        per: per(value),
        valueShare: text(value, 'valueShare'),
        share: [numerator, denominator],
      };
    }
    case 'except':
      return { kind, rate: readRate(value['rate']), countries: list(value['countries']).map(String) };
    case 'by-partner':
      return {
        kind,
        partners: list(value['partners']).map((partner) => {
          if (!isObject(partner)) throw wrong(partner);
          return { countries: list(partner['countries']).map(String), rate: readRate(partner['rate']) };
        }),
        others: orNull(value['others']),
      };
    case 'second-rate':
      return {
        kind,
        rate: readRate(value['rate']),
        mark: text(value, 'mark'),
        second: readRate(value['second']),
        couldBe: list(value['couldBe']).map(String),
      };
    case 'quota':
      return { kind, within: orNull(value['within']), outside: orNull(value['outside']) };
    case 'seasonal':
      return { kind, from: text(value, 'from'), to: text(value, 'to'), rate: readRate(value['rate']) };
    case 'reference':
      return { kind, to: text(value, 'to') };
    default:
      throw wrong(value);
  }
}
