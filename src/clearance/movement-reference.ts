import { checkCharacter } from '../documents/check-character.ts';

const FORM = /^([0-9]{2})([A-Z]{2})([0-9A-Z]{13})([0-9A-Z])$/;

/** What a movement reference number says. */
export interface MovementReference {
  /** Last two digits of the year of registration. */
  readonly year: number;
  /** ISO 3166-1 alpha-2 of the country whose customs registered the declaration. */
  readonly country: string;
  /** 13 digits or capital letters, unique within country and year. */
  readonly serial: string;
}

/**
 * Makes a movement reference number (MRN) such as `26VN00000000004177`: two digits of the year, country, serial of 13
 * digits, check character (ISO/IEC 7064 MOD 37,36 over the rest).
 * @throws RangeError when country, year (four digits) or serial do not fit
 */
export function makeMovementReference(country: string, year: number, serial: bigint): string {
  if (!/^[A-Z]{2}$/.test(country)) throw new RangeError(`"${country}" is not a country code.`);
  if (!Number.isInteger(year) || year < 2000 || year > 2099)
    throw new RangeError(`The year ${year} is not between 2000 and 2099.`);
  if (serial < 1n || serial > 9_999_999_999_999n) throw new RangeError(`The serial ${serial} has more than 13 digits.`);
  const text = `${String(year).slice(2)}${country}${String(serial).padStart(13, '0')}`;
  return text + checkCharacter(text);
}

/** Reads a movement reference number of any country; undefined when its form or its check character is wrong. */
export function readMovementReference(text: string): MovementReference | undefined {
  const [, year = '', country = '', serial = '', check] = FORM.exec(text) ?? [];
  if (check === undefined || checkCharacter(year + country + serial) !== check) return undefined;
  return { year: Number(year), country, serial };
}
