import type { X509Certificate } from 'node:crypto';
import { readCertificate } from './parsed-certificate.ts';

/** Attribute types by the names that texts give them (RFC 4514 §3, and those that Java and OpenSSL write). */
const ATTRIBUTE_TYPES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SURNAME: '2.5.4.4',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  S: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  T: '2.5.4.12',
  TITLE: '2.5.4.12',
  GIVENNAME: '2.5.4.42',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  E: '1.2.840.113549.1.9.1',
  EMAIL: '1.2.840.113549.1.9.1',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
};
const LONGEST_NAME = 2_000;

/** Cuts a text at separators that are neither quoted nor escaped. */
function split(text: string, separators: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (letter === '\\') {
      piece += letter + (text[index + 1] ?? '');
      index += 1;
    } else if (letter === '"') {
      quoted = !quoted;
      piece += letter;
    } else if (!quoted && separators.includes(letter)) {
      pieces.push(piece);
      piece = '';
    } else piece += letter;
  }
  return [...pieces, piece];
}

/** The value of an attribute without quotes and escapes (RFC 4514 §2.4), or of `#` and DER as text. */
function plainValue(written: string): string {
  const text = written.trim();
  if (/^#(?:[0-9a-f]{2}){3,}$/i.test(text)) {
    const der = Buffer.from(text.slice(1), 'hex');
    return der[1] === der.length - 2 ? der.toString('utf8', 2) : '';
  }
  const inner = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  const bytes: Buffer[] = [];
  for (const [piece] of inner.matchAll(/(?:\\[0-9a-f]{2})+|\\.|[^\\]+/gis))
    bytes.push(
      /^\\[0-9a-f]{2}/i.test(piece)
        ? Buffer.from(piece.replaceAll('\\', ''), 'hex')
        : Buffer.from(piece.startsWith('\\') ? piece.slice(1) : piece),
    );
  return Buffer.concat(bytes).toString('utf8');
}

/** Case and spaces do not tell names apart (RFC 5280 §7.1). */
function comparable(type: string, value: string): string {
  return `${type}=${value.normalize('NFC').trim().replace(/\s+/g, ' ').toLowerCase()}`;
}

/** The attributes of a written name, each as type and value to be compared; undefined when it cannot be read. */
function attributesOf(text: string): string[] | undefined {
  if (text.length > LONGEST_NAME) return undefined;
  const attributes: string[] = [];
  for (const piece of split(text, ',;+')) {
    const equals = piece.indexOf('=');
    const name = piece.slice(0, Math.max(equals, 0)).trim();
    const type = /^(?:oid\.)?\d+(?:\.\d+)+$/i.test(name)
      ? name.replace(/^oid\./i, '')
      : ATTRIBUTE_TYPES[name.toUpperCase()];
    if (type === undefined) return undefined;
    attributes.push(comparable(type, plainValue(piece.slice(equals + 1))));
  }
  return attributes.sort();
}

/**
 * Whether a written name (RFC 4514, or the older forms that access points write) is that of a certificate's issuer. The
 * order of the attributes does not count: some write them as they stand, some turned round.
 */
export function isIssuerName(text: string, certificate: X509Certificate): boolean {
  const written = attributesOf(text);
  if (written === undefined) return false;
  const real = [...readCertificate(certificate).issuer]
    .flatMap(([type, values]) => values.map((value) => comparable(type, value)))
    .sort();
  return real.length === written.length && real.every((attribute, index) => attribute === written[index]);
}
