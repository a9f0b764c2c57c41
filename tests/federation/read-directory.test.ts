import assert from 'node:assert/strict';
import { createHmac, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { parseDirectory } from '../../src/federation/directory-schema.ts';
import { AnchorError } from '../../src/federation/federation-anchor.ts';
import { generateFederationKey, publicPartOf } from '../../src/federation/federation-keys.ts';
import { readDirectory } from '../../src/federation/read-directory.ts';
import {
  addSignature,
  type SignedDirectory,
  signDirectory,
  writeSignedDirectory,
} from '../../src/federation/sign-directory.ts';
import { makeFederation } from './support.ts';

const federation = await makeFederation();
const { keys, anchor, directory } = federation;
const signed = signDirectory(directory, keys.slice(0, 2));
const [first, second, third] = keys;
const stranger = await generateFederationKey();
assert.ok(first && second && third);

function read(candidate: unknown, by = anchor) {
  return readDirectory(Buffer.from(JSON.stringify(candidate)), by);
}

function codeOf(candidate: unknown): string {
  const reading = read(candidate);
  return reading.ok ? 'read' : (reading.faults[0]?.code ?? 'no code');
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : (canonicalize(value) ?? '')).toString('base64url');
}

/** A signature made by hand over any header and payload. */
function signedByHand(payload: string, headers: readonly unknown[]): SignedDirectory {
  return {
    payload,
    signatures: headers.map((header, index) => {
      const text = encode(header);
      const key = keys[index] ?? first;
      return {
        protected: text,
        signature: sign(null, Buffer.from(`${text}.${payload}`), key?.privateKey ?? '').toString('base64url'),
      };
    }),
  };
}

const header = (key: { keyId: string } | undefined, more: object = {}) => ({
  alg: 'EdDSA',
  kid: key?.keyId,
  typ: 'selat-directory+json',
  ...more,
});

test('a directory signed by k of n keys is read back with its digest and signers', () => {
  const reading = readDirectory(writeSignedDirectory(signed), anchor);
  assert.ok(reading.ok);
  assert.deepEqual(reading.directory, directory);
  assert.match(reading.digest, /^[0-9a-f]{64}$/);
  assert.deepEqual([...reading.signers].sort(), [first.keyId, second.keyId].sort());
});

test('a signature added later by another operator counts', () => {
  const one = signDirectory(directory, [first]);
  assert.equal(codeOf(one), 'DIRECTORY-SIGNATURES-MISSING');
  assert.equal(codeOf(addSignature(one, third)), 'read');
});

test('the order of the signatures does not matter', () => {
  const all = signDirectory(directory, keys);
  fc.assert(
    fc.property(fc.shuffledSubarray([...all.signatures], { minLength: 2 }), (signatures) => {
      assert.ok(read({ payload: all.payload, signatures }).ok);
    }),
  );
});

test('any set of signatures with fewer than k different keys of the anchor is refused', () => {
  const all = signDirectory(directory, [first, stranger]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...all.signatures), { maxLength: 6 }), (signatures) => {
      assert.equal(codeOf({ payload: all.payload, signatures }), 'DIRECTORY-SIGNATURES-MISSING');
    }),
  );
});

test('any flipped bit in the payload is refused', () => {
  const bytes = Buffer.from(signed.payload, 'base64url');
  fc.assert(
    fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8((flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      assert.notEqual(codeOf({ ...signed, payload: flipped.toString('base64url') }), 'read');
    }),
  );
});

test('any flipped bit in the text of a header or signature is refused', () => {
  fc.assert(
    fc.property(
      fc.nat(1),
      fc.constantFrom('protected' as const, 'signature' as const),
      fc.nat(84),
      fc.nat(6),
      (index, part, position, bit) => {
        const signatures = signed.signatures.map((entry, at) => {
          if (at !== index) return entry;
          const text = Buffer.from(entry[part], 'latin1');
          text.writeUInt8((text[position] ?? 0) ^ (1 << bit), position);
          return { ...entry, [part]: text.toString('latin1') };
        });
        assert.notEqual(codeOf({ ...signed, signatures }), 'read');
      },
    ),
  );
});

test('the last character of a signature cannot be changed to one with the same bytes', () => {
  const signatures = signed.signatures.map((entry) => {
    const last = entry.signature.slice(-1);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    return { ...entry, signature: entry.signature.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1] };
  });
  assert.equal(codeOf({ ...signed, signatures }), 'DIRECTORY-ENVELOPE');
});

describe('hostile envelopes are refused, each with its code', () => {
  const { payload, signatures } = signed;
  const [one, two] = signatures;
  const json = canonicalize(directory) ?? '';
  const bothWith = (more: object) => signedByHand(payload, [header(first, more), header(second, more)]);
  const resigned = (text: string) => signedByHand(encode(text), [header(first), header(second)]);
  const hmacHeader = encode(header(first, { alg: 'HS256' }));
  const hmac = createHmac('sha256', publicPartOf(first).publicKey)
    .update(`${hmacHeader}.${payload}`)
    .digest('base64url');
  const cases: readonly (readonly [name: string, candidate: unknown, code: string])[] = [
    ['no signatures at all', { payload, signatures: [] }, 'DIRECTORY-SIGNATURES-MISSING'],
    ['the same signature twice', { payload, signatures: [one, one] }, 'DIRECTORY-SIGNATURES-MISSING'],
    ['a flattened serialisation', { payload, ...one }, 'DIRECTORY-ENVELOPE'],
    ['an unprotected header', { payload, signatures: [{ ...one, header: { kid: 'x' } }, two] }, 'DIRECTORY-ENVELOPE'],
    ['a further member', { ...signed, directory }, 'DIRECTORY-ENVELOPE'],
    ['101 signatures', { payload, signatures: Array.from({ length: 101 }, () => one) }, 'DIRECTORY-ENVELOPE'],
    ['padding in the base64url', { payload: `${payload}==`, signatures }, 'DIRECTORY-ENVELOPE'],
    ['alg none', bothWith({ alg: 'none' }), 'DIRECTORY-ALGORITHM'],
    ['alg ES256', bothWith({ alg: 'ES256' }), 'DIRECTORY-ALGORITHM'],
    ['alg in small letters', bothWith({ alg: 'eddsa' }), 'DIRECTORY-ALGORITHM'],
    [
      'HMAC with the public key as secret',
      { payload, signatures: [{ protected: hmacHeader, signature: hmac }, two] },
      'DIRECTORY-ALGORITHM',
    ],
    ['a critical header', bothWith({ crit: ['b64'], b64: false }), 'DIRECTORY-HEADER'],
    ['a key in the header', bothWith({ jwk: publicPartOf(stranger) }), 'DIRECTORY-HEADER'],
    ['another type', bothWith({ typ: 'JWT' }), 'DIRECTORY-HEADER'],
    [
      'a signature by another key under a known key id',
      signedByHand(payload, [header(second), header(first)]),
      'DIRECTORY-SIGNATURE-WRONG',
    ],
    ['payload with white space', resigned(json.replace('{', '{ ')), 'DIRECTORY-NOT-CANONICAL'],
    ['payload with members in another order', resigned(JSON.stringify(directory)), 'DIRECTORY-NOT-CANONICAL'],
    ['payload with a byte order mark', resigned(`\ufeff${json}`), 'DIRECTORY-NOT-CANONICAL'],
    [
      'payload with a number written otherwise',
      resigned(json.replace('"serial":1', '"serial":1.0')),
      'DIRECTORY-NOT-CANONICAL',
    ],
    ['payload with a name twice', resigned(json.replace('"serial":1', '"serial":1,"serial":1')), 'JSON-DUPLICATE-NAME'],
    ['payload with __proto__', resigned(json.replace('{', '{"__proto__":{},')), 'JSON-FORBIDDEN-NAME'],
    ['payload that is no JSON', resigned('hello'), 'JSON-MALFORMED'],
    ['payload of another form', resigned('{"a":1}'), 'DIRECTORY-SCHEMA'],
  ];
  for (const [name, candidate, code] of cases) test(name, () => assert.equal(codeOf(candidate), code));

  test('bytes that are no JSON', () => {
    const reading = readDirectory(Buffer.from('<xml/>'), anchor);
    assert.ok(!reading.ok);
    assert.equal(reading.faults[0]?.code, 'JSON-MALFORMED');
  });
});

describe('the schema refuses', () => {
  const [member] = directory.members;
  const cases: readonly (readonly [name: string, candidate: object, pointer: string])[] = [
    ['an unknown member at the top', { ...directory, note: 'x' }, ''],
    ['an unknown member in a member', { ...directory, members: [{ ...member, key: 'x' }] }, '/members/0'],
    ['a serial of zero', { ...directory, serial: 0 }, '/serial'],
    ['a fraction as serial', { ...directory, serial: 1.5 }, '/serial'],
    ['an instant with an offset', { ...directory, issuedAt: '2026-03-10T08:00:00+07:00' }, '/issuedAt'],
    ['a day that does not exist', { ...directory, issuedAt: '2026-02-30T08:00:00Z' }, '/issuedAt'],
    ['a digest in capitals', { ...directory, previousDigest: 'AB'.repeat(32) }, '/previousDigest'],
    ['a country in small letters', { ...directory, members: [{ ...member, country: 'th' }] }, '/members/0/country'],
    [
      'a name that turns the direction of text',
      { ...directory, members: [{ ...member, name: 'a\u202eb' }] },
      '/members/0/name',
    ],
    [
      'an endpoint of another protocol',
      { ...directory, members: [{ ...member, endpoint: 'file:///etc/x' }] },
      '/members/0/endpoint',
    ],
    ['no members', { ...directory, members: [] }, '/members'],
  ];
  for (const [name, candidate, pointer] of cases) {
    test(name, () => {
      const parsing = parseDirectory(JSON.parse(JSON.stringify(candidate)));
      assert.ok(!parsing.ok);
      assert.ok(parsing.faults.some((fault) => fault.pointer === pointer && fault.code === 'DIRECTORY-SCHEMA'));
    });
  }

  test('what is to be signed, too', () => {
    assert.throws(() => signDirectory({ ...directory, serial: 0 }, keys), RangeError);
  });
});

describe('an anchor cannot be used', () => {
  const cases: readonly (readonly [name: string, threshold: number, entries: typeof anchor.keys])[] = [
    ['with a threshold of zero', 0, anchor.keys],
    ['with a threshold above the number of keys', 4, anchor.keys],
    ['with one key twice', 2, [publicPartOf(first), publicPartOf(first)]],
    ['with one key under two names', 2, [publicPartOf(first), { ...publicPartOf(first), keyId: 'other' }]],
    ['with a key that is no key', 1, [{ keyId: first.keyId, publicKey: 'x' }]],
  ];
  for (const [name, threshold, entries] of cases) {
    test(name, () => assert.throws(() => read(signed, { threshold, keys: entries }), AnchorError));
  }
});
