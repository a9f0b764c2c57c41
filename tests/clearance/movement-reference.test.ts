import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { makeMovementReference, readMovementReference } from '../../src/clearance/movement-reference.ts';

const countries = fc.constantFrom('TH', 'VN', 'JP');
const years = fc.integer({ min: 2000, max: 2099 });
const serials = fc.bigInt({ min: 1n, max: 9_999_999_999_999n });
const references = fc.tuple(countries, years, serials).map(([country, year, serial]) => ({
  country,
  year,
  serial,
  mrn: makeMovementReference(country, year, serial),
}));

describe('a movement reference number', () => {
  test('has 18 characters and says its year, country and serial', () => {
    fc.assert(
      fc.property(references, ({ country, year, serial, mrn }) => {
        assert.match(mrn, /^\d{2}[A-Z]{2}\d{13}[0-9A-Z]$/);
        assert.deepEqual(readMovementReference(mrn), {
          year: year % 100,
          country,
          serial: String(serial).padStart(13, '0'),
        });
      }),
    );
  });

  test('is not read when one character is another', () => {
    fc.assert(
      fc.property(
        references,
        fc.integer({ min: 0, max: 17 }),
        fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
        ({ mrn }, at, character) => {
          fc.pre(mrn[at] !== character);
          assert.equal(readMovementReference(mrn.slice(0, at) + character + mrn.slice(at + 1)), undefined);
        },
      ),
    );
  });

  test('is hardly ever read when two neighbours have changed places', () => {
    let swaps = 0;
    let unnoticed = 0;
    for (let serial = 1n; serial <= 20_000n; serial += 7n) {
      const mrn = makeMovementReference('VN', 2026, serial);
      for (let at = 0; at < 17; at += 1) {
        const swapped = mrn.slice(0, at) + mrn.charAt(at + 1) + mrn.charAt(at) + mrn.slice(at + 2);
        if (swapped === mrn) continue;
        swaps += 1;
        if (readMovementReference(swapped) !== undefined) unnoticed += 1;
      }
    }
    assert.ok(unnoticed < swaps / 50, `${unnoticed} of ${swaps}`);
  });

  test('is made only of what fits into it', () => {
    for (const [country, year, serial] of [
      ['th', 2026, 1n],
      ['TH', 1999, 1n],
      ['TH', 2026, 0n],
      ['TH', 2026, 10_000_000_000_000n],
    ] as const)
      assert.throws(() => makeMovementReference(country, year, serial), RangeError);
  });
});
