import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CertificateRequest,
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import { certificateFromBase64, readCertificate } from '../../src/pki/parsed-certificate.ts';

const authority = await createNationalAuthority({
  country: 'JP',
  name: '日本税関',
  notBefore: new Date('2026-01-01T00:00:00Z'),
  years: 40,
});
const request: CertificateRequest = {
  use: 'sealing',
  country: 'JP',
  commonName: '日本商工会議所',
  publicKey: publicKeyOf(await generatePrivateKey('sealing')),
  notBefore: new Date('2026-02-01T00:00:00Z'),
  notAfter: new Date('2055-02-01T00:00:00Z'),
};

const refused: readonly (readonly [what: string, change: Partial<CertificateRequest>])[] = [
  ['another country', { country: 'TH' }],
  ['a country that is none', { country: 'Japan' }],
  ['a time before the authority', { notBefore: new Date('2025-01-01T00:00:00Z') }],
  ['a time after the authority', { notAfter: new Date('2099-01-01T00:00:00Z') }],
  ['an end before the beginning', { notAfter: new Date('2026-01-15T00:00:00Z') }],
  ['network names on a seal', { dnsNames: ['customs.example'] }],
  ['TLS without a name', { use: 'tls' }],
];

describe('the national authority', () => {
  test('certifies itself as an authority that no further one may follow', () => {
    const read = readCertificate(authority.certificate);
    assert.equal(read.isAuthority, true);
    assert.equal(read.pathLength, 0);
    assert.deepEqual([...(read.keyUsages ?? [])], ['keyCertSign', 'cRLSign']);
    assert.equal(authority.certificate.verify(authority.certificate.publicKey), true);
  });

  test('issues a certificate with the very key and names, in any script and beyond 2050', () => {
    const certificate = issueCertificate(authority, request);
    const read = readCertificate(certificate);
    assert.equal(certificate.publicKey.equals(request.publicKey), true);
    assert.deepEqual(read.subject, { country: 'JP', countries: ['JP'], commonName: '日本商工会議所' });
    assert.equal(read.notAfter.toISOString(), '2055-02-01T00:00:00.000Z');
    assert.equal(certificate.checkIssued(authority.certificate), true);
  });

  test('never gives one serial number twice, each of 16 bytes', () => {
    const serials = Array.from({ length: 50 }, () => issueCertificate(authority, request).serialNumber);
    assert.equal(new Set(serials).size, 50);
    assert.deepEqual(
      serials.filter((serial) => serial.length !== 32),
      [],
    );
  });

  for (const [what, change] of refused) {
    test(`C7 refuses ${what}`, () => {
      assert.throws(() => issueCertificate(authority, { ...request, ...change }), RangeError);
    });
  }

  test('a certificate with bytes behind its end is refused when read', () => {
    const bytes = Buffer.concat([authority.certificate.raw, Buffer.from([0])]);
    assert.throws(() => certificateFromBase64(bytes.toString('base64')));
    assert.throws(() => certificateFromBase64('AAAA'));
  });

  test('the same bytes are read once', () => {
    const base64 = authority.certificate.raw.toString('base64');
    assert.equal(certificateFromBase64(base64), certificateFromBase64(base64));
  });
});
