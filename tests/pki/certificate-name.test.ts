import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type CertifiedKey, createNationalAuthority } from '../../src/pki/certificate-authority.ts';
import { isIssuerName } from '../../src/pki/certificate-name.ts';

async function authority(name: string): Promise<X509Certificate> {
  const made: CertifiedKey = await createNationalAuthority({
    country: 'VN',
    name,
    notBefore: new Date('2026-01-01T00:00:00Z'),
    years: 1,
  });
  return made.certificate;
}

let certificate: X509Certificate;
before(async () => {
  certificate = await authority('Tổng cục, Hải quan "A+B"; #1 = 1');
});

describe('the issuer of a certificate', () => {
  const right = [
    String.raw`CN=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1,C=VN`,
    String.raw`C=VN, CN=Tổng cục\2C Hải quan \22A\2BB\22\; #1 = 1`,
    String.raw`CN="Tổng cục, Hải quan \"A+B\"; #1 = 1", C=vn`,
    String.raw`C=VN;CN="TỔNG CỤC, HẢI QUAN \"A+B\"; #1 = 1"`,
    String.raw`2.5.4.3=T\E1\BB\95ng c\E1\BB\A5c\, Hải quan \"A\+B\"\; #1 \= 1,oid.2.5.4.6=VN`,
    String.raw`C=#1302564E,CN=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1`,
  ];
  for (const name of right) test(`is ${name}`, () => assert.equal(isIssuerName(name, certificate), true));

  const wrong = [
    '',
    'C=VN',
    'CN=Tổng cục',
    String.raw`CN=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1,C=TH`,
    String.raw`CN=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1,C=VN,O=x`,
    String.raw`CN=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1,C=VN,C=VN`,
    String.raw`O=Tổng cục\, Hải quan \"A\+B\"\; #1 \= 1,C=VN`,
    'CN=Tổng cục, Hải quan "A+B"; #1 = 1,C=VN',
    `CN=${'x'.repeat(3_000)},C=VN`,
  ];
  for (const name of wrong)
    test(`is not ${name.slice(0, 60)}`, () => assert.equal(isIssuerName(name, certificate), false));

  test('is found again however it is written, for any name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({
          unit: fc.constantFrom('a', 'B', ' ', ',', '+', '"', '\\', '<', '>', ';', '=', '#', 'é', '海'),
          minLength: 1,
          maxLength: 20,
        }),
        async (name) => {
          const trimmed = name.trim();
          fc.pre(trimmed !== '');
          const issuer = await authority(trimmed);
          const escaped = trimmed.replace(/[,+"\\<>;=]/g, '\\$&').replace(/^#/, '\\#');
          assert.equal(isIssuerName(`CN=${escaped},C=VN`, issuer), true);
          assert.equal(isIssuerName(`C=VN, CN=${escaped}x`, issuer), false);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('is no reason to fail, whatever text is compared with it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        assert.equal(typeof isIssuerName(text, certificate), 'boolean');
      }),
      { numRuns: 500 },
    );
  });
});
