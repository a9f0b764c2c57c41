import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { DeclarationFacts, ItemFacts } from '../../src/documents/declaration/facts.ts';
import { readFacts } from '../../src/documents/declaration/read-facts.ts';
import { differencesBetween } from '../../src/forwarding/differences.ts';
import { importDeclaration } from '../documents/declaration-examples.ts';

const example = readFacts(importDeclaration());
const first = example.items[0];
assert.ok(first);

const item = (over: Partial<ItemFacts> = {}): ItemFacts => ({
  ...first,
  description: 'Direct current motors, 24 V',
  commodityCode: '85013140',
  originCountry: 'TH',
  invoiceAmount: { amount: '41250.00', currency: 'USD' },
  netMass: { value: '3000', unit: 'KGM' },
  grossMass: { value: '3150.5', unit: 'KGM' },
  tariffQuantity: { value: '1000', unit: 'C62' },
  packageCount: '20',
  ...over,
});

const facts = (over: Partial<DeclarationFacts> = {}): DeclarationFacts => ({
  ...example,
  importer: { id: '0207654321', name: 'Pump Works', country: 'VN' },
  consignee: null,
  containers: [],
  invoiceAmount: { amount: '41250.00', currency: 'USD' },
  totalGrossMass: { value: '3150.5', unit: 'KGM' },
  totalPackages: '20',
  items: [item()],
  ...over,
});

/** Each row: what is said, the exporter's, the importer's, codes with weight. */
const rows: readonly (readonly [string, DeclarationFacts, DeclarationFacts, readonly string[]])[] = [
  ['the same twice', facts(), facts(), []],
  [
    'another way of writing the same number',
    facts(),
    facts({ totalGrossMass: { value: '3150.500', unit: 'KGM' } }),
    [],
  ],
  ['the same mass in tonnes', facts(), facts({ totalGrossMass: { value: '3.1505', unit: 'TNE' } }), []],
  [
    'a mass without a unit, which is in kilograms',
    facts(),
    facts({ totalGrossMass: { value: '3150.5', unit: null } }),
    [],
  ],
  [
    'a mass that is half a percent higher',
    facts(),
    facts({ totalGrossMass: { value: '3166.0', unit: 'KGM' } }),
    ['GROSS-MASS minor'],
  ],
  [
    'a mass that is exactly one percent higher',
    facts({ totalGrossMass: { value: '1000', unit: 'KGM' } }),
    facts({ totalGrossMass: { value: '1010', unit: 'KGM' } }),
    ['GROSS-MASS notable'],
  ],
  ['half the value', facts(), facts({ invoiceAmount: { amount: '20625', currency: 'USD' } }), ['VALUE notable']],
  ['a value in another currency', facts(), facts({ invoiceAmount: { amount: '1', currency: 'VND' } }), []],
  ['one item more', facts(), facts({ items: [item(), item({ sequence: 2 })] }), ['ITEM-COUNT notable']],
  ['a national code of the same six digits', facts(), facts({ items: [item({ commodityCode: '850131999' })] }), []],
  ['another subheading', facts(), facts({ items: [item({ commodityCode: '85013240' })] }), ['COMMODITY notable']],
  ['another origin', facts(), facts({ items: [item({ originCountry: 'CN' })] }), ['ORIGIN notable']],
  [
    'pieces against dozens',
    facts(),
    facts({ items: [item({ tariffQuantity: { value: '84', unit: 'DZN' } })] }),
    ['QUANTITY minor'],
  ],
  [
    'a description with other capitals and points',
    facts(),
    facts({ items: [item({ description: 'DIRECT CURRENT MOTORS 24 V' })] }),
    ['DESCRIPTION minor'],
  ],
  ['another description', facts(), facts({ items: [item({ description: 'Toys' })] }), ['DESCRIPTION notable']],
  [
    'another importer than the consignee',
    facts({ consignee: { id: '0201111111', name: 'Other Ltd', country: 'VN' } }),
    facts(),
    ['PARTY notable'],
  ],
  ['other containers', facts({ containers: ['A1'] }), facts({ containers: ['B2'] }), ['CONTAINERS notable']],
  ['containers in another order', facts({ containers: ['A1', 'B2'] }), facts({ containers: ['B2', 'A1'] }), []],
  ['what only one of the two says', facts({ totalPackages: null }), facts({ containers: ['A1'] }), []],
];

describe('the comparison of the importer’s with the exporter’s declaration', () => {
  for (const [what, exported, imported, expected] of rows)
    test(`finds ${expected.length === 0 ? 'nothing in' : 'what differs in'} ${what}`, () => {
      const found = differencesBetween(exported, imported);
      assert.deepEqual(
        found.map(({ code, weight }) => `${code} ${weight}`),
        expected,
      );
      for (const { words } of found) assert.match(words, /\.$/);
    });

  test('finds a difference in a mass exactly when the exact masses differ', () => {
    const mass = fc.record({
      value: fc.tuple(fc.nat(9999), fc.nat(999)).map(([whole, part]) => `${whole}.${String(part).padStart(3, '0')}`),
      unit: fc.constantFrom('KGM', 'GRM', 'TNE', null),
    });
    const milligrams = ({ value, unit }: { value: string; unit: string | null }): bigint => {
      const [whole = '0', part = '0'] = value.split('.');
      const thousandths = BigInt(whole) * 1000n + BigInt(part);
      const perUnit = { GRM: 1n, KGM: 1000n, TNE: 1_000_000n }[unit ?? 'KGM'] ?? 0n;
      return thousandths * perUnit;
    };
    fc.assert(
      fc.property(mass, mass, (before, now) => {
        const found = differencesBetween(facts({ totalGrossMass: before }), facts({ totalGrossMass: now }));
        return found.length > 0 === (milligrams(before) !== milligrams(now));
      }),
    );
  });
});
