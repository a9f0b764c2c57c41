import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { LARGEST_DECLARATION } from '../../src/clearance/received-document.ts';
import type { JsonObject, JsonValue } from '../../src/documents/json.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { bodyOf, declarationOf } from './clearing.ts';
import { HIDING, replaced, TELLING, textPlaces, UNREADABLE } from './route-bodies.ts';
import { assertNoInternals, assertReady, countRows, nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

/** Values that a program could misread: numbers, dates and identifiers that are none, or not quite. */
const ODD: readonly string[] = [
  ...['', ' ', '-1', '+1', '1e5', '1e400', 'NaN', 'Infinity', '0x10', '1,5', '.5', '5.', '00000000001', '١٢', '１２'],
  ...[
    '0',
    '0.0000000001',
    '9'.repeat(16),
    '9'.repeat(40),
    `0.${'1'.repeat(40)}`,
    `${'9'.repeat(20)}.${'9'.repeat(20)}`,
  ],
  ...['2026-02-30', '99991231', '__proto__', 'null', 'a/b/../c', '../../etc/passwd', 'ATIGA-TH-2026-0000001-V/999999'],
];

describe('H2–H5: hostile values in every place of a declaration', () => {
  let region: TestRegion;
  let cookie: string;
  let officer: string;
  before(async () => {
    region = await startTestRegion(['VN']);
    cookie = await signIn(region, 'VN', 'importer');
    officer = await signIn(region, 'VN', 'clearance');
  });
  after(() => region.end());

  const send = async (path: string, body: unknown): Promise<WebAnswer> => {
    const answer = await ask(region, 'VN', cookie, 'POST', path, body);
    assertNoInternals(answer.text);
    return answer;
  };
  const good = (): JsonObject =>
    declarationOf({
      typeCode: 'IMA',
      agentId: '0209988776',
      items: [
        { preferenceCode: '301', certificate: { id: 'ATIGA-TH-2026-0000001-V', quantity: '5' } },
        { documents: [{ category: 'N', type: '271', id: 'PL-1' }] },
      ],
    });

  test('each is refused, or checked and lodged and read again; none is ever a failure inside', async () => {
    const places = textPlaces(good());
    const values = [...ODD, ...TELLING.map(([, text]) => text), ...HIDING.map(([, text]) => text)];
    const wrong: string[] = [];
    let lodged = 0;
    for (const [at, place] of places.entries())
      for (const [n, value] of values.entries()) {
        // Every place gets some of the values, and every value comes to some of the places.
        if ((at * 5 + n) % 11 !== 0) continue;
        const body = replaced(good(), place, value);
        const checked = await send('/api/declarations/check', body);
        const name = `${place.join('/')} = ${value.slice(0, 60)}`;
        if (checked.code === 'DECLARANT-NOT-YOURS') continue;
        if (checked.status !== 200) wrong.push(`check ${name}: ${checked.status} ${checked.text.slice(0, 200)}`);
        if (checked.status !== 200 || bodyOf(checked)['valid'] !== true) continue;
        const answer = await send('/api/declarations', body);
        if (![201, 403, 404, 409, 422].includes(answer.status))
          wrong.push(`lodge ${name}: ${answer.status} ${answer.text.slice(0, 200)}`);
        if (answer.status !== 201) continue;
        lodged += 1;
        const { mrn } = bodyOf(answer);
        for (const path of ['', '/verdict']) {
          const read = await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}${path}`);
          // Of another office than the officer's it is not told.
          if (read.status !== 200 && !place.includes('declarationOfficeID'))
            wrong.push(`read ${path} ${name}: ${read.status} ${read.text.slice(0, 200)}`);
        }
      }
    assert.deepEqual(wrong, []);
    assert.ok(lodged > 5, `${lodged} were lodged`);
    assert.equal((await ask(region, 'VN', officer, 'GET', '/api/worklist')).status, 200);
  });

  test('H3: what hides something is refused in every place, and nothing is stored', async () => {
    const before = await countRows(nodeOf(region, 'VN'));
    const wrong: string[] = [];
    for (const [at, place] of textPlaces(good()).entries()) {
      const [what, text] = HIDING[at % HIDING.length] ?? ['', ''];
      const answer = await send('/api/declarations', replaced(good(), place, text));
      if (answer.status !== 422) wrong.push(`${what} in ${place.join('/')}: ${answer.status}`);
    }
    assert.deepEqual(wrong, []);
    assert.deepEqual(await countRows(nodeOf(region, 'VN')), before);
  });

  test('H2: what cannot be read as JSON is refused, also millions of values, in bounded time', async () => {
    const before = await countRows(nodeOf(region, 'VN'));
    const most = LARGEST_DECLARATION - 100;
    const filled = (one: string): string => `{"declaration":[${one.repeat(Math.floor(most / one.length) - 20)}0]}`;
    const bodies: readonly (readonly [string, string])[] = [
      ...UNREADABLE.map(([what, make]) => [what, make(JSON.stringify(good()))] as const),
      ['millions of objects', filled('{},')],
      ['a depth of ten millions', `${'['.repeat(most / 2)}${']'.repeat(most / 2)}`],
    ];
    for (const [what, body] of bodies) {
      const began = performance.now();
      const answer = await send('/api/declarations', body);
      assert.ok(
        [400, 422].includes(answer.status) && answer.code !== '',
        `${what}: ${answer.status} ${answer.text.slice(0, 300)}`,
      );
      assert.ok(answer.text.length < 500_000, what);
      assert.ok(performance.now() - began < 5_000, what);
    }
    assert.deepEqual(await countRows(nodeOf(region, 'VN')), before);
    await assertReady(region, 'VN');
  });

  test('H5: descriptions that are formulas come back as text, in JSON alone', async () => {
    const place = ['declaration', 'goodsShipment', 'governmentAgencyGoodsItem', 0, 'commodity', 'description'];
    const formula: JsonValue = '=HYPERLINK("http://127.0.0.1","x")';
    const body = replaced({ ...good() }, place, formula);
    const lodged = await send('/api/declarations', body);
    assert.equal(lodged.status, 201, lodged.text);
    const read = await ask(region, 'VN', officer, 'GET', `/api/declarations/${bodyOf(lodged)['mrn']}`);
    assert.match(read.headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(read.headers.get('x-content-type-options'), 'nosniff');
    const exported = nodeOf(region, 'VN').routes.flatMap(({ replies }) =>
      Object.values(replies).flatMap(({ contentType }) => contentType ?? []),
    );
    assert.deepEqual(
      exported.filter((type) => /csv|spreadsheet/.test(type)),
      [],
      'a spreadsheet is exported: its cells have to be neutralised',
    );
  });
});
