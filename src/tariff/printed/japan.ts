import { type Cell, LONGEST_CELL, type PerUnit, type Rate } from '../rate.ts';

// How Japan's tariff is printed. A cell is read as a whole or not at all:
//   cell     = "(" rate ")" | rate | quota | partners | season
//   rate     = simple | simple "又は" simple "のうちいずれか" ("高い" | "低い") "税率" [limit]
//   simple   = "free" | "免税" | percent | amount | percent "＋" amount | gap
//   amount   = yen "円/" [count] unit
//   gap      = a reference price less the customs value, per unit, perhaps a share of it
//   limit    = "but N when it is below (above) N"
//   quota    = "within the quota" rate, perhaps "outside of it" rate
//   partners = "treatment of <countries>" rate, one a line, "treatment of other parties" rate
//   season   = "imported from <day> to <day> of each year" rate
// Signs of the printed schedule (●, ◎, ◆, ※, *, 〜), goods named in words and other texts have no meaning here: the
// structured source does not carry the notes that explain them.

const units: { readonly [printed: string]: string } = {
  kg: 'KGM',
  l: 'LTR',
  kl: 'K6',
  MT: 'TNE',
  '㎡': 'MTK',
  頭: 'HEA',
  足: 'PR',
  本: 'C62',
  枚: 'ST',
};
const countries: { readonly [printed: string]: string } = {
  オーストラリア: 'AU',
  カナダ: 'CA',
  チリ: 'CL',
  ニュージーランド: 'NZ',
  ベトナム: 'VN',
  マレーシア: 'MY',
  メキシコ: 'MX',
  シンガポール: 'SG',
  ペルー: 'PE',
  ブルネイ: 'BN',
};

const NUMBER = String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`;
const UNIT = Object.keys(units)
  .sort((one, other) => other.length - one.length)
  .join('|');
const PERCENT = new RegExp(`^(${NUMBER})%$`);
const AMOUNT = new RegExp(`^(${NUMBER})(万?)円/(?:(${NUMBER}))?(${UNIT})$`);
const EITHER = /^(.+?)又は(.+)のうちいずれか(高い|低い)税率$/;

/** Widths, signs and white space that mean the same, made the same. Line ends and ideographic spaces stay. */
function evened(printed: string): string {
  return printed
    .replace(/[（）％，]/g, (sign) => ({ '（': '(', '）': ')', '％': '%', '，': ',' })[sign] ?? sign)
    .replace(/[＋+]\n?/g, '+')
    .replace(/[−－]/g, '-')
    .replace(/\r\n/g, '\n')
    .replace(/\n\//g, '/')
    .trim();
}

function decimal(printed: string): string {
  const [whole = '', fraction = ''] = printed.replaceAll(',', '').split('.');
  const digits = fraction.replace(/0+$/, '');
  return (whole.replace(/^0+(?=\d)/, '') || '0') + (digits === '' ? '' : `.${digits}`);
}

function percentOf(text: string): Rate | null {
  const [, number] = PERCENT.exec(text) ?? [];
  if (number === undefined) return null;
  const percent = decimal(number);
  return percent === '0' ? { kind: 'free' } : { kind: 'ad-valorem', percent };
}

function amountOf(text: string): Rate | null {
  const [, number, tenThousands, count, unit = ''] = AMOUNT.exec(text) ?? [];
  const code = units[unit];
  if (number === undefined || code === undefined) return null;
  const amount = tenThousands === '万' ? `${decimal(number)}0000` : decimal(number);
  if (tenThousands === '万' && amount.includes('.')) return null;
  const per: PerUnit = { count: count === undefined ? '1' : decimal(count), unit: code };
  return { kind: 'specific', amount, currency: 'JPY', per };
}

const GAPS: readonly RegExp[] = [
  // (500円-課税価格)/kg, (401.65円/kg-課税価格/kg), 401.65円/kg-課税価格/kg, with a share of the value: ×0.6
  new RegExp(`^\\((?<reference>${NUMBER})円-課税価格(?:×(?<value>${NUMBER}))?\\)/(?<unit>${UNIT})$`),
  new RegExp(`^\\(?(?<reference>${NUMBER})円/(?<unit>${UNIT})-課税価格/\\k<unit>(?:×(?<value>${NUMBER}))?\\)?$`),
  // (393円×1.002-課税価格)/kg: the reference price with a factor
  new RegExp(`^\\((?<reference>${NUMBER})円×(?<factor>${NUMBER})-課税価格\\)/(?<unit>${UNIT})$`),
  // ((500円-課税価格)×10/16)/kg, ((500円-課税価格)×0.8)/kg: a share of the gap
  new RegExp(
    `^\\(\\((?<reference>${NUMBER})円-課税価格\\)×(?<share>${NUMBER})(?:/(?<parts>${NUMBER}))?\\)/(?<unit>${UNIT})$`,
  ),
];

function gapOf(text: string): Rate | null {
  for (const form of GAPS) {
    const found = form.exec(text)?.groups;
    const unit = units[found?.['unit'] ?? ''];
    if (found?.['reference'] === undefined || unit === undefined) continue;
    const { reference, factor, value, share, parts } = found;
    return {
      kind: 'price-gap',
      reference: factor === undefined ? decimal(reference) : timesExactly(decimal(reference), decimal(factor)),
      currency: 'JPY',
      per: { count: '1', unit },
      valueShare: value === undefined ? '1' : decimal(value),
      share: [share === undefined ? '1' : decimal(share), parts === undefined ? '1' : decimal(parts)],
    };
  }
  return null;
}

/** Product of two decimal strings by whole numbers, so that nothing is rounded. */
function timesExactly(one: string, other: string): string {
  const places = (text: string): number => text.split('.')[1]?.length ?? 0;
  const product = String(BigInt(one.replace('.', '')) * BigInt(other.replace('.', '')));
  const after = places(one) + places(other);
  const digits = product.padStart(after + 1, '0');
  return after === 0 ? digits : decimal(`${digits.slice(0, -after)}.${digits.slice(-after)}`);
}

function simple(text: string): Rate | null {
  if (text === 'free' || text === '免税') return { kind: 'free' };
  const [first = '', second, ...more] = text.split('+');
  if (second === undefined) return percentOf(text) ?? amountOf(text) ?? gapOf(text);
  const [share, amount] = [percentOf(first), amountOf(second)];
  return share === null || amount === null || more.length > 0 ? null : { kind: 'sum', of: [share, amount] };
}

function either(text: string): Rate | null {
  const [, first = '', second = '', which] = EITHER.exec(text) ?? [];
  const [one, other] = [simple(first), simple(second)];
  if (which === undefined || one === null || other === null) return null;
  return { kind: which === '高い' ? 'higher' : 'lower', of: [one, other] };
}

/** A rate with a floor or a ceiling: "… but 93 yen per litre where it is below 93 yen per litre". */
function limited(text: string): Rate | null {
  const [, inner = '', limit = '', direction, again] =
    /^(.+?)\s*\(?ただしその税率が(.+?)を(下|上)回る場合は(.+?)(?:とする\))?$/s.exec(text) ?? [];
  const [rate, bound] = [either(inner), simple(limit)];
  if (rate === null || bound === null || limit !== again) return null;
  return { kind: direction === '下' ? 'higher' : 'lower', of: [rate, bound] };
}

function rateOf(text: string): Rate | null {
  return simple(text) ?? either(text) ?? limited(text);
}

/** Lines of "who or what it is for", an ideographic space, and a rate. */
function linesOf(text: string): readonly { readonly whom: string; readonly rate: Rate }[] | null {
  const lines = text.split('\n').map((line) => {
    const [whom = '', printed, ...more] = line.split('\u3000');
    const rate = printed === undefined || more.length > 0 ? null : rateOf(printed);
    return rate === null ? null : { whom, rate };
  });
  const read = lines.flatMap((line) => line ?? []);
  return read.length === lines.length ? read : null;
}

const WITHIN = '関税割当数量以内のもの';
const OUTSIDE = new Set(['関税割当数量以外のもの', 'その他のもの']);

function quotaOf(text: string): Rate | null {
  const [within, outside, ...more] = linesOf(text) ?? [];
  if (within?.whom !== WITHIN || more.length > 0) return null;
  if (outside === undefined) return { kind: 'quota', within: within.rate, outside: null };
  return OUTSIDE.has(outside.whom) ? { kind: 'quota', within: within.rate, outside: outside.rate } : null;
}

function partnersOf(text: string): Rate | null {
  const partners: { countries: readonly string[]; rate: Rate }[] = [];
  let others: Rate | null = null;
  for (const { whom, rate } of linesOf(text) ?? []) {
    const [, names] = /^\((.+)に対する待遇\)$/.exec(whom) ?? [];
    if (names === undefined || others !== null) return null;
    if (names === '他の締約国') others = rate;
    else {
      const codes = names.split(/、|及び/).map((name) => countries[name]);
      const known = codes.flatMap((code) => code ?? []);
      if (known.length !== codes.length) return null;
      partners.push({ countries: known, rate });
    }
  }
  return partners.length === 0 ? null : { kind: 'by-partner', partners, others };
}

function seasonOf(text: string): Rate | null {
  const [only, ...more] = linesOf(text) ?? [];
  const days = /^毎年(\d+)月(\d+)日から同年(\d+)月(\d+)日までに輸入されるもの$/.exec(only?.whom ?? '');
  if (only === undefined || days === null || more.length > 0) return null;
  const [, month = '', day = '', lastMonth = '', lastDay = ''] = days;
  const two = (text: string): string => text.padStart(2, '0');
  return {
    kind: 'seasonal',
    from: `${two(month)}-${two(day)}`,
    to: `${two(lastMonth)}-${two(lastDay)}`,
    rate: only.rate,
  };
}

/** The inside of a cell that stands in parentheses as a whole; null for any other. */
function inParentheses(text: string): string | null {
  if (!text.startsWith('(') || !text.endsWith(')')) return null;
  let depth = 0;
  for (const [place, sign] of [...text].entries()) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0 && place < [...text].length - 1) return null;
  }
  return depth === 0 ? text.slice(1, -1) : null;
}

/**
 * What a cell of Japan's tariff says. An empty cell is `none` where the column is one of preference or of temporary rates;
 * the caller says so.
 */
export function readJapanCell(printed: string, emptyMeans: 'none' | 'nothing'): Cell {
  if (printed.length > LONGEST_CELL) return { printed, rate: null };
  const text = evened(printed);
  if (text === '') return { printed, rate: emptyMeans === 'none' ? { kind: 'none' } : null };
  const inner = inParentheses(text);
  const inside = inner === null ? null : rateOf(inner);
  if (inside !== null) return { printed, rate: inside, inParentheses: true };
  return { printed, rate: rateOf(text) ?? quotaOf(text) ?? partnersOf(text) ?? seasonOf(text) };
}
