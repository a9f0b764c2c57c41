import type { CodeListName, ListInForce } from '../code-lists.ts';
import { listInForce } from '../code-lists.ts';
import type { FaultCode } from '../fault-codes.ts';
import { wordsOfPointer } from '../pointer.ts';
import type { Report } from '../report.ts';
import { reportText } from '../texts.ts';
import type { Place, TextVisit } from './walk-texts.ts';

interface CodePlace {
  readonly list: CodeListName;
  /** Properties that the coded property stands in; undefined: any. */
  readonly parents?: ReadonlySet<string>;
}

const TRANSPORT_MEANS = new Set(['borderTransportMeans', 'arrivalTransportMeans', 'departureTransportMeans']);

/** Properties of the vocabulary that hold a code of a shared list. */
const CODED: ReadonlyMap<string, CodePlace> = new Map<string, CodePlace>([
  ['responsibleCountryCode', { list: 'countries' }],
  ['countryCode', { list: 'countries' }],
  ['routingCountryCode', { list: 'countries' }],
  ['registrationNationalityCode', { list: 'countries' }],
  ['id', { list: 'countries', parents: new Set(['exportCountry']) }],
  ['currencyID', { list: 'currencies' }],
  ['currencyTypeCode', { list: 'currencies' }],
  ['unitCode', { list: 'units' }],
  ['modeCode', { list: 'transport-modes', parents: TRANSPORT_MEANS }],
  ['typeCode', { list: 'packages', parents: new Set(['packaging']) }],
  ['conditionCode', { list: 'incoterms', parents: new Set(['tradeTerms']) }],
]);

interface Words {
  readonly code: FaultCode;
  readonly what: string;
  /** How a code looks that the list, being a part only, may not have. */
  readonly form: RegExp;
}

const ANY_FORM = /^[\s\S]*$/;
const WORDS: Readonly<Partial<Record<CodeListName, Words>>> = {
  countries: { code: 'CODE-COUNTRY', what: 'a country of ISO 3166-1', form: ANY_FORM },
  currencies: { code: 'CODE-CURRENCY', what: 'a currency of ISO 4217', form: ANY_FORM },
  units: {
    code: 'CODE-UNIT',
    what: 'a unit as UNECE Recommendation 20 writes them, such as KGM, with a qualifier of the tariff behind # if any',
    form: /^[A-Z0-9]{1,3}(#[A-Z0-9]{1,3})?$/,
  },
  packages: {
    code: 'CODE-PACKAGE',
    what: 'a kind of package as UNECE Recommendation 21 writes them, such as CT',
    form: /^[A-Z0-9]{2}$/,
  },
  'transport-modes': {
    code: 'CODE-TRANSPORT-MODE',
    what: 'a mode of transport of UNECE Recommendation 19',
    form: ANY_FORM,
  },
  incoterms: {
    code: 'CODE-INCOTERM',
    what: 'a term of delivery as Incoterms writes them, such as CIF',
    form: /^[A-Z]{3}$/,
  },
};

/** Preferential origin may be a group of countries, which four characters name. */
const GROUP_LENGTH = 4;

/** ASCII that can be seen, with the white space of XML: what most texts are, told without a regular expression. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 ? code > 0x7e : code !== 0x0a && code !== 0x09 && code !== 0x0d) return false;
  }
  return true;
}

function reportCode(
  text: string,
  { list }: CodePlace,
  held: ListInForce,
  parent: string,
  place: Place,
  report: Report,
) {
  if (held.codes.has(text)) return;
  const code = text.trim();
  if (code === '' || held.codes.has(code)) return;
  const words = WORDS[list];
  if (words === undefined) return;
  if (!held.isComplete && words.form.test(code)) return;
  if (list === 'countries' && parent === 'origin' && code.length === GROUP_LENGTH) return;
  const pointer = place.pointer();
  const where = wordsOfPointer(pointer).replace(/^./, (first) => first.toUpperCase());
  const message = `${where} is "${code}", which is not ${words.what}.`;
  report(words.code, pointer, message, code, `${words.what}; list ${list}, edition ${held.edition}`);
}

/**
 * Judges one text after the other: those that could deceive or harm (threat H3), and codes that are in no list. White
 * space of XML is no fault in any text; a text must be in Unicode normal form C, since the bytes are kept. Codes of
 * lists that are complete must be in them; of lists that are a part only (`schemas/codelists` says which) they must be
 * written as the standard writes them.
 * @param date by which the edition is chosen, `YYYY-MM-DD`
 */
export function textAndCodeJudge(date: string, report: Report): TextVisit {
  const lists = new Map<CodeListName, ListInForce>();
  for (const { list } of CODED.values()) if (!lists.has(list)) lists.set(list, listInForce(list, date));
  return (text, name, parent, _holder, place) => {
    if (!isPlain(text)) reportText(text.replaceAll(/[\t\r\n]/g, ' '), place.pointer(), true, true, report);
    const coded = CODED.get(name);
    if (coded === undefined || (coded.parents !== undefined && !coded.parents.has(parent))) return;
    const held = lists.get(coded.list);
    if (held !== undefined) reportCode(text, coded, held, parent, place, report);
  };
}
