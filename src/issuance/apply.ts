import type { Fault } from '../documents/fault.ts';
import { isObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { normaliseTexts } from '../documents/texts.ts';
import { findFirm, insertApplication, mandateHolds, type SeenApplicationRow } from './application-queries.ts';
import {
  admitTransition,
  appendApplicationEvent,
  applicationView,
  isId,
  makeTransition,
  seenApplication,
} from './applications.ts';
import type { Asked } from './asked.ts';
import { applicationFaults, type RegisteredFirm, refuseFaults, refuseNonsense } from './draft-faults.ts';
import type { IssuanceParts } from './ports.ts';
import { LONGEST_REASON } from './states.ts';
import { summarise } from './summary.ts';
import type { ApplicationView } from './views.ts';

/**
 * Saves a new draft for the actor's firm or, by a mandate that holds now, for the firm that a broker names. A draft may
 * have faults: the answer lists them and nothing that was typed is lost.
 * @throws the refusals `FIRM-MISSING`, `PRINCIPAL-MISSING`, `NO-MANDATE`, `OFFICE-UNKNOWN`, `APPLICATION-UNREADABLE`.
 */
export async function createApplication(
  parts: IssuanceParts,
  asked: Asked,
  request: { readonly content: JsonValue; readonly principalFirmId?: string; readonly office?: string },
): Promise<ApplicationView> {
  const firmId = await firmToApplyFor(asked, request.principalFirmId);
  const office = officeToAsk(parts, request.office);
  const content = normaliseTexts(request.content);
  const faults = applicationFaults(parts.country, content, await registeredFirm(asked, firmId));
  refuseNonsense(faults);
  if (!isObject(content)) throw new TypeError('content that is no object has a fault of its schema');
  const row = await insertApplication(asked.transaction, {
    id: parts.newId(),
    firmId,
    actor: asked.actor,
    office,
    content,
    summary: summarise(content),
    now: asked.now,
  });
  if (row === undefined) throw new Error('the database gave nothing back for a new application');
  await appendApplicationEvent(asked, row, 'application.created', { data: { firmId, faults: faults.length } });
  return applicationView(row, asked.actor, faults);
}

/**
 * Saves another content for a draft or a returned application; faults as in {@link createApplication}.
 */
export async function amendApplication(
  parts: IssuanceParts,
  asked: Asked,
  id: string,
  version: number,
  given: JsonValue,
): Promise<ApplicationView> {
  const seen = await seenApplication(asked, id);
  const transition = admitTransition(seen, version, 'amend', 'applicant');
  const content = normaliseTexts(given);
  const faults = applicationFaults(parts.country, content, firmOf(seen));
  refuseNonsense(faults);
  if (!isObject(content)) throw new TypeError('content that is no object has a fault of its schema');
  const change = { content, summary: summarise(content) };
  const row = await makeTransition(asked, seen, transition, change, { data: { faults: faults.length } });
  return applicationView(row, asked.actor, faults);
}

/**
 * Hands an application to the issuing office, if it has no fault.
 * @throws the refusal `APPLICATION-FAULTY` with every fault.
 */
export async function submitApplication(
  parts: IssuanceParts,
  asked: Asked,
  id: string,
  version: number,
): Promise<ApplicationView> {
  const seen = await seenApplication(asked, id);
  const transition = admitTransition(seen, version, 'submit', 'applicant');
  refuseFaults(applicationFaults(parts.country, seen.content, firmOf(seen)));
  const row = await makeTransition(asked, seen, transition, { submittedBy: asked.actor.personId });
  return applicationView(row, asked.actor);
}

/** Takes an application back for good; the reason is kept. */
export async function withdrawApplication(
  asked: Asked,
  id: string,
  version: number,
  reason: string,
): Promise<ApplicationView> {
  const seen = await seenApplication(asked, id);
  const words = reason.trim();
  const transition = admitTransition(seen, version, 'withdraw', 'applicant', words);
  refuseLongReason(words);
  const row = await makeTransition(asked, seen, transition, {}, { reason: words });
  return applicationView(row, asked.actor);
}

/** Every fault for which an application by this actor would be refused; stores nothing. */
export async function checkApplication(
  parts: IssuanceParts,
  asked: Asked,
  given: JsonValue,
  principalFirmId?: string,
): Promise<readonly Fault[]> {
  const content = normaliseTexts(given);
  if (asked.actor.firmId === null) return applicationFaults(parts.country, content, undefined);
  const firmId = await firmToApplyFor(asked, principalFirmId);
  return applicationFaults(parts.country, content, await registeredFirm(asked, firmId));
}

/** The application if the actor sees it, with the faults that the applicant has still to mend, while they can. */
export async function readApplication(parts: IssuanceParts, asked: Asked, id: string): Promise<ApplicationView> {
  const row = await seenApplication(asked, id);
  const open = row.state === 'draft' || row.state === 'returned';
  return applicationView(
    row,
    asked.actor,
    open ? applicationFaults(parts.country, row.content, firmOf(row)) : undefined,
  );
}

/** The firm of an application as it is registered on this node now. */
export function firmOf(row: SeenApplicationRow): RegisteredFirm {
  return {
    name: row.firm_name,
    identifier: { scheme: row.firm_identifier_scheme, value: row.firm_identifier_value },
  };
}

/**
 * @throws the refusal `REASON-TOO-LONG`.
 */
export function refuseLongReason(reason: string): void {
  if (reason.length > LONGEST_REASON) {
    throw new Refusal('invalid', 'REASON-TOO-LONG', `A reason has at most ${LONGEST_REASON} characters.`);
  }
}

async function firmToApplyFor(asked: Asked, principalFirmId: string | undefined): Promise<string> {
  const own = asked.actor.firmId;
  if (own === null) {
    throw new Refusal('not-allowed', 'FIRM-MISSING', 'Only people of a firm apply for certificates.');
  }
  if (principalFirmId === undefined && asked.actor.role === 'broker') {
    throw new Refusal('invalid', 'PRINCIPAL-MISSING', 'Say with `principalFirmId` for which firm you apply.');
  }
  if (principalFirmId === undefined || principalFirmId === own) return own;
  const mandated =
    asked.actor.role === 'broker' &&
    isId(principalFirmId) &&
    (await mandateHolds(asked.transaction, principalFirmId, own, asked.now));
  if (!mandated) {
    throw new Refusal('not-allowed', 'NO-MANDATE', 'Your firm has no mandate that holds now to apply for that firm.');
  }
  return principalFirmId;
}

function officeToAsk(parts: IssuanceParts, code: string | undefined): string {
  const offices = parts.authority.offices;
  const office = code === undefined ? offices[0] : offices.find((one) => one.code === code);
  if (office === undefined) {
    const known = offices.map((one) => one.code).join(', ');
    throw new Refusal('invalid', 'OFFICE-UNKNOWN', `No office of this name issues certificates; these do: ${known}.`);
  }
  return office.code;
}

async function registeredFirm(asked: Asked, firmId: string): Promise<RegisteredFirm | undefined> {
  const firm = await findFirm(asked.transaction, firmId);
  return firm === undefined ? undefined : { name: firm.name, identifier: { scheme: firm.scheme, value: firm.value } };
}
