import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { computeDuty, type DutyBase } from '../../src/tariff/compute-duty.ts';
import { Exact, minorUnits, roundToCurrency } from '../../src/tariff/exchange-rate.ts';
import type { Rate } from '../../src/tariff/rate.ts';
import { rateWords } from '../../src/tariff/rate-words.ts';
import { readRate } from '../../src/tariff/read-rate.ts';
import { settleRate } from '../../src/tariff/settle-rate.ts';
import { findLine, tariffOf } from '../../src/tariff/tariff.ts';
import { inUnit } from '../../src/tariff/unit-conversion.ts';
import { assess, assessOne } from './goods.ts';

const decimal = (whole: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.nat(whole), fc.nat(99))
    .map(([units, hundredths]) => new Exact(hundredths).div(100).plus(units).toFixed());

const simple: fc.Arbitrary<Rate> = fc.oneof(
  fc.constant<Rate>({ kind: 'free' }),
  decimal(100).map((percent): Rate => ({ kind: 'ad-valorem', percent })),
  decimal(5000).map(
    (amount): Rate => ({ kind: 'specific', amount, currency: 'JPY', per: { count: '1', unit: 'KGM' } }),
  ),
);
const rate: fc.Arbitrary<Rate> = fc.letrec<{ rate: Rate }>((tie) => ({
  rate: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    simple,
    fc
      .tuple(fc.constantFrom('sum', 'higher', 'lower'), fc.array(tie('rate'), { minLength: 2, maxLength: 3 }))
      .map(([kind, of]): Rate => ({ kind, of })),
  ),
})).rate;

function base(value: string, kilograms: string): DutyBase {
  return {
    value: new Exact(value),
    currency: 'JPY',
    quantities: [{ words: 'net mass', value: kilograms, unit: 'KGM' }],
    exchangeRates: new Map(),
    date: '2026-11-24',
    mostFavouredNation: null,
  };
}

function exact(of: Rate, value: string, kilograms: string): Exact {
  const duty = computeDuty(of, base(value, kilograms));
  assert.ok(duty.computed);
  return duty.duty;
}

describe('duty', () => {
  test('never falls when the value rises, nor when the quantity does', () => {
    fc.assert(
      fc.property(rate, decimal(1e9), decimal(1e9), decimal(1e6), decimal(1e6), (of, one, other, light, heavy) => {
        const [less, more] = new Exact(one).lte(other) ? [one, other] : [other, one];
        const [few, many] = new Exact(light).lte(heavy) ? [light, heavy] : [heavy, light];
        assert.ok(exact(of, less, few).lte(exact(of, more, few)));
        assert.ok(exact(of, more, few).lte(exact(of, more, many)));
      }),
    );
  });

  test('of a sum is the sum, of the higher and the lower one of the two, and none is below zero', () => {
    fc.assert(
      fc.property(rate, rate, decimal(1e9), decimal(1e6), (one, other, value, mass) => {
        const [first, second] = [exact(one, value, mass), exact(other, value, mass)];
        assert.ok(exact({ kind: 'sum', of: [one, other] }, value, mass).equals(first.plus(second)));
        const higher = exact({ kind: 'higher', of: [one, other] }, value, mass);
        const lower = exact({ kind: 'lower', of: [one, other] }, value, mass);
        assert.ok(higher.plus(lower).equals(first.plus(second)) && higher.gte(lower) && !lower.isNegative());
      }),
    );
  });

  test('of an ad valorem rate is exact to the last digit, however large the value', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), fc.nat(99_999), (value, thousandths) => {
        const percent = new Exact(thousandths).div(1000).toFixed();
        const duty = exact({ kind: 'ad-valorem', percent }, String(value), '1');
        assert.equal(duty.times(100_000).toFixed(), String(value * BigInt(thousandths)));
      }),
    );
  });

  test('is rounded half up to the minor unit of the currency, once', () => {
    for (const [amount, currency, rounded] of [
      ['0.5', 'VND', '1'],
      ['0.4999999999999999999999', 'JPY', '0'],
      ['2.345', 'THB', '2.35'],
      ['2.3449', 'USD', '2.34'],
      ['1.0005', 'BHD', '1.001'],
      ['7', 'USD', '7.00'],
    ] as const)
      assert.equal(roundToCurrency(new Exact(amount), currency), rounded);
  });

  test('of a real line rises with the value, and of several items is their sum', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9), { minLength: 1, maxLength: 5 }), (values) => {
        const { items, mostFavouredNationTotal } = assess(
          'VN',
          values.map((amount) => ({
            commodityCode: '85013130',
            customsValue: { amount: String(amount), currency: 'VND' },
          })),
        );
        const duties = items.map(({ mostFavouredNation }) =>
          mostFavouredNation.computed ? BigInt(mostFavouredNation.duty.amount) : -1n,
        );
        assert.equal(mostFavouredNationTotal?.amount, String(duties.reduce((one, other) => one + other, 0n)));
        for (const [place, duty] of duties.entries()) {
          const thrice = BigInt(values[place] ?? 0) * 3n;
          assert.equal(duty, (thrice + 50n) / 100n);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('shares freight out so that the values of the items are those of the whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 7 }),
        fc.nat(1e6),
        (invoices, freight) => {
          const { items } = assess(
            'VN',
            invoices.map((amount) => ({
              commodityCode: '85013130',
              invoiceAmount: { amount: String(amount), currency: 'VND' },
            })),
            {
              facts: {
                charges: [{ pointer: '', type: 'freight', amount: { amount: String(freight), currency: 'VND' } }],
              },
            },
          );
          const sum = items.reduce((all, { customsValue }) => all.plus(customsValue?.amount ?? 0), new Exact(0));
          const whole = invoices.reduce((all, amount) => all + amount, freight);
          assert.ok(sum.minus(whole).abs().lte(new Exact('0.005').times(items.length)), `${sum} ${whole}`);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of 9,999 items with charges to share out is assessed in the time of a request', () => {
    const items = Array.from({ length: 9_999 }, (_, index) => ({
      commodityCode: ['85013130', '850131', '02031100', '99999999'][index % 4] ?? '',
      preferenceCode: '301',
      invoiceAmount: { amount: String(index + 1), currency: 'USD' },
    }));
    const charges = Array.from({ length: 500 }, () => ({
      pointer: '',
      type: 'AK',
      amount: { amount: '3.33', currency: 'USD' },
    }));
    assess('VN', items.slice(0, 100));
    const started = performance.now();
    const assessment = assess('VN', items, { facts: { charges } });
    const took = performance.now() - started;
    assert.equal(assessment.items.length, 9_999);
    assert.ok(took < 3_000, `${took} ms`);
  });

  test('has one outcome for every code and value: an amount, or a code with a reason', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('VN' as const, 'JP' as const),
        fc.stringMatching(/^[0-9]{0,12}$/),
        fc.option(fc.constantFrom('TH', 'JP', 'KR', 'MX', 'GB', 'XX'), { nil: null }),
        fc.option(fc.constantFrom('100', '301', '302', '303', '304', '307', ''), { nil: null }),
        (country, commodityCode, originCountry, preferenceCode) => {
          const item = assessOne(country, {
            commodityCode,
            originCountry,
            preferenceCode,
            customsValue: { amount: '1000', currency: 'USD' },
          });
          for (const finding of [item.claimed, item.mostFavouredNation]) {
            if (finding.computed) assert.match(finding.duty.amount, /^\d+$/);
            else assert.ok(/^[A-Z][A-Z-]+$/.test(finding.code) && finding.reason.endsWith('.'));
          }
        },
      ),
    );
  });
});

describe('a rate', () => {
  const origins = ['TH', 'JP', 'MX', 'MY', 'KR', 'LA', null];

  test('of every cell of the tariffs survives being read, has words, and settles or says why not', () => {
    for (const country of ['VN', 'JP']) {
      const { cells } = JSON.parse(
        readFileSync(new URL(`../../schemas/tariffs/${country}.json`, import.meta.url), 'utf8'),
      );
      for (const cell of cells) {
        if (cell.rate === undefined) continue;
        const read = readRate(cell.rate);
        assert.deepEqual(read, cell.rate);
        assert.notEqual(rateWords(read), '');
        for (const originCountry of origins) {
          const settled = settleRate(read, { originCountry, date: '2026-06-15', mostFavouredNation: { kind: 'free' } });
          if (!settled.settled) assert.ok(settled.reason.length > 0);
          else {
            const duty = computeDuty(settled.rate, { ...base('1', '1'), mostFavouredNation: { kind: 'free' } });
            assert.ok(duty.computed || duty.code !== 'TARIFF-RATE-NOT-ESTABLISHED', JSON.stringify(cell));
          }
        }
      }
    }
  });

  test('of another form is refused when a file is read', () => {
    for (const wrong of [
      null,
      'free',
      {},
      { kind: 'guess' },
      { kind: 'ad-valorem', percent: 5 },
      { kind: 'sum', of: 'x' },
    ])
      assert.throws(() => readRate(wrong), /no known form/);
  });

  test('of a season holds on its first and last day and not on the day after', () => {
    const season: Rate = { kind: 'seasonal', from: '04-01', to: '08-31', rate: { kind: 'free' } };
    const over: Rate = { kind: 'seasonal', from: '11-01', to: '02-28', rate: { kind: 'free' } };
    for (const [of, date, holds] of [
      [season, '2026-03-31', false],
      [season, '2026-04-01', true],
      [season, '2026-08-31', true],
      [season, '2026-09-01', false],
      [over, '2026-12-31', true],
      [over, '2026-01-15', true],
      [over, '2026-03-01', false],
    ] as const)
      assert.equal(settleRate(of, { originCountry: 'AU', date, mostFavouredNation: null }).settled, holds, date);
  });

  test('that is a part of the rate without preference takes that part of its duty', () => {
    const duty = computeDuty(
      { kind: 'percent-of-mfn', percent: '150' },
      { ...base('1000', '1'), mostFavouredNation: { kind: 'ad-valorem', percent: '70' } },
    );
    assert.ok(duty.computed);
    assert.equal(duty.duty.toFixed(), '1050');
  });
});

describe('a quantity', () => {
  test('is converted only where one unit is an exact multiple of the other', () => {
    for (const [value, from, to, converted] of [
      ['1', 'TNE', 'KGM', '1000'],
      ['250', 'GRM', 'KGM', '0.25'],
      ['1', 'LBR', 'KGM', '0.45359237'],
      ['2', 'MTQ', 'LTR', '2000'],
      ['2500', 'LTR', 'K6', '2.5'],
      ['3', 'DZN', 'C62', '36'],
      ['5', 'NPR', 'PR', '5'],
      ['5', 'XYZ', 'XYZ', '5'],
      ['1', 'LTR', 'KGM', null],
      ['1', 'PR', 'C62', null],
      ['1', 'XYZ', 'KGM', null],
    ] as const)
      assert.equal(inUnit(value, from, to)?.toFixed() ?? null, converted, `${value} ${from} in ${to}`);
  });
});

describe('a currency', () => {
  test('has the digits of ISO 4217', () => {
    assert.deepEqual(['VND', 'JPY', 'THB', 'USD', 'KWD', 'IDR'].map(minorUnits), [0, 0, 2, 2, 3, 2]);
  });
});

describe('a tariff line', () => {
  test('is found by its code, by a shorter one when it is the only line below, and by a longer one', () => {
    const tariff = tariffOf('VN');
    assert.ok(tariff);
    const code = (asked: string): string | readonly string[] => {
      const search = findLine(tariff, asked);
      if (search.found) return search.line.code;
      return search.code === 'TARIFF-LINE-NOT-UNIQUE' ? search.lines : search.code;
    };
    assert.equal(code('85013130'), '85013130');
    assert.equal(code('8501313000'), '85013130');
    assert.equal(code('010121'), '01012100');
    assert.deepEqual(code('850131'), ['85013130', '85013160', '85013170', '85013180']);
    for (const unknown of ['', '8501', '85013', 'abcdefgh', '8501313', '__proto__', 'constructor'])
      assert.equal(typeof code(unknown), 'string', unknown);
  });

  test('is missing in a country whose tariff is not held', () => {
    for (const country of ['TH', 'SG', '', '../VN', '__proto__']) assert.equal(tariffOf(country), null);
  });
});
