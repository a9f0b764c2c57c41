import { Decimal } from 'decimal.js';
import type { DecimalAmount, DecimalMeasure, DeclarationFacts, ItemFacts } from '../documents/declaration/facts.ts';

/** One thing in which the importer's declaration says something else than the exporter's. */
export type Difference = {
  /** Stable code: `ITEM-COUNT`, `GROSS-MASS`, `NET-MASS`, `VALUE`, `QUANTITY`, `COMMODITY`, `ORIGIN`, `PACKAGES`, `DESCRIPTION`, `PARTY`, `CONTAINERS`. */
  readonly code: string;
  /** What differs, such as `net mass of item 2`. */
  readonly what: string;
  /** JSON Pointer into the importer's declaration; empty for the whole. */
  readonly pointer: string;
  readonly exported: string;
  readonly imported: string;
  /** In a sentence for the officer. */
  readonly words: string;
  /** `minor`: a typing error or another way of writing, which does not invalidate (ATIGA OCP rule 19). */
  readonly weight: 'minor' | 'notable';
};

/** Differences of less than this share of a mass or value are called minor: scales and rounding differ. */
const MINOR_SHARE = new Decimal('0.01');
/** Exact conversions to the first unit of each row. */
const UNITS: Readonly<Record<string, { readonly base: string; readonly factor: string }>> = {
  KGM: { base: 'KGM', factor: '1' },
  GRM: { base: 'KGM', factor: '0.001' },
  TNE: { base: 'KGM', factor: '1000' },
};

/**
 * Compares the importer's declaration with the exporter's: items in their order of sequence, masses by exact conversion,
 * values only where the currency is the same, commodity codes on the six digits that both tariffs share. What one of the
 * two does not say is not a difference. Pure.
 */
export function differencesBetween(exported: DeclarationFacts, imported: DeclarationFacts): Difference[] {
  return [
    ...countDifference(exported, imported),
    ...measureDifference('GROSS-MASS', 'total gross mass', '', exported.totalGrossMass, imported.totalGrossMass),
    ...amountDifference('', 'invoice amount', exported.invoiceAmount, imported.invoiceAmount),
    ...numberDifference('PACKAGES', 'number of packages', '', exported.totalPackages, imported.totalPackages),
    ...partyDifferences(exported, imported),
    ...containerDifference(exported, imported),
    ...imported.items.flatMap((item) => {
      const other = exported.items.find(({ sequence }) => sequence === item.sequence);
      return other === undefined ? [] : itemDifferences(other, item);
    }),
  ];
}

function countDifference(exported: DeclarationFacts, imported: DeclarationFacts): Difference[] {
  if (exported.items.length === imported.items.length) return [];
  return [
    {
      code: 'ITEM-COUNT',
      what: 'number of goods items',
      pointer: '',
      exported: String(exported.items.length),
      imported: String(imported.items.length),
      words: `${exported.items.length} goods items were exported, ${imported.items.length} are declared.`,
      weight: 'notable',
    },
  ];
}

function itemDifferences(exported: ItemFacts, imported: ItemFacts): Difference[] {
  const at = imported.pointer;
  const name = `item ${imported.sequence}`;
  return [
    ...textDifference('COMMODITY', `commodity code of ${name}`, at, six(exported), six(imported), 'notable'),
    ...textDifference('ORIGIN', `origin of ${name}`, at, exported.originCountry, imported.originCountry, 'notable'),
    ...measureDifference('NET-MASS', `net mass of ${name}`, at, exported.netMass, imported.netMass),
    ...measureDifference('GROSS-MASS', `gross mass of ${name}`, at, exported.grossMass, imported.grossMass),
    ...measureDifference('QUANTITY', `quantity of ${name}`, at, exported.tariffQuantity, imported.tariffQuantity),
    ...amountDifference(at, `invoice amount of ${name}`, exported.invoiceAmount, imported.invoiceAmount),
    ...numberDifference('PACKAGES', `packages of ${name}`, at, exported.packageCount, imported.packageCount),
    ...descriptionDifference(name, at, exported.description, imported.description),
  ];
}

function six({ commodityCode }: ItemFacts): string | null {
  return commodityCode.length < 6 ? null : commodityCode.slice(0, 6);
}

function textDifference(
  code: string,
  name: string,
  pointer: string,
  exported: string | null,
  imported: string | null,
  weight: Difference['weight'],
): Difference[] {
  if (exported === null || imported === null || exported === imported) return [];
  const words = `The ${name} is ${imported} here and was ${exported} at export.`;
  return [{ code, what: name, pointer, exported, imported, words, weight }];
}

function descriptionDifference(name: string, pointer: string, exported: string, imported: string): Difference[] {
  const plain = (text: string): string =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  if (exported === imported) return [];
  const weight = plain(exported) === plain(imported) ? 'minor' : 'notable';
  const words = `The description of ${name} differs from the one at export.`;
  return [{ code: 'DESCRIPTION', what: `description of ${name}`, pointer, exported, imported, words, weight }];
}

function numberDifference(
  code: string,
  name: string,
  pointer: string,
  exported: string | null,
  imported: string | null,
): Difference[] {
  if (exported === null || imported === null || new Decimal(exported).equals(imported)) return [];
  const words = `The ${name} is ${imported} here and was ${exported} at export.`;
  return [{ code, what: name, pointer, exported, imported, words, weight: 'notable' }];
}

function measureDifference(
  code: string,
  name: string,
  pointer: string,
  exported: DecimalMeasure | null,
  imported: DecimalMeasure | null,
): Difference[] {
  if (exported === null || imported === null) return [];
  const [before, now] = [inBase(exported), inBase(imported)];
  // Kilograms are what an unnamed unit of mass means; other units that cannot be compared are for the officer to read.
  if (before.unit !== now.unit) {
    const words = `The ${name} is given as ${shown(imported)} here and was ${shown(exported)} at export: the units cannot be compared.`;
    return [
      { code, what: name, pointer, exported: shown(exported), imported: shown(imported), words, weight: 'minor' },
    ];
  }
  if (before.value.equals(now.value)) return [];
  const words = `The ${name} is ${shown(imported)} here and was ${shown(exported)} at export (${share(before.value, now.value)}).`;
  const weight = weigh(before.value, now.value);
  return [{ code, what: name, pointer, exported: shown(exported), imported: shown(imported), words, weight }];
}

function amountDifference(
  pointer: string,
  name: string,
  exported: DecimalAmount | null,
  imported: DecimalAmount | null,
): Difference[] {
  if (exported === null || imported === null || exported.currency !== imported.currency) return [];
  const [before, now] = [new Decimal(exported.amount), new Decimal(imported.amount)];
  if (before.equals(now)) return [];
  const [was, is] = [`${exported.amount} ${exported.currency}`, `${imported.amount} ${imported.currency}`];
  const words = `The ${name} is ${is} here and was ${was} at export (${share(before, now)}).`;
  return [{ code: 'VALUE', what: name, pointer, exported: was, imported: is, words, weight: weigh(before, now) }];
}

function partyDifferences(exported: DeclarationFacts, imported: DeclarationFacts): Difference[] {
  const here = imported.importer;
  const there = exported.consignee ?? exported.importer;
  if (here?.id == null || there?.id == null || here.id === there.id) return [];
  const words = `The importer here is ${here.name ?? here.id}; the goods were sent to ${there.name ?? there.id}.`;
  return [
    { code: 'PARTY', what: 'importer', pointer: '', exported: there.id, imported: here.id, words, weight: 'notable' },
  ];
}

function containerDifference(exported: DeclarationFacts, imported: DeclarationFacts): Difference[] {
  if (exported.containers.length === 0 || imported.containers.length === 0) return [];
  const [was, is] = [exported.containers.toSorted().join(', '), imported.containers.toSorted().join(', ')];
  if (was === is) return [];
  const words = `The containers here are ${is}; they were ${was} at export.`;
  return [
    { code: 'CONTAINERS', what: 'containers', pointer: '', exported: was, imported: is, words, weight: 'notable' },
  ];
}

function inBase({ value, unit }: DecimalMeasure): { readonly value: Decimal; readonly unit: string } {
  const known = UNITS[unit ?? 'KGM'];
  return known === undefined
    ? { value: new Decimal(value), unit: unit ?? '' }
    : { value: new Decimal(value).times(known.factor), unit: known.base };
}

function weigh(before: Decimal, now: Decimal): Difference['weight'] {
  return now.minus(before).abs().lessThan(before.abs().times(MINOR_SHARE)) ? 'minor' : 'notable';
}

function share(before: Decimal, now: Decimal): string {
  if (before.isZero()) return 'nothing before';
  const percent = now.minus(before).dividedBy(before).times(100);
  return `${percent.isNegative() ? '' : '+'}${percent.toFixed(1)}%`;
}

function shown({ value, unit }: DecimalMeasure): string {
  return unit === null ? value : `${value} ${unit}`;
}
