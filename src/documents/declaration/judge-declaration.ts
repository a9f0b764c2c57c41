import type { Fault } from '../fault.ts';
import { isObject, type JsonValue } from '../json.ts';
import { segmentsOf } from '../pointer.ts';
import { without } from '../prune.ts';
import { gather, type Report } from '../report.ts';
import { amountAndDateJudge } from './amount-and-date-rules.ts';
import type { DeclarationFacts } from './facts.ts';
import { messageOf } from './message-kind.ts';
import { profileOf } from './national-profile.ts';
import { reportCommodityCodes, reportPreferences } from './preference-rules.ts';
import { reportProfile } from './profile-rules.ts';
import { readFacts } from './read-facts.ts';
import { reportShipment } from './shipment-rules.ts';
import { textAndCodeJudge } from './text-and-code-rules.ts';
import { walkTexts } from './walk-texts.ts';

/** By whose rules and on which day a declaration is judged. */
export interface JudgingContext {
  /** ISO 3166-1 alpha-2 of the customs administration; null: only by what all countries share, no national profile. */
  readonly country: string | null;
  /** Today there, `YYYY-MM-DD`. */
  readonly date: string;
}

const GOODS = '/declaration/goodsShipment/governmentAgencyGoodsItem';
const TYPES = new Set(['IM', 'EX', 'CO']);

function reportMessage(facts: DeclarationFacts, report: Report): void {
  const { functionCode, typeCode } = facts;
  if (functionCode === '') return;
  if (messageOf(functionCode, typeCode) === undefined) {
    const message = `Function ${functionCode} with type "${typeCode}" is no message that customs takes from a declarant.`;
    const expected = 'function 9 for a declaration; 13 with COR to amend, INV to cancel, GPR to present the goods';
    report('CODE-MESSAGE-FUNCTION', '/declaration/functionCode', message, `${functionCode} ${typeCode}`, expected);
  } else if (facts.message === 'declaration' || facts.message === 'supplementary') {
    if (typeCode.length === 3 && TYPES.has(typeCode.slice(0, 2))) return;
    const message = `The type "${typeCode}" is none of a declaration.`;
    const expected = 'IM, EX or CO and the letter of the additional type, such as IMA';
    report('CODE-DECLARATION-TYPE', '/declaration/typeCode', message, typeCode, expected);
  }
}

/** Whether a place is the list of goods items, or holds it: when it is wrong, nothing can be counted or added up. */
function holdsGoods(place: string): boolean {
  return place === GOODS || GOODS.startsWith(`${place}/`);
}

/** Whether an item has no fault of the schema, so that what is not in it was not taken out of it. */
function wholeItems(wrong: readonly string[]): (pointer: string) => boolean {
  return (pointer) => !wrong.some((place) => place === pointer || place.startsWith(`${pointer}/`));
}

/**
 * Judges a declaration, or a request about one, by everything beyond the schema: texts, code lists, what must fit
 * together, the national profile. What depends on a part that the schema found wrong is not judged. The same faults in
 * the same order for the same document.
 * @param json as read, in its JSON form
 * @param found what the schema found
 */
export function judgeDeclaration(
  json: JsonValue,
  found: readonly Fault[],
  context: JudgingContext,
): { readonly faults: readonly Fault[]; readonly facts: DeclarationFacts } {
  const faults: Fault[] = [];
  const report = gather(faults);
  const wrong = found.filter(({ code }) => code !== 'SCHEMA-REQUIRED').map(({ pointer }) => pointer);
  const rest = wrong.length === 0 ? json : without(json, wrong.map(segmentsOf));
  if (!isObject(rest) || !isObject(json)) return { faults, facts: readFacts({}) };
  const facts = readFacts(rest);
  const { country, date } = context;
  const judgeTextAndCode = textAndCodeJudge(date, report);
  const judgeAmountAndDate = amountAndDateJudge(date, report);
  walkTexts(rest, (text, name, parent, holder, place) => {
    judgeTextAndCode(text, name, parent, holder, place);
    judgeAmountAndDate(text, name, parent, holder, place);
  });
  reportCommodityCodes(facts, date, report);
  reportMessage(facts, report);
  const isWhole = facts.message === 'declaration' || facts.message === 'supplementary';
  if (isWhole && !wrong.some((place) => holdsGoods(place))) reportShipment(rest, facts, report);
  if (country !== null) {
    const profile = profileOf(country);
    if (isWhole) reportPreferences(facts, profile, date, wholeItems(wrong), report);
    reportProfile(json, facts, profile, country, report);
  }
  return { faults, facts };
}
