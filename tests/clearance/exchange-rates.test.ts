import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createDutyAssessor } from '../../src/clearance/duty.ts';
import { createRateBook, HELD_FOR_MILLISECONDS } from '../../src/clearance/exchange-rates.ts';
import { exchangeRateRoutes } from '../../src/http/routes/exchange-rates.ts';
import { tariffRoutes } from '../../src/http/routes/tariff.ts';
import { ensureSampleRates } from '../../src/region/sample-rates.ts';
import type { Reader } from '../../src/store/pool.ts';
import { startTestNode, type TestNode } from '../http/test-node.ts';
import { facts } from '../tariff/goods.ts';

const customs = { name: 'Viet Nam Customs', timeZone: 'Asia/Ho_Chi_Minh', currency: 'VND', offices: [] };

/** A clock that tests move, and a reader that counts what it is asked. */
const state = { milliseconds: 0, asked: 0 };
const book = createRateBook(() => state.milliseconds);
let node: TestNode;
let cookies: Record<'supervisor' | 'trader' | 'operator', string>;

const counting: Reader = {
  query: (statement) => {
    state.asked += 1;
    return node.pool.query(statement);
  },
};

before(async () => {
  node = await startTestNode({
    journeys: [...tariffRoutes('VN', customs, book), ...exchangeRateRoutes('VND', book)],
  });
  node.now = new Date('2026-11-24T20:00:00Z');
  cookies = {
    supervisor: await node.signIn(await node.enter('supervisor')),
    trader: await node.signIn(await node.enter('trader')),
    operator: await node.signIn(await node.enter('operator')),
  };
});
after(() => node.stop());

function record(body: object, cookie = cookies.supervisor) {
  return node.agent().post('/api/exchange-rates').set('Cookie', cookie).set('Idempotency-Key', randomUUID()).send(body);
}

function get(path: string, cookie = cookies.trader) {
  return node.agent().get(path).set('Cookie', cookie);
}

async function dollars(date: string): Promise<string | undefined> {
  const { items } = (await get(`/api/exchange-rates?currency=USD&date=${date}`).expect(200)).body;
  return items[0]?.rate;
}

describe('a rate of exchange', () => {
  test('holds from its first to its last day, the one that begins last before others', async () => {
    await record({ currency: 'USD', rate: '25000', source: 'Circular 1', validFrom: '2026-11-01' }).expect(201);
    await record({
      currency: 'USD',
      rate: '25450',
      source: 'Circular 2',
      validFrom: '2026-11-20',
      validUntil: '2026-11-26',
    }).expect(201);
    assert.equal(await dollars('2026-10-31'), undefined);
    assert.equal(await dollars('2026-11-01'), '25000');
    assert.equal(await dollars('2026-11-19'), '25000');
    assert.equal(await dollars('2026-11-20'), '25450');
    assert.equal(await dollars('2026-11-26'), '25450');
    assert.equal(await dollars('2026-11-27'), '25000');
  });

  test('is corrected by another row with its reason, and what was recorded stays', async () => {
    const wrong = { currency: 'EUR', rate: '2745', source: 'Circular 2', validFrom: '2026-11-20' };
    const first = await record(wrong).expect(201);
    const refused = await record({ ...wrong, rate: '27450' }).expect(422);
    assert.equal(refused.body.code, 'EXCHANGE-RATE-REASON-MISSING');
    await record({ ...wrong, rate: '27450', reason: 'A digit was missing.' }).expect(201);
    const { items } = (await get('/api/exchange-rates?currency=EUR').expect(200)).body;
    assert.deepEqual(
      items.map((item: { rate: string; reason: string | null }) => [item.rate, item.reason]),
      [
        ['27450', 'A digit was missing.'],
        ['2745', null],
      ],
    );
    assert.equal(items[1].id, first.body.id);
    const holds = (await get('/api/exchange-rates?currency=EUR&date=2026-11-24')).body.items;
    assert.deepEqual(
      holds.map((item: { rate: string }) => item.rate),
      ['27450'],
    );
    assert.equal(
      (await node.events('exchange-rate.recorded')).filter(({ subject }) => subject === first.body.id).length,
      1,
    );
  });

  test('is recorded by a supervisor alone, and read by whoever may read the tariff', async () => {
    const rate = { currency: 'GBP', rate: '32000', source: 'Circular 2', validFrom: '2026-11-20' };
    await record(rate, cookies.trader).expect(403);
    await get('/api/exchange-rates', cookies.operator).expect(403);
    await get('/api/exchange-rates').expect(200);
  });

  test('is refused with what is to be changed', async () => {
    const rate = { currency: 'USD', rate: '25450', source: 'Circular', validFrom: '2026-12-01' };
    for (const [change, code] of [
      [{ currency: 'VND' }, 'EXCHANGE-RATE-CURRENCY'],
      [{ currency: 'XXQ' }, 'EXCHANGE-RATE-CURRENCY'],
      [{ rate: '0' }, 'EXCHANGE-RATE-AMOUNT'],
      [{ rate: '0.000' }, 'EXCHANGE-RATE-AMOUNT'],
      [{ validUntil: '2026-11-30' }, 'EXCHANGE-RATE-PERIOD'],
    ] as const)
      assert.equal((await record({ ...rate, ...change }).expect(422)).body.code, code, JSON.stringify(change));
    for (const change of [
      { rate: '-1' },
      { rate: '1e9' },
      { rate: 25450 },
      { rate: '1,5' },
      { rate: '٣' },
      { units: '0' },
      { validFrom: '2026-02-30' },
      { validFrom: 'infinity' },
      { source: '' },
      { source: '\u202eevil' },
      { more: 'x' },
    ])
      await record({ ...rate, ...change }).expect(422);
    assert.equal((await get('/api/exchange-rates?date=2026-12-01&currency=USD')).body.items[0].rate, '25000');
  });
});

describe('the assessor of duty', () => {
  test('asks the database once for a day while what it holds is fresh', async () => {
    const assessor = createDutyAssessor('VN', customs, book);
    const motor = facts([{ commodityCode: '85013130', customsValue: { amount: '10000', currency: 'USD' } }]);
    const duty = async (date: string): Promise<string | undefined> =>
      (await assessor.assess(counting, motor, date)).claimedTotal?.amount;
    book.forget();
    state.asked = 0;
    assert.equal(await duty('2026-11-24'), '7635000');
    assert.equal(await duty('2026-11-24'), '7635000');
    assert.equal(state.asked, 1);
    assert.equal(await duty('2026-11-02'), '7500000');
    assert.equal(state.asked, 2);
    state.milliseconds += HELD_FOR_MILLISECONDS;
    assert.equal(await duty('2026-11-24'), '7635000');
    assert.equal(state.asked, 3);
    await record({
      currency: 'USD',
      rate: '25500',
      source: 'Circular 3',
      validFrom: '2026-11-20',
      reason: 'Corrected.',
    }).expect(201);
    assert.equal(await duty('2026-11-24'), '7650000');
  });

  test('holds nothing of a question that failed', async () => {
    const fresh = createRateBook();
    const failing: Reader = { query: () => Promise.reject(new Error('away')) };
    await assert.rejects(fresh.on(failing, '2026-11-24'), /away/);
    assert.ok((await fresh.on(node.pool, '2026-11-24')).has('USD'));
  });
});

describe('a tariff line for a trader', () => {
  test('has every rate in words and the duty of a value under each that holds', async () => {
    const reply = await get('/api/tariff/85013130?origin=TH&value=10000&currency=USD&date=2026-11-02').expect(200);
    assert.equal(reply.body.customsValue.amount, '250000000');
    assert.equal(reply.body.withoutPreference.words, '3%');
    assert.equal(reply.body.withoutPreference.duty.duty.amount, '7500000');
    const offer = (schedule: string) =>
      reply.body.schedules.find((each: { schedule: string }) => each.schedule === schedule);
    assert.equal(offer('atiga').duty.duty.amount, '0');
    assert.deepEqual(
      [offer('acfta').holds, offer('acfta').code, offer('acfta').words],
      [false, 'PREFERENCE-NOT-FOR-ORIGIN', '5%, not for goods of Cambodia, Thailand'],
    );
    assert.deepEqual([offer('aifta').holds, offer('aifta').code], [false, 'PREFERENCE-NONE']);
    assert.deepEqual([offer('ajcep').holds, offer('ajcep').duty.duty.amount], [true, '75000000']);
    assert.deepEqual([offer('cptpp').holds, offer('cptpp').code], [false, 'PREFERENCE-NOT-FOR-ORIGIN']);
    assert.deepEqual([offer('rcep_a').holds, offer('rcep_c').code], [true, 'SCHEDULE-PARTNER-NOT-ESTABLISHED']);
    assert.equal(reply.body.schedules.length, 23);
  });

  test('is answered in the form that the route promises', async () => {
    const schema = tariffRoutes('VN', customs, book)[0]?.replies[200]?.schema;
    assert.ok(schema);
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, keywords: ['says'] });
    const promised = ajv.compile(schema);
    for (const query of ['', '?origin=TH', '?origin=KR&value=12.5&currency=USD', '?value=1&currency=CHF'])
      for (const code of ['85013130', '04072100', '87021010', '98160000', '02031100']) {
        const { body } = await get(`/api/tariff/${code}${query}`).expect(200);
        assert.ok(promised(body), `${code}${query}: ${ajv.errorsText(promised.errors)}`);
      }
  });

  test('is of the day where the customs are when no date is given', async () => {
    // 20:00 in UTC is 03:00 of the next day in Ho Chi Minh City.
    assert.equal((await get('/api/tariff/85013130').expect(200)).body.date, '2026-11-25');
  });

  test('says why a value cannot be computed', async () => {
    const reply = await get('/api/tariff/85013130?origin=TH&value=1&currency=CHF').expect(200);
    assert.equal(reply.body.customsValue, null);
    assert.equal(reply.body.withoutPreference.duty.code, 'EXCHANGE-RATE-MISSING');
  });

  test('is refused by a code that is none, unknown or not unique, and to who may not read it', async () => {
    for (const [code, status, expected] of [
      ['850131', 422, 'TARIFF-LINE-NOT-UNIQUE'],
      ['99999999', 404, 'TARIFF-LINE-UNKNOWN'],
      ['8501', 422, 'COMMODITY-CODE-FORM'],
      ['85013130%27', 422, 'COMMODITY-CODE-FORM'],
      ['85013130?quantity=5', 422, 'QUANTITY-WITHOUT-UNIT'],
    ] as const)
      assert.equal((await get(`/api/tariff/${code}`).expect(status)).body.code, expected, code);
    const several = (await get('/api/tariff/850131')).body;
    assert.match(JSON.stringify(several), /85013130, 85013160, 85013170, 85013180/);
    for (const query of [
      'value=-1',
      'value=1e5',
      'origin=th',
      'date=2026-02-30',
      'currency=usd',
      'unit=K%20G&quantity=1',
      'more=1',
    ])
      assert.ok([400, 422].includes((await get(`/api/tariff/85013130?${query}`)).status), query);
    await get('/api/tariff/85013130', cookies.operator).expect(404);
    await node.agent().get('/api/tariff/85013130').expect(401);
  });
});

describe('the sample rates', () => {
  test('are recorded once, from a month ago, with their source', async () => {
    const fresh = await startTestNode();
    try {
      const now = new Date('2026-11-24T03:00:00Z');
      await ensureSampleRates(fresh.pool, 'VN', now);
      await ensureSampleRates(fresh.pool, 'VN', now);
      const rates = await createRateBook().on(fresh.pool, '2026-11-24');
      assert.deepEqual(
        ['USD', 'THB', 'JPY'].map((currency) => [rates.get(currency)?.units, rates.get(currency)?.rate]),
        [
          ['1', '26000'],
          ['1', '800'],
          ['100', '17333.33'],
        ],
      );
      assert.ok([...rates.values()].every(({ source }) => source === 'sample') && !rates.has('VND'));
      const { rows } = await fresh.pool.query<{ count: bigint }>({ text: 'select count(*) from exchange_rates' });
      assert.equal(rows[0]?.count, 7n);
    } finally {
      await fresh.stop();
    }
  });
});
