import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ItemFacts } from '../../src/documents/declaration/facts.ts';
import type { DutyFinding } from '../../src/tariff/assessment.ts';
import { assess, assessOne } from './goods.ts';

const vnd = (amount: string): Partial<ItemFacts> => ({ customsValue: { amount, currency: 'VND' } });
const jpy = (amount: string): Partial<ItemFacts> => ({ customsValue: { amount, currency: 'JPY' } });
const mass = (value: string, unit: string | null = 'KGM'): Partial<ItemFacts> => ({ netMass: { value, unit } });
const quantity = (value: string, unit: string): Partial<ItemFacts> => ({ tariffQuantity: { value, unit } });

/** The amount of duty, or the code of what stands in its way. */
function outcome(finding: DutyFinding): string {
  return finding.computed ? finding.duty.amount : finding.code;
}

type Case = readonly [
  says: string,
  country: 'VN' | 'JP',
  item: Partial<ItemFacts>,
  claimed: string,
  mostFavouredNation: string,
];

// Worked by hand from the lines as printed.
const cases: readonly Case[] = [
  [
    '8501.31.30: ATIGA 0, MFN 3% of 254,500,000',
    'VN',
    { commodityCode: '85013130', preferenceCode: '301', ...vnd('254500000') },
    '0',
    '7635000',
  ],
  [
    '8501.31.30 in dollars: 10,000 × 25,450 × 3%',
    'VN',
    { commodityCode: '85013130', customsValue: { amount: '10000', currency: 'USD' } },
    '7635000',
    '7635000',
  ],
  [
    '0203.11.00: CPTPP 2,7 for Japan, MFN 25; 1,234,567 × 2.7% = 33,333.309',
    'VN',
    { commodityCode: '02031100', originCountry: 'JP', preferenceCode: '303', ...vnd('1234567') },
    '33333',
    '308642',
  ],
  [
    '0203.11.00: CPTPP second rate M is not Peru',
    'VN',
    { commodityCode: '02031100', originCountry: 'PE', preferenceCode: '303', ...vnd('1000') },
    '27',
    '250',
  ],
  [
    '0203.11.00: CPTPP second rate M may be Mexico',
    'VN',
    { commodityCode: '02031100', originCountry: 'MX', preferenceCode: '303', ...vnd('1000') },
    'TARIFF-RATE-NOT-ESTABLISHED',
    '250',
  ],
  [
    '1504.30.00: 1,2/0 has no known day',
    'VN',
    { commodityCode: '15043000', originCountry: 'JP', preferenceCode: '303', ...vnd('1000') },
    'TARIFF-RATE-NOT-ESTABLISHED',
    '50',
  ],
  [
    '1211.90.11: 0/0(-LA, KR) is free for Thailand either way',
    'VN',
    { commodityCode: '12119011', originCountry: 'TH', preferenceCode: '307', ...vnd('1000') },
    '0',
    '50',
  ],
  [
    '1211.90.11: 0/0(-LA, KR) is not established for Korea',
    'VN',
    { commodityCode: '12119011', originCountry: 'KR', preferenceCode: '307', ...vnd('1000') },
    'TARIFF-RATE-NOT-ESTABLISHED',
    '50',
  ],
  [
    '2005.99.10: AKFTA 0(-LA, MY) not for Malaysia',
    'VN',
    { commodityCode: '20059910', originCountry: 'MY', preferenceCode: '307', ...vnd('1000') },
    'PREFERENCE-NOT-FOR-ORIGIN',
    '320',
  ],
  [
    '2005.99.10: AKFTA 0(-LA, MY) for Korea',
    'VN',
    { commodityCode: '20059910', originCountry: 'KR', preferenceCode: '307', ...vnd('1000') },
    '0',
    '320',
  ],
  [
    '0407.21.00: MFN within the quota 40, outside 80',
    'VN',
    { commodityCode: '04072100', ...vnd('1000') },
    'TARIFF-QUOTA',
    'TARIFF-QUOTA',
  ],
  [
    '8702.10.10: MFN stands in chapter 98',
    'VN',
    { commodityCode: '87021010', ...vnd('1000') },
    'TARIFF-RATE-ELSEWHERE',
    'TARIFF-RATE-ELSEWHERE',
  ],
  [
    '0101.21.00: RCEP column of Japan not established',
    'VN',
    { commodityCode: '01012100', originCountry: 'JP', preferenceCode: '302', ...vnd('1000') },
    'SCHEDULE-PARTNER-NOT-ESTABLISHED',
    '0',
  ],
  [
    '0101.29.00: RCEP for Thailand free',
    'VN',
    { commodityCode: '01012900', originCountry: 'TH', preferenceCode: '302', ...vnd('1000') },
    '0',
    '50',
  ],
  [
    '1006.30.30: ACFTA not for Thailand',
    'VN',
    { commodityCode: '10063030', originCountry: 'TH', preferenceCode: '306', ...vnd('1000') },
    'PREFERENCE-NOT-FOR-ORIGIN',
    '400',
  ],
  [
    '8708.29.17: AJCEP * gives none',
    'VN',
    { commodityCode: '87082917', originCountry: 'JP', preferenceCode: '304', ...vnd('1000') },
    'PREFERENCE-NONE',
    '150',
  ],
  [
    '2203.00.11: AANZFTA 40% though MFN is 35%: what is claimed is what is computed',
    'VN',
    { commodityCode: '22030011', originCountry: 'AU', preferenceCode: '308', ...vnd('1000') },
    '400',
    '350',
  ],
  [
    'the preferential origin counts for the claim',
    'VN',
    {
      commodityCode: '20059910',
      originCountry: 'MY',
      preferentialOriginCountry: 'KR',
      preferenceCode: '307',
      ...vnd('1000'),
    },
    '0',
    '320',
  ],
  [
    'no party to the agreement',
    'VN',
    { commodityCode: '85013130', originCountry: 'US', preferenceCode: '301', ...vnd('1000') },
    'PREFERENCE-NOT-FOR-ORIGIN',
    '30',
  ],
  [
    'an unknown preference code',
    'VN',
    { commodityCode: '85013130', preferenceCode: '399', ...vnd('1000') },
    'PREFERENCE-CODE-UNKNOWN',
    '30',
  ],
  [
    'six digits with several lines below',
    'VN',
    { commodityCode: '850131', ...vnd('1000') },
    'TARIFF-LINE-NOT-UNIQUE',
    'TARIFF-LINE-NOT-UNIQUE',
  ],
  [
    'a line that is not there',
    'VN',
    { commodityCode: '99999999', ...vnd('1000') },
    'TARIFF-LINE-UNKNOWN',
    'TARIFF-LINE-UNKNOWN',
  ],
  ['no value at all', 'VN', { commodityCode: '85013130' }, 'CUSTOMS-VALUE-MISSING', 'CUSTOMS-VALUE-MISSING'],
  [
    'a currency without a rate',
    'VN',
    { commodityCode: '85013130', customsValue: { amount: '1', currency: 'CHF' } },
    'EXCHANGE-RATE-MISSING',
    'EXCHANGE-RATE-MISSING',
  ],

  [
    '0101.21-290: 3 head × 3,400,000 (WTO, lower than 4,000,000)',
    'JP',
    { commodityCode: '010121290', ...jpy('50000000'), ...quantity('3', 'HEA') },
    '10200000',
    '10200000',
  ],
  [
    '0101.21-290: no quantity in heads',
    'JP',
    { commodityCode: '010121290', ...jpy('50000000'), ...mass('1500') },
    'QUANTITY-MISSING',
    'QUANTITY-MISSING',
  ],
  [
    '0101.21-290: CPTPP free needs no quantity',
    'JP',
    { commodityCode: '010121290', originCountry: 'VN', preferenceCode: '303', ...jpy('50000000') },
    '0',
    'QUANTITY-MISSING',
  ],
  [
    '0408.19-000: WTO the higher of 20% and 48/kg: 20,000 < 48,000 < general 60,000',
    'JP',
    { commodityCode: '040819000', ...jpy('100000'), ...mass('1', 'TNE') },
    '48000',
    '48000',
  ],
  [
    '0408.19-000: 1,000,000 for 1,000 kg: 20% = 200,000',
    'JP',
    { commodityCode: '040819000', ...jpy('1000000'), ...mass('1000') },
    '200000',
    '200000',
  ],
  [
    '5208.11-010: WTO 5.6% = 56,000, lower than 44,000 + 1.52 × 10,000',
    'JP',
    { commodityCode: '520811010', ...jpy('1000000'), ...quantity('10000', 'MTK') },
    '56000',
    '56000',
  ],
  ['6403.20-011: temporary 24%, WTO (24%)', 'JP', { commodityCode: '640320011', ...jpy('125000') }, '30000', '30000'],
  [
    '2204.21-020: 15% of 300,000 = 45,000, at least 67 × 1,000 l; general 93,000',
    'JP',
    { commodityCode: '220421020', ...jpy('300000'), ...quantity('1', 'MTQ') },
    '67000',
    '67000',
  ],
  [
    '2204.21-020: 15% of 600,000 = 90,000, under 125,000; general 127,800',
    'JP',
    { commodityCode: '220421020', ...jpy('600000'), ...quantity('10', 'HLT') },
    '90000',
    '90000',
  ],
  [
    '4412.31-932: CPTPP 2.6% for Viet Nam',
    'JP',
    { commodityCode: '441231932', originCountry: 'VN', preferenceCode: '303', ...jpy('1000000') },
    '26000',
    '60000',
  ],
  [
    '7403.11-020: RCEP the lower of 1.9% = 9,405 and 10/16 of 5,000 = 3,125; WTO 3% of 495,000 = 14,850, general 5,000',
    'JP',
    { commodityCode: '740311020', originCountry: 'VN', preferenceCode: '302', ...jpy('495000'), ...mass('1000') },
    '3125',
    '5000',
  ],
  [
    '7403.11-020: value above the reference price',
    'JP',
    { commodityCode: '740311020', originCountry: 'VN', preferenceCode: '302', ...jpy('600000'), ...mass('1000') },
    'VALUE-OUTSIDE-LINE',
    'VALUE-OUTSIDE-LINE',
  ],
  [
    '0703.10-012: 73.70 × 1,000 − 70,000 = 3,700, lower than 8.5% = 5,950',
    'JP',
    { commodityCode: '070310012', ...jpy('70000'), ...mass('1000') },
    '3700',
    '3700',
  ],
  ['2402.20-000: temporary free', 'JP', { commodityCode: '240220000', ...jpy('1000000') }, '0', '0'],
  [
    '1701.13-000: WTO 35.30/kg × 12.5 kg = 441.25',
    'JP',
    { commodityCode: '170113000', ...jpy('2000'), ...mass('12500', 'GRM') },
    '441',
    '441',
  ],
  [
    '2710.12-131: 934/kl × 2,500 l',
    'JP',
    { commodityCode: '271012131', ...jpy('100000'), ...quantity('2500', 'LTR') },
    '2335',
    '2335',
  ],
  [
    '1212.21-100: CPTPP 1.28 a sheet, general 1.50',
    'JP',
    {
      commodityCode: '121221100',
      originCountry: 'SG',
      preferenceCode: '303',
      ...jpy('100000'),
      ...quantity('1000', 'ST'),
    },
    '1280',
    '1500',
  ],
  [
    '0803.90-100 bananas: two seasons, the source does not say which',
    'JP',
    { commodityCode: '080390100', originCountry: 'PH', ...jpy('1000') },
    'TARIFF-RATE-NOT-ESTABLISHED',
    'TARIFF-RATE-NOT-ESTABLISHED',
  ],
  [
    '1001.11-090: *(55円/kg) was not understood',
    'JP',
    { commodityCode: '100111090', ...jpy('1000') },
    'TARIFF-CELL-NOT-UNDERSTOOD',
    'TARIFF-CELL-NOT-UNDERSTOOD',
  ],
  [
    '1701.13-000: CPTPP within the quota free, outside 35.30/kg',
    'JP',
    { commodityCode: '170113000', originCountry: 'AU', preferenceCode: '303', ...jpy('1000'), ...mass('1') },
    'TARIFF-QUOTA',
    '35',
  ],
  [
    'a mass without a unit is not used',
    'JP',
    { commodityCode: '170113000', ...jpy('1000'), ...mass('1', null) },
    'QUANTITY-MISSING',
    'QUANTITY-MISSING',
  ],
];

describe('duty by the real tariffs', () => {
  for (const [says, country, item, claimed, mostFavouredNation] of cases)
    test(`${country} ${says}`, () => {
      const assessed = assessOne(country, item);
      assert.deepEqual(
        [outcome(assessed.claimed), outcome(assessed.mostFavouredNation)],
        [claimed, mostFavouredNation],
        JSON.stringify(assessed, null, 1),
      );
    });

  test('shows each step of the working, the rounding last', () => {
    const { claimed, valueWorking, customsValue } = assessOne('VN', {
      commodityCode: '02031100',
      originCountry: 'JP',
      preferenceCode: '303',
      customsValue: { amount: '48.51', currency: 'USD' },
    });
    assert.deepEqual(customsValue, { amount: '1234579.5', currency: 'VND' });
    assert.deepEqual(valueWorking, [
      { words: 'customs value as declared', result: 'USD 48.51' },
      { words: 'USD 48.51 at 25450 VND for 1 USD (sample, from 2026-11-20)', result: 'VND 1234579.5' },
    ]);
    assert.ok(claimed.computed);
    assert.deepEqual(claimed.working, [
      { words: '2.7% of the customs value VND 1234579.5', result: 'VND 33333.6465' },
      { words: 'rounded half up to 0 decimals', result: 'VND 33334' },
    ]);
    assert.deepEqual(claimed.rate, {
      schedule: 'cptpp',
      words: '2.7%',
      printed: '2,7; M: 5,4',
      source: 'Viet Nam 2026-01, 02031100',
      status: 'as-published',
    });
  });

  test('shows a cell that was not understood as it is printed', () => {
    const { claimed } = assessOne('JP', { commodityCode: '100111090', ...jpy('1000') });
    assert.ok(!claimed.computed);
    assert.equal(claimed.rate?.printed, '*(55円/kg)');
    assert.equal(claimed.rate?.words, 'not understood: *(55円/kg)');
  });

  test('names the agreement of a claim, and none where 100 says that none is claimed', () => {
    assert.equal(assessOne('VN', { commodityCode: '85013130', preferenceCode: '301' }).agreement, 'ATIGA-FORM-D');
    const none = assessOne('VN', { commodityCode: '85013130', preferenceCode: '100' });
    assert.deepEqual([none.preferenceCode, none.agreement], [null, null]);
  });

  test('has a total only when every item is computed, and then the sum of what is shown', () => {
    const motor = { commodityCode: '85013130', preferenceCode: '301', ...vnd('1050') };
    const whole = assess('VN', [motor, { ...motor, preferenceCode: '100' }]);
    assert.deepEqual(whole.claimedTotal, { amount: '32', currency: 'VND' });
    assert.deepEqual(whole.mostFavouredNationTotal, { amount: '64', currency: 'VND' });
    const broken = assess('VN', [motor, { commodityCode: '99999999', ...vnd('1') }]);
    assert.equal(broken.claimedTotal, null);
    assert.equal(broken.mostFavouredNationTotal, null);
  });

  test('is not computed in a country without a tariff', () => {
    assert.equal(outcome(assessOne('TH', { commodityCode: '85013130', ...vnd('1') }).claimed), 'TARIFF-MISSING');
  });

  test('is not computed by an edition for days outside of it', () => {
    for (const date of ['2025-12-31', '2027-01-01'])
      assert.equal(
        outcome(assessOne('VN', { commodityCode: '85013130', ...vnd('1000') }, { date }).claimed),
        'TARIFF-NOT-IN-FORCE',
      );
  });
});

describe('the customs value of an item', () => {
  const invoice = (amount: string): Partial<ItemFacts> => ({
    commodityCode: '85013130',
    invoiceAmount: { amount, currency: 'USD' },
  });
  const charge = (type: string | null, amount: string) => ({
    pointer: '',
    type,
    amount: { amount, currency: 'USD' },
  });

  test('is what is declared, before any invoice', () => {
    const item = assessOne('VN', { ...invoice('10'), ...vnd('1000') });
    assert.deepEqual(item.customsValue, { amount: '1000', currency: 'VND' });
  });

  test('is else the invoice with its share of freight and insurance', () => {
    const { items } = assess('VN', [invoice('100'), invoice('200')], {
      facts: { charges: [charge('freight', '10'), charge('AK', '2'), charge('BA', '3')] },
    });
    // (100 + 9 × 1/3) × 25,450 and (200 + 9 × 2/3) × 25,450
    assert.deepEqual(
      items.map(({ customsValue }) => customsValue?.amount),
      ['2621350', '5242700'],
    );
    assert.deepEqual(
      items[0]?.valueWorking.map(({ words }) => words),
      [
        'invoice amount of the item',
        'USD 100 at 25450 VND for 1 USD (sample, from 2026-11-20)',
        'freight of the shipment, added',
        'USD 10 at 25450 VND for 1 USD (sample, from 2026-11-20)',
        'charge AK of the shipment, added',
        'USD 2 at 25450 VND for 1 USD (sample, from 2026-11-20)',
        'charge BA of the shipment, taken off',
        'USD 3 at 25450 VND for 1 USD (sample, from 2026-11-20)',
        'share of the item: 100 of 300 USD',
        'customs value',
      ],
    );
  });

  test('takes charges of the item whole', () => {
    const item = assessOne('VN', { ...invoice('100'), charges: [charge('AK', '20')] });
    assert.equal(item.customsValue?.amount, '3054000');
  });

  test('is not guessed where a charge does not say whether it is added, or an item states no amount', () => {
    assert.equal(
      outcome(assessOne('VN', { ...invoice('100'), charges: [charge('144', '20')] }).claimed),
      'CUSTOMS-VALUE-MISSING',
    );
    assert.equal(
      outcome(assessOne('VN', { ...invoice('100'), charges: [charge('BA', '101')] }).claimed),
      'CUSTOMS-VALUE-MISSING',
    );
    const { items } = assess('VN', [invoice('100'), { commodityCode: '85013130', ...vnd('1') }], {
      facts: { charges: [charge('freight', '10')] },
    });
    assert.deepEqual(
      items.map(({ claimed }) => outcome(claimed)),
      ['CUSTOMS-VALUE-MISSING', '0'],
    );
  });

  test('of a share without end is shown to two decimals more than the currency has', () => {
    const { items } = assess('VN', [invoice('1'), invoice('2')], { facts: { charges: [charge('freight', '0.01')] } });
    // (1 + 0.01/3) × 25,450 = 25,534.8333…
    assert.equal(items[0]?.customsValue?.amount, '25534.83');
  });
});
