import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { composeUserMessage, openUserMessage } from '../../src/exchange/message/user-message.ts';
import { checkProfile, SECURITY_PROFILES, type SecurityProfileName } from '../../src/exchange/security-profile.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { checkReceiptReferences, readSignal } from '../../src/exchange/signals/signal.ts';
import { writeEncryption } from '../../src/exchange/ws-security/encrypt.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { certify, createMember, NOW, type TestMember } from './members.ts';
import { headerOf, putTogether, signAnew, type TakenApart, takeApart } from './resigning.ts';

const ALTERNATIVE = 'edelivery-2.0-alternative-ec';
const FORMER = 'edelivery-1.15';

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

const allKeysOf = (member: TestMember): MessageKey[] => Object.values(member.keys.encryption);
const securityOf = (profile: SecurityProfileName) => ({
  profile,
  signing: thailand.keys.signing[profile],
  recipient: vietNam.keys.encryption[profile].certificate,
});
const inProfile = (profile: SecurityProfileName): TakenApart =>
  takeApart(thailand, vietNam, undefined, undefined, profile);

function refusalOf(message: TakenApart, keys = allKeysOf(vietNam)): EbmsFailure {
  const { contentType, body } = putTogether(message);
  try {
    openUserMessage(contentType, body, { decryption: keys });
  } catch (error) {
    assert.ok(error instanceof EbmsFailure, String(error));
    return error;
  }
  return assert.fail('the message was accepted');
}

describe('each security profile', () => {
  for (const profile of MESSAGE_PROFILES)
    test(`${profile} carries payloads and brings back a receipt that holds`, () => {
      const payloads = [
        { contentType: 'application/xml', bytes: Buffer.from('<one/>') },
        { contentType: 'application/octet-stream', bytes: randomBytes(70_000) },
      ];
      const sent = composeUserMessage(headerOf(thailand, vietNam), payloads, securityOf(profile));
      const { signature } = SECURITY_PROFILES[profile];
      assert.ok(sent.body.includes(`<ds:SignatureMethod Algorithm="${signature}">`));
      const opened = openUserMessage(sent.contentType, sent.body, { decryption: allKeysOf(vietNam) });
      assert.equal(opened.profile, profile);
      assert.deepEqual(
        opened.payloads.map(({ bytes }) => bytes),
        payloads.map(({ bytes }) => bytes),
      );
      const signing = vietNam.keys.signing[opened.profile];
      const receipt = readSignal(composeReceipt(opened, { messageId: 'r@vn', timestamp: NOW, signing }));
      assert.ok(receipt.kind === 'receipt');
      assert.equal(receipt.signatureAlgorithm, signature);
      assert.equal(checkReceiptReferences(sent.references, receipt.references), undefined);
    });

  test('is not composed with a signing key or a recipient of another', () => {
    for (const profile of MESSAGE_PROFILES)
      for (const other of MESSAGE_PROFILES.filter((each) => each !== profile)) {
        const payloads = [{ contentType: 'text/plain', bytes: Buffer.from('x') }];
        const compose = (security: Parameters<typeof composeUserMessage>[2]) => () =>
          composeUserMessage(headerOf(thailand, vietNam), payloads, security);
        assert.throws(compose({ ...securityOf(profile), signing: securityOf(other).signing }), RangeError);
        assert.throws(compose({ ...securityOf(profile), recipient: securityOf(other).recipient }), RangeError);
      }
  });

  test('1.15 is not composed to an RSA key of less than 3072 bits', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const recipient = certify(vietNam.authority, 'VN', 'as4-encryption', privateKey).certificate;
    assert.throws(() => writeEncryption('e', [], recipient, FORMER), RangeError);
  });

  for (const profile of MESSAGE_PROFILES)
    for (const other of MESSAGE_PROFILES.filter((each) => each !== profile))
      test(`${profile} is refused where it is signed as in ${other}, with what to set`, () => {
        const message = inProfile(profile);
        message.envelope = signAnew(message.envelope, thailand.keys.signing[other], (all) => all);
        const { code, message: words } = refusalOf(message);
        assert.equal(code, 'EBMS:0103');
        assert.ok(words.includes(SECURITY_PROFILES[profile].settings), words);
        assert.ok(words.includes(SECURITY_PROFILES[other].settings), words);
      });

  test('is held to what the directory says of sender and receiver, and to nothing else', () => {
    for (const spoken of MESSAGE_PROFILES)
      for (const partner of MESSAGE_PROFILES)
        for (const own of MESSAGE_PROFILES) {
          const check = (): void => checkProfile(spoken, [partner, own]);
          if (spoken === partner || spoken === own) check();
          else
            assert.throws(check, (error) => {
              assert.ok(error instanceof EbmsFailure);
              assert.equal(error.code, 'EBMS:0103');
              assert.ok(error.message.includes(SECURITY_PROFILES[partner].settings));
              assert.ok(error.message.includes(SECURITY_PROFILES[own].settings));
              return true;
            });
        }
  });
});

describe('weak and wrong keys are refused (S3):', () => {
  for (const bits of [1024, 2047])
    test(`an RSA signature of ${bits} bits`, () => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
      const message = inProfile(FORMER);
      const key = certify(thailand.authority, 'TH', 'as4-signing', privateKey);
      message.envelope = signAnew(message.envelope, thailand.keys.signing[FORMER], (all) => all).replace(
        thailand.keys.signing[FORMER].certificate.raw.toString('base64'),
        key.certificate.raw.toString('base64'),
      );
      const { code, message: words } = refusalOf(message);
      assert.equal(code, 'EBMS:0103');
      assert.match(words, /at least 2048 bits/);
    });

  for (const namedCurve of ['secp256k1', 'secp384r1'])
    test(`a signature on the curve ${namedCurve}`, () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      const message = inProfile(ALTERNATIVE);
      const key = certify(thailand.authority, 'TH', 'as4-signing', privateKey);
      message.envelope = message.envelope.replace(
        thailand.keys.signing[ALTERNATIVE].certificate.raw.toString('base64'),
        key.certificate.raw.toString('base64'),
      );
      const { code, message: words } = refusalOf(message);
      assert.equal(code, 'EBMS:0103');
      assert.match(words, /P-256/);
    });
});
