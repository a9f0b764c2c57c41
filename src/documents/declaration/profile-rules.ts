import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';
import type { Report } from '../report.ts';
import type { DeclarationFacts } from './facts.ts';
import { listOf, partOf, textOf } from './json-parts.ts';
import type { NationalProfile, RequiredElement } from './national-profile.ts';

const SOME = '*';
const ITEMS = '/declaration/goodsShipment/governmentAgencyGoodsItem';

function isGiven(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (isArray(value)) return value.some(isGiven);
  if (!isObject(value)) return value !== undefined && value !== null;
  const content = value['value'];
  if (typeof content === 'string') return content.trim() !== '';
  for (const member in value) if (isGiven(value[member])) return true;
  return false;
}

/** Whether something stands at a place below a value. */
function holds(value: JsonValue | undefined, path: readonly string[], from = 0): boolean {
  let at = value;
  for (let index = from; index < path.length; index += 1) {
    const step = path[index] ?? '';
    if (step === SOME) return isArray(at) && at.some((entry) => holds(entry, path, index + 1));
    if (!isObject(at)) return false;
    at = at[step];
  }
  return isGiven(at);
}

function pointerOf(path: readonly string[] | undefined): string {
  return (path ?? []).map((step) => `/${step === SOME ? '0' : step}`).join('');
}

function isFor(element: RequiredElement, facts: DeclarationFacts): boolean {
  return (
    element.messages.has(facts.message) &&
    (element.procedures?.has(facts.procedure) ?? true) &&
    !element.exceptAdditionalTypes.has(facts.typeCode.charAt(2))
  );
}

/**
 * Reports what the customs administration needs and does not find, and a message that is addressed to another one.
 * @param json as received: what is there but faulty is not missing
 */
export function reportProfile(
  json: JsonObject,
  facts: DeclarationFacts,
  profile: NationalProfile,
  country: string,
  report: Report,
): void {
  const addressed = textOf(json, 'responsibleCountryCode');
  if (addressed !== null && addressed !== country) {
    const message = `The message is addressed to the customs administration of ${addressed}; this is that of ${country}.`;
    report('ADMINISTRATION-OTHER', '/responsibleCountryCode', message, addressed, country);
  }
  const goods = listOf(partOf(partOf(json, 'declaration'), 'goodsShipment'), 'governmentAgencyGoodsItem');
  for (const element of profile.required) {
    if (!isFor(element, facts) || element.anyOf.some((path) => holds(json, path))) continue;
    const lacking = goods.flatMap((good, index) =>
      element.anyOfItem.some((path) => holds(good, path)) ? [] : [index],
    );
    if (element.anyOf.length > 0 && lacking.length === goods.length) {
      report(
        'PROFILE-REQUIRED',
        pointerOf(element.anyOf[0]),
        `This is missing: ${element.says}.`,
        undefined,
        element.says,
      );
      continue;
    }
    for (const index of lacking) {
      const pointer = `${ITEMS}/${index}${pointerOf(element.anyOfItem[0])}`;
      report(
        'PROFILE-REQUIRED',
        pointer,
        `This is missing for item ${index + 1}: ${element.says}.`,
        undefined,
        element.says,
      );
    }
  }
}
