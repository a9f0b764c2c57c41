import assert from 'node:assert/strict';
import { generateKeyPairSync, hash, type X509Certificate } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { NS, WSS } from '../../src/exchange/envelope/namespaces.ts';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { readSignal } from '../../src/exchange/signals/signal.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { readCertificate } from '../../src/pki/parsed-certificate.ts';
import { certify, createMember, NOW, type TestMember } from './members.ts';
import { putTogether, signAnew, type TakenApart, takeApart } from './resigning.ts';

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

const str = (content: string): string => `<wsse:SecurityTokenReference>${content}</wsse:SecurityTokenReference>`;
const issuerSerial = (certificate: X509Certificate, name: string): string =>
  `<ds:X509Data xmlns:ds="${NS.ds}"><ds:X509IssuerSerial><ds:X509IssuerName>${name}</ds:X509IssuerName><ds:X509SerialNumber>${BigInt(`0x${certificate.serialNumber}`)}</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>`;
const keyIdentifier = (valueType: string, bytes: Buffer): string =>
  `<wsse:KeyIdentifier EncodingType="${WSS.base64Binary}" ValueType="${valueType}">${bytes.toString('base64')}</wsse:KeyIdentifier>`;
const identifierOf = (certificate: X509Certificate): Buffer =>
  readCertificate(certificate).subjectKeyIdentifier ?? Buffer.alloc(0);
/** The issuer as Java writes it (RFC 2253), the last attribute first. */
const issuerName = (country: string): string => `CN=${country} test authority,C=${country}`;

/** Every way in which a certificate is named that the message does not carry. */
const names: readonly [string, (certificate: X509Certificate) => string][] = [
  ['issuer and serial number', (one) => str(issuerSerial(one, issuerName(countryOf(one))))],
  [
    'issuer and serial number, the name turned round and spaced',
    (one) => str(issuerSerial(one, `C=${countryOf(one)}, CN="${countryOf(one)}  Test Authority"`)),
  ],
  [
    'issuer and serial number, the types as object identifiers',
    (one) => str(issuerSerial(one, `2.5.4.3=${countryOf(one)} test authority, OID.2.5.4.6=${countryOf(one)}`)),
  ],
  ['subject key identifier', (one) => str(keyIdentifier(WSS.subjectKeyIdentifier, identifierOf(one)))],
  [
    'subject key identifier in X509Data',
    (one) =>
      str(
        `<ds:X509Data xmlns:ds="${NS.ds}"><ds:X509SKI>${identifierOf(one).toString('base64')}</ds:X509SKI></ds:X509Data>`,
      ),
  ],
  ['thumbprint', (one) => str(keyIdentifier(WSS.thumbprintSha1, hash('sha1', one.raw, 'buffer')))],
];

function countryOf(certificate: X509Certificate): string {
  return readCertificate(certificate).subject.country;
}

const signerToken =
  /<wsse:BinarySecurityToken [^>]*wsu:Id="(?:signature-[^"]*|anew)-token">[^<]*<\/wsse:BinarySecurityToken>/;
const signerKeyInfo =
  /<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#(?:signature-|anew).*?<\/ds:KeyInfo>/s;
const recipientToken =
  /<wsse:BinarySecurityToken [^>]*wsu:Id="encryption-[^"]*-token">[^<]*<\/wsse:BinarySecurityToken>/;
const recipientReference =
  /<wsse:SecurityTokenReference><wsse:Reference URI="#encryption-[^"]*-token".*?<\/wsse:SecurityTokenReference>/s;

function replace(message: TakenApart, what: RegExp, by: string): TakenApart {
  const envelope = message.envelope.replace(what, () => by);
  assert.notEqual(envelope, message.envelope, `nothing to replace: ${String(what)}`);
  return { ...message, envelope };
}

/** The message with its signer named in another way, and without the signer's certificate. */
const signerNamed = (message: TakenApart, by: string): TakenApart =>
  replace(replace(message, signerToken, ''), signerKeyInfo, `<ds:KeyInfo>${by}</ds:KeyInfo>`);
const recipientNamed = (message: TakenApart, by: string): TakenApart =>
  replace(replace(message, recipientToken, ''), recipientReference, by);

const listed = (member: TestMember): X509Certificate[] =>
  Object.values(member.keys.signing).map(({ certificate }) => certificate);

function open(message: TakenApart, signers = listed(thailand), keys = Object.values(vietNam.keys.encryption)) {
  const { contentType, body } = putTogether(message);
  return openUserMessage(contentType, body, { decryption: keys, signers });
}

function refusal(attempt: () => unknown): EbmsFailure {
  try {
    attempt();
  } catch (error) {
    assert.ok(error instanceof EbmsFailure, String(error));
    return error;
  }
  return assert.fail('the message was accepted');
}

describe('a signer is found', () => {
  for (const profile of MESSAGE_PROFILES)
    for (const [how, write] of names)
      test(`by ${how} (${profile})`, () => {
        const { certificate } = thailand.keys.signing[profile];
        const message = takeApart(thailand, vietNam, undefined, undefined, profile);
        const opened = open(signerNamed(message, write(certificate)));
        assert.equal(opened.signerCertificate.fingerprint256, certificate.fingerprint256);
        assert.equal(opened.payloads[0]?.bytes.toString(), 'one');
      });

  test('by issuer and serial number in a receipt too', () => {
    const { certificate } = vietNam.signing;
    const receipt = composeReceipt(open(takeApart(thailand, vietNam)), {
      messageId: 'r@vn',
      timestamp: NOW,
      signing: vietNam.signing,
    }).toString();
    const named = signerNamed({ envelope: receipt, parts: [] }, str(issuerSerial(certificate, issuerName('VN'))));
    const signal = readSignal(Buffer.from(named.envelope), listed(vietNam));
    assert.equal(signal.signerCertificate?.fingerprint256, certificate.fingerprint256);
    assert.throws(() => readSignal(Buffer.from(named.envelope)), EbmsFailure);
  });
});

describe('a signer is not found', () => {
  const cases: readonly [string, string, () => TakenApart, RegExp][] = names.flatMap(([how, write]) => [
    [
      `by ${how} of somebody else’s certificate`,
      'EBMS:0101',
      () => signerNamed(takeApart(thailand, vietNam), write(vietNam.signing.certificate)),
      /lists no such certificate/,
    ],
    [
      `by ${how} of another certificate of its own`,
      'EBMS:0103',
      () =>
        signerNamed(
          takeApart(thailand, vietNam),
          write(thailand.keys.signing['edelivery-2.0-alternative-ec'].certificate),
        ),
      /Ed25519/,
    ],
  ]);
  for (const [what, code, message, words] of cases)
    test(what, () => {
      const failure = refusal(() => open(message()));
      assert.equal(failure.code, code);
      assert.match(failure.message, words);
    });

  test('where the directory lists none of the sender', () => {
    for (const [, write] of names)
      assert.equal(
        refusal(() => open(signerNamed(takeApart(thailand, vietNam), write(thailand.signing.certificate)), [])).code,
        'EBMS:0101',
      );
  });

  test('by a subject key identifier that two listed certificates have, and the words say what to send', () => {
    const renewed = certify(thailand.authority, 'TH', 'as4-signing', thailand.signing.privateKey);
    const message = signerNamed(
      takeApart(thailand, vietNam),
      str(keyIdentifier(WSS.subjectKeyIdentifier, identifierOf(thailand.signing.certificate))),
    );
    const failure = refusal(() => open(message, [thailand.signing.certificate, renewed.certificate]));
    assert.equal(failure.code, 'EBMS:0101');
    assert.match(failure.message, /more than one.*BinarySecurityToken/);
  });

  test('by the serial number of its certificate under another issuer', () => {
    const { certificate } = thailand.signing;
    for (const name of [
      'CN=TH test authority',
      'CN=VN test authority,C=VN',
      '',
      '=,=',
      'X=1',
      'CN=TH test authority,C=TH,C=TH',
    ])
      assert.equal(
        refusal(() => open(signerNamed(takeApart(thailand, vietNam), str(issuerSerial(certificate, name))))).code,
        'EBMS:0101',
      );
  });

  const certificateText = (): string => thailand.signing.certificate.raw.toString('base64');
  const forms: readonly [string, () => string][] = [
    [
      'a certificate that stands in X509Data',
      () =>
        str(
          `<ds:X509Data xmlns:ds="${NS.ds}"><ds:X509Certificate>${certificateText()}</ds:X509Certificate></ds:X509Data>`,
        ),
    ],
    ['X509Data beside no SecurityTokenReference', () => issuerSerial(thailand.signing.certificate, issuerName('TH'))],
    ['two names at once', () => str(keyIdentifier(WSS.thumbprintSha1, Buffer.alloc(20)).repeat(2))],
    [
      'a key identifier that is the certificate',
      () => str(keyIdentifier(WSS.x509v3, thailand.signing.certificate.raw)),
    ],
    ['an empty key identifier', () => str(keyIdentifier(WSS.subjectKeyIdentifier, Buffer.alloc(0)))],
    [
      'a serial number that is none',
      () => str(issuerSerial(thailand.signing.certificate, issuerName('TH')).replace(/Number>\d+/, 'Number>-1')),
    ],
    ['a name of a key', () => `<ds:KeyName xmlns:ds="${NS.ds}">TH</ds:KeyName>`],
    ['nothing', () => str('')],
  ];
  for (const [what, write] of forms)
    test(`by ${what}`, () => {
      assert.equal(refusal(() => open(signerNamed(takeApart(thailand, vietNam), write()))).code, 'EBMS:0103');
    });

  test('through an STR-Transform, which is named in the refusal', () => {
    const transform = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform';
    const message = takeApart(thailand, vietNam);
    message.envelope = signAnew(message.envelope, thailand.signing, (all) =>
      all.map((each) =>
        each.uri.startsWith('#body')
          ? { ...each, transforms: [{ algorithm: transform, inclusivePrefixes: [] }] }
          : each,
      ),
    );
    const failure = refusal(() => open(message));
    assert.equal(failure.code, 'EBMS:0103');
    assert.ok(failure.message.includes(transform));
  });
});

describe('a recipient is found', () => {
  for (const profile of MESSAGE_PROFILES) {
    for (const [how, write] of names)
      test(`by ${how} (${profile})`, () => {
        const message = takeApart(thailand, vietNam, undefined, undefined, profile);
        const named = recipientNamed(message, write(vietNam.keys.encryption[profile].certificate));
        assert.equal(open(named).payloads[0]?.bytes.toString(), 'one');
      });

    test(`where nothing names it (${profile})`, () => {
      const message = takeApart(thailand, vietNam, undefined, undefined, profile);
      assert.equal(open(recipientNamed(message, '')).payloads[0]?.bytes.toString(), 'one');
    });

    test(`by a former certificate of the same key (${profile})`, () => {
      const { privateKey } = vietNam.keys.encryption[profile];
      const renewed: MessageKey = certify(vietNam.authority, 'VN', 'as4-encryption', privateKey);
      const message = takeApart(thailand, vietNam, undefined, undefined, profile);
      assert.equal(open(message, undefined, [renewed]).payloads[0]?.bytes.toString(), 'one');
    });
  }

  test('among former keys during a rotation, by its certificate', async () => {
    const newer = certify(vietNam.authority, 'VN', 'as4-encryption', generateKeyPairSync('x25519').privateKey);
    const message = takeApart(thailand, vietNam);
    assert.equal(open(message, undefined, [newer, vietNam.encryption]).payloads[0]?.bytes.toString(), 'one');
  });
});

test('a recipient that is named as somebody else gets the one answer, although the key would open it', () => {
  const answers = new Set<string>();
  for (const [, write] of names) {
    const message = recipientNamed(takeApart(thailand, vietNam), write(thailand.encryption.certificate));
    const { code, message: words } = refusal(() => open(message));
    assert.equal(code, 'EBMS:0102');
    answers.add(words);
  }
  assert.equal(answers.size, 1);
});
