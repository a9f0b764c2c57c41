import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readJapanCell } from '../../src/tariff/printed/japan.ts';
import { readVietNamCell } from '../../src/tariff/printed/viet-nam.ts';
import type { Rate } from '../../src/tariff/rate.ts';
import { rateWords } from '../../src/tariff/rate-words.ts';
import { readRate } from '../../src/tariff/read-rate.ts';

const japan = (printed: string): Rate | null => readJapanCell(printed, 'none').rate;
const words = (rate: Rate | null): string | null => (rate === null ? null : rateWords(rate));

/** Real shapes of Viet Nam's table, and what they say; null is not understood. */
const vietNam: readonly (readonly [printed: string, words: string | null])[] = [
  ['0', 'free'],
  ['7.5', '7.5%'],
  ['22,5', '22.5%'],
  ['150% thuế MFN', '150% of the rate without preference'],
  ['*', 'no preference'],
  ['0 (-KH)', 'free, not for goods of Cambodia'],
  ['0(-LA, MY)', 'free, not for goods of Laos, Malaysia'],
  ['0(-KH, MY, PH, )', 'free, not for goods of Cambodia, Malaysia, Philippines'],
  ['30 (-BN,KH)', '30%, not for goods of Brunei, Cambodia'],
  ['0(-MM)(GIC)', 'free, not for goods of Myanmar (Burma)'],
  ['0(-MY )', 'free, not for goods of Malaysia'],
  ['3,1; M: 2', '3.1%; 2% for the partner marked M'],
  ['0/3,7', 'free or 3.7% (the source does not say which holds when)'],
  ['*/0', 'no preference or free (the source does not say which holds when)'],
  [
    '1,2/0; M: 1,9/0',
    '1.2% or free (the source does not say which holds when); 1.9% or free (the source does not say which holds when) for the partner marked M',
  ],
  ['60 (NHN: 120)', 'within the tariff quota 60%, outside of it 120%'],
  ['Theo hướng dẫn tại khoản 1.1 Chương 98', 'as chapter 98, clause 1.1 says'],
  [
    'Theo hướng dẫn tại điểm b.5.3 và b.5.4 khoản 2.2 Chương 98',
    'as chapter 98, clause 2.2, points b.5.3 and b.5.4 says',
  ],
  ['Q', null],
  ['', null],
  ['5%', null],
  ['0 (KH)', null],
  ['0(-kh)', null],
  ['1.2.3', null],
  ['1,2,3', null],
  ['-5', null],
  ['5; N: 3', null],
  ['5; M: 3; M: 2', null],
  ['5/', null],
];

/** Real shapes of Japan's schedule. */
const japanese: readonly (readonly [printed: string, words: string | null])[] = [
  ['free', 'free'],
  ['免税', 'free'],
  ['(free)', 'free'],
  ['（free）', 'free'],
  ['', 'no preference'],
  ['8.5%', '8.5%'],
  ['(10%)', '10%'],
  ['361円/kg', '361 JPY per kg'],
  ['4,000,000円/頭', '4000000 JPY per head'],
  ['6.40円/l', '6.4 JPY per litre'],
  ['934円/kl', '934 JPY per kilolitre'],
  ['930円/MT', '930 JPY per tonne'],
  ['1.50円/枚', '1.5 JPY per sheet'],
  ['(500円\n/kg)', '500 JPY per kg'],
  ['25%＋63円/kg', '25% plus 63 JPY per kg'],
  ['29.8%+\n915円/kg', '29.8% plus 915 JPY per kg'],
  ['(8.5%＋290.70円/1,000本)', '8.5% plus 290.7 JPY per 1000 pieces'],
  ['17%又は189円/kgのうちいずれか高い税率', 'the higher of (17% and 189 JPY per kg)'],
  ['2.5%又は0.76円/kgのうちいずれか低い税率', 'the lower of (2.5% and 0.76 JPY per kg)'],
  ['5.6%又は4.4%＋1.52円/㎡のうちいずれか高い税率', 'the higher of (5.6% and 4.4% plus 1.52 JPY per m²)'],
  ['60%又は4,800円/足のうちいずれか高い税率', 'the higher of (60% and 4800 JPY per pair)'],
  ['6%又は1.51円/本のうちいずれか高い税率', 'the higher of (6% and 1.51 JPY per piece)'],
  [
    '21.3%又は156.80円/lのうちいずれか低い税率\nただしその税率が93円/lを下回る場合は93円/l',
    'the higher of (the lower of (21.3% and 156.8 JPY per litre) and 93 JPY per litre)',
  ],
  [
    '9.3%又は7.19円/kgのうちいずれか高い税率（ただしその税率が50%を上回る場合は50%とする）',
    'the lower of (the higher of (9.3% and 7.19 JPY per kg) and 50%)',
  ],
  ['(73.70円−課税価格)/kg', '73.7 JPY less the customs value, per kg'],
  [
    '（393円×1.002-課税価格）/kg又は40.50円/kgのうちいずれか低い税率',
    'the lower of (393.786 JPY less the customs value, per kg and 40.5 JPY per kg)',
  ],
  [
    '1.9%又は((500円-課税価格)×10/16)/kgのうちいずれか低い税率',
    'the lower of (1.9% and 10/16 of (500 JPY less the customs value, per kg))',
  ],
  [
    '関税割当数量以内のもの　(577.15円/kg-課税価格/kg×0.6)又は4.3%のうちいずれか高い税率',
    'within the tariff quota the higher of (577.15 JPY less 0.6 × the customs value, per kg and 4.3%)',
  ],
  ['関税割当数量以内のもの　30.8%', 'within the tariff quota 30.8%'],
  ['関税割当数量以内のもの　170万円/頭', 'within the tariff quota 1700000 JPY per head'],
  ['関税割当数量以内のもの　free\n関税割当数量以外のもの　21.3%', 'within the tariff quota free, outside of it 21.3%'],
  ['関税割当数量以内のもの　free\nその他のもの　10%', 'within the tariff quota free, outside of it 10%'],
  [
    '（マレーシアに対する待遇）　3%\n（ベトナムに対する待遇）　2.6%\n（他の締約国に対する待遇）　1%',
    '3% for goods of Malaysia; 2.6% for goods of Vietnam; 1% for the other partners',
  ],
  [
    '（オーストラリア、カナダ及びニュージーランドに対する待遇）　1.1%\r\n（他の締約国に対する待遇）　free',
    '1.1% for goods of Australia, Canada, New Zealand; free for the other partners',
  ],
  ['毎年4月1日から同年8月31日までに輸入されるもの　free', 'free for imports from 04-01 to 08-31 of a year (month-day)'],
  ['●free又は非譲許', null],
  ['●free〜3.5%', null],
  ['◎free', null],
  ['※17.7%', null],
  ['free ◆2', null],
  ['*(55円/kg)', null],
  ['**(71.80円/kg)', null],
  ['free〜(5.5%)', null],
  ['(3%)〜(6%)', null],
  ['くらげ　free', null],
  ['くらげ　free\nその他のもの　5%', null],
  ['特恵輸入対象のもの　free', null],
  ['1頭につき、生きている豚に係る基準輸入価格と課税価格との差額', null],
  ['（（課税価格×（1.007-51.46/897.59）＋51.46円）-課税価格）/kg', null],
  ['関税割当数量以内のもの　※1%', null],
  ['（ウルグアイに対する待遇）　3%\n（他の締約国に対する待遇）　1%', null],
  ['361円/樽', null],
  ['361円', null],
  ['3,61円/kg', null],
  ['10%又は5円/kg', null],
  ['21.3%又は156.80円/lのうちいずれか低い税率\nただしその税率が93円/lを下回る場合は94円/l', null],
];

describe('a printed cell', () => {
  for (const [printed, expected] of vietNam)
    test(`of Viet Nam ${JSON.stringify(printed)} ${expected === null ? 'is not understood' : `is ${expected}`}`, () => {
      assert.equal(words(readVietNamCell(printed).rate), expected);
      assert.equal(readVietNamCell(printed).printed, printed);
    });

  for (const [printed, expected] of japanese)
    test(`of Japan ${JSON.stringify(printed)} ${expected === null ? 'is not understood' : `is ${expected}`}`, () => {
      assert.equal(words(japan(printed)), expected);
    });

  test('in parentheses as a whole is marked, a formula that begins with one is not', () => {
    assert.equal(readJapanCell('(361円/kg)', 'none').inParentheses, true);
    assert.equal(readJapanCell('（free）', 'none').inParentheses, true);
    assert.equal(readJapanCell('(73.70円−課税価格)/kg', 'none').inParentheses, undefined);
    assert.equal(readJapanCell('361円/kg', 'none').inParentheses, undefined);
  });

  test('that is empty means no preference only where the column is one of preference', () => {
    assert.deepEqual(readJapanCell('', 'none').rate, { kind: 'none' });
    assert.equal(readJapanCell('', 'nothing').rate, null);
  });

  test('with any percentage is read exactly, with point or comma', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(99), fc.constantFrom('.', ','), (whole, hundredths, point) => {
        const fraction = String(hundredths).padStart(2, '0');
        const exact = `${whole}.${fraction}`.replace(/\.?0+$/, (zeros) => (zeros.includes('.') ? '' : zeros));
        const stripped = exact.includes('.') ? exact.replace(/0+$/, '') : exact;
        const expected: Rate = stripped === '0' ? { kind: 'free' } : { kind: 'ad-valorem', percent: stripped };
        assert.deepEqual(readVietNamCell(`${whole}${point}${fraction}`).rate, expected);
        assert.deepEqual(japan(`${whole}.${fraction}%`), expected);
      }),
    );
  });

  test('of any text never fails, keeps what is printed, and its rate survives being written and read', () => {
    const pieces = fc.constantFrom(
      ...[
        '0',
        '5',
        '2,7',
        '7.5',
        '%',
        '円/kg',
        '円/頭',
        '又は',
        '＋',
        '/',
        '(',
        ')',
        '（',
        '）',
        '*',
        '●',
        '-KH',
        'M: ',
        '; ',
      ],
      ...['のうちいずれか高い税率', 'free', '　', '\n', '関税割当数量以内のもの', 'NHN: ', '課税価格', '×', 'Q', ' '],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 10 }).map((all) => all.join('')),
        ),
        (printed) => {
          for (const cell of [readVietNamCell(printed), readJapanCell(printed, 'nothing')]) {
            assert.equal(cell.printed, printed);
            if (cell.rate !== null) assert.deepEqual(readRate(JSON.parse(JSON.stringify(cell.rate))), cell.rate);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('of hostile length is done with at once', () => {
    const started = performance.now();
    for (const unit of ['0/', '0(-KH, ', '(', '5%又は', '1,000', '関税割当数量以内のもの　', '（カナダ', '、', ' '])
      for (const printed of [unit.repeat(20_000), `${unit.repeat(20_000)}!`]) {
        readVietNamCell(printed);
        readJapanCell(printed, 'none');
      }
    assert.ok(performance.now() - started < 2_000);
  });
});
