import { Decimal } from 'decimal.js';

/** Units of mass (UNECE Recommendation 20) in kilograms. */
const MASS: Readonly<Record<string, string>> = {
  MGM: '0.000001',
  GRM: '0.001',
  KGM: '1',
  DTN: '100',
  TNE: '1000',
  CTM: '0.0002',
  LBR: '0.45359237',
  ONZ: '0.028349523125',
  APZ: '0.0311034768',
  STN: '907.18474',
  LTN: '1016.0469088',
};

/** Whether a unit is one of mass. */
export function isMassUnit(unit: string): boolean {
  return MASS[unit] !== undefined;
}

/**
 * A mass in kilograms; undefined when the quantity is none of mass, or incomplete.
 * @param quantity decimal string and unit
 */
export function kilograms(
  quantity: { readonly value?: string | undefined; readonly unit?: string | null | undefined } | null | undefined,
): Decimal | undefined {
  const factor = MASS[quantity?.unit ?? ''];
  return factor === undefined || quantity?.value === undefined ? undefined : new Decimal(quantity.value).times(factor);
}
