import type { Asked } from '../../clearance/asked.ts';
import type { DeclarationRow } from '../../clearance/declaration-row.ts';
import { reasonsIn } from '../../clearance/officer/case-file.ts';
import { claimOf } from '../../clearance/officer/read-verdict.ts';
import type { DecisionReason } from '../../clearance/officer/standing.ts';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../documents/json.ts';
import type { Reply, RouteContext } from '../route.ts';

/** Who asks, when, and in which transaction, as clearance wants it. */
export function asked(context: RouteContext): Asked {
  return { transaction: context.transaction, actor: context.actor, now: context.now };
}

export function mrnOf(context: RouteContext): string {
  return context.params['mrn'] ?? '';
}

/** The framework has refused a request without If-Match; no version has the number 0. */
export function versionOf(context: RouteContext): number {
  return context.ifMatch ?? 0;
}

/** A number from the address; 0, which nothing has, for what is none. */
export function numberOf(context: RouteContext): number {
  const text = context.params['number'] ?? '';
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
}

/** The body, whose form the framework has checked. */
export function bodyOf(context: RouteContext): JsonObject {
  return isObject(context.body) ? context.body : {};
}

/** A text of the body; null where it is not given. */
export function textIn(body: JsonObject, name: string): string | null {
  const value = body[name];
  return typeof value === 'string' ? value : null;
}

/** A moment of the body; null where it is not given. */
export function momentIn(body: JsonObject, name: string): Date | null {
  const value = textIn(body, name);
  return value === null ? null : new Date(value);
}

/** The texts of a list. */
export function textsIn(body: JsonObject, name: string): string[] {
  return listIn(body, name).filter((one) => typeof one === 'string');
}

/** The whole numbers of a list. */
export function numbersIn(body: JsonObject, name: string): number[] {
  return listIn(body, name).filter((one) => typeof one === 'number');
}

/** The objects of a list. */
export function objectsIn(body: JsonObject, name: string): JsonObject[] {
  return listIn(body, name).filter(isObject);
}

/** An object of the body; undefined where it is not given. */
export function objectIn(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name];
  return isObject(value) ? value : undefined;
}

/** The reasons of a decision. */
export function reasonsOf(context: RouteContext): DecisionReason[] {
  return reasonsIn(bodyOf(context)['reasons']);
}

function listIn(body: JsonObject, name: string): readonly JsonValue[] {
  const value = body[name];
  return isArray(value) ? value : [];
}

/** How a declaration stands after an act. */
export function standingOf(row: DeclarationRow, context: RouteContext): JsonObject {
  return {
    mrn: row.mrn,
    version: row.version,
    state: row.state,
    channel: row.channel,
    waitingFor: row.waiting_for,
    claimedBy: claimOf(row, asked(context)),
    openQueries: row.open_queries,
    answeredQueries: row.answered_queries,
    openInspections: row.open_inspections,
    openPermits: row.open_permits,
    refusedPermits: row.refused_permits,
    openCertificates: row.open_certificates,
    assessmentOpen: row.assessment_open,
    payment: row.payment,
  };
}

/** The answer of an act: how the declaration stands, its version as the ETag. */
export function standingReply(row: DeclarationRow, context: RouteContext): Reply {
  return { status: 200, json: standingOf(row, context), version: row.version };
}
