import { isObject, type JsonObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';

function wrong(name: string): Refusal {
  return new Refusal('invalid', 'BODY-INVALID', `The body has no fitting "${name}".`);
}

/** The body as an object; its schema was checked before the handler was called. */
export function bodyObject(body: JsonValue | undefined): JsonObject {
  if (body === undefined || !isObject(body)) throw wrong('body');
  return body;
}

export function textOf(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw wrong(name);
  return value;
}

/** The text, or null when it is null or not given. */
export function textOrNull(body: JsonObject, name: string): string | null {
  const value = body[name];
  return value === undefined || value === null ? null : textOf(body, name);
}

export function objectAt(body: JsonObject, name: string): JsonObject {
  return bodyObject(body[name]);
}

/** A moment of RFC 3339. */
export function momentOf(body: JsonObject, name: string): Date {
  const moment = new Date(textOf(body, name));
  if (Number.isNaN(moment.getTime())) throw wrong(name);
  return moment;
}
