import { type Cell, LONGEST_CELL, type Rate } from '../rate.ts';

// How Viet Nam's tariff is printed (table for traders, January 2026), read by a grammar over the whole cell:
//   cell      = parts [ "; M: " parts ]  |  percent "% thuế MFN"  |  "Theo hướng dẫn tại …"  |  "Q"  |  ""
//   parts     = part { "/" part }
//   part      = "*"  |  percent [ "(NHN: " percent ")" ] [ "(-" country { "," country } ")" ] [ "(GIC)" ]
// NHN (ngoài hạn ngạch) is the rate outside the tariff quota. GIC marks lines that goods of the Kaesong complex may use;
// it changes no rate. What stands between strokes is said nowhere in the source, nor which partner "M" is.

const PART =
  /^(\d+(?:[.,]\d+)?)\s*(?:\(NHN: (\d+(?:[.,]\d+)?)\))?\s*(?:\(-([A-Z]{2}(?:\s*,\s*[A-Z]{2})*)[\s,]*\))?\s*(?:\(GIC\))?$/;
/** Parties of the CPTPP that "M" may stand for. */
const COULD_BE_M = ['MX', 'MY'];

function percent(text: string): Rate {
  const [whole = '', fraction = ''] = text.split(/[.,]/);
  const digits = fraction.replace(/0+$/, '');
  const value = (whole.replace(/^0+(?=\d)/, '') || '0') + (digits === '' ? '' : `.${digits}`);
  return value === '0' ? { kind: 'free' } : { kind: 'ad-valorem', percent: value };
}

function part(text: string): Rate | null {
  if (text === '*') return { kind: 'none' };
  const match = PART.exec(text);
  if (match === null) return null;
  const [, rate = '', outside, countries] = match;
  const plain: Rate =
    outside === undefined ? percent(rate) : { kind: 'quota', within: percent(rate), outside: percent(outside) };
  return countries === undefined ? plain : { kind: 'except', rate: plain, countries: countries.split(/\s*,\s*/) };
}

function parts(text: string): Rate | null {
  const read = text.split('/').map((each) => part(each.trim()));
  const rates = read.flatMap((rate) => rate ?? []);
  const [only] = rates;
  if (only === undefined || rates.length !== read.length) return null;
  return rates.length === 1 ? only : { kind: 'parts', of: rates };
}

function meaning(text: string): Rate | null {
  const share = /^(\d+)% thuế MFN$/.exec(text);
  if (share?.[1] !== undefined) return { kind: 'percent-of-mfn', percent: share[1] };
  const elsewhere = /^Theo hướng dẫn tại (?:điểm (\S+(?: và \S+)*) )?khoản ([\d.]+) Chương (\d+)$/.exec(text);
  if (elsewhere !== null) {
    const [, points, clause = '', chapter = ''] = elsewhere;
    const point = points === undefined ? '' : `, points ${points.replaceAll(' và ', ' and ')}`;
    return { kind: 'reference', to: `chapter ${chapter}, clause ${clause}${point}` };
  }
  const [first = '', second, ...more] = text.split('; M: ');
  const rate = parts(first);
  if (second === undefined || rate === null) return rate;
  const other = parts(second);
  if (other === null || more.length > 0) return null;
  return { kind: 'second-rate', rate, mark: 'M', second: other, couldBe: COULD_BE_M };
}

/** What a cell of Viet Nam's tariff says; an empty one and the quota sign `Q` stay without a meaning. */
export function readVietNamCell(printed: string): Cell {
  return { printed, rate: printed.length > LONGEST_CELL ? null : meaning(printed.trim()) };
}
