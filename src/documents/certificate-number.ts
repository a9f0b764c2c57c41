import { checkCharacter } from './check-character.ts';
import type { SchemeId } from './types.ts';

/** How numbers of a scheme begin. */
const PREFIXES: Readonly<Record<SchemeId, string>> = { 'ATIGA-FORM-D': 'ATIGA', RCEP: 'RCEP' };
const FORM = /^(ATIGA|RCEP)-([A-Z]{2})-([0-9]{4})-([0-9]{7})-([0-9A-Z])$/;

/** What a certificate number says. */
export interface CertificateNumber {
  readonly scheme: SchemeId;
  readonly country: string;
  readonly year: number;
  readonly serial: number;
}

/**
 * Makes a certificate number such as `ATIGA-TH-2026-0000001-J`: agreement, issuing country, year, serial of seven
 * digits, check character (ISO/IEC 7064 MOD 37,36 over the rest without hyphens).
 * @throws RangeError when country, year or serial do not fit
 */
export function makeCertificateNumber({ scheme, country, year, serial }: CertificateNumber): string {
  if (!Number.isInteger(serial) || serial < 1 || serial > 9_999_999) {
    throw new RangeError(`The serial ${serial} is not between 1 and 9,999,999.`);
  }
  if (!/^[A-Z]{2}$/.test(country)) throw new RangeError(`"${country}" is not a country code.`);
  if (!Number.isInteger(year) || year < 1900 || year > 2099) {
    throw new RangeError(`The year ${year} is not between 1900 and 2099.`);
  }
  const parts = [PREFIXES[scheme], country, String(year), String(serial).padStart(7, '0')];
  return `${parts.join('-')}-${checkCharacter(parts.join(''))}`;
}

/** Reads a certificate number; undefined when it has another form or its check character is wrong. */
export function readCertificateNumber(text: string): CertificateNumber | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, prefix = '', country = '', year = '', serial = '', check] = match;
  if (checkCharacter(prefix + country + year + serial) !== check) return undefined;
  return {
    scheme: prefix === 'RCEP' ? 'RCEP' : 'ATIGA-FORM-D',
    country,
    year: Number(year),
    serial: Number(serial),
  };
}
