import assert from 'node:assert/strict';
import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { readXml } from '../../src/documents/read-xml.ts';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import { readEnvelope } from '../../src/exchange/envelope/read-envelope.ts';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import type { SecurityProfileName } from '../../src/exchange/security-profile.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { decryptContent, encryptContent } from '../../src/exchange/ws-security/content-cipher.ts';
import { readContentKeys } from '../../src/exchange/ws-security/content-keys.ts';
import { writeEncryption } from '../../src/exchange/ws-security/encrypt.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { createMember, type TestMember } from './members.ts';
import { putTogether, type TakenApart, takeApart } from './resigning.ts';

const COMMON = 'edelivery-2.0-common-usage';
const ALTERNATIVE = 'edelivery-2.0-alternative-ec';
const FORMER = 'edelivery-1.15';

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

const allKeysOf = (member: TestMember): MessageKey[] => Object.values(member.keys.encryption);
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

const oneAnswer = (): string => {
  const message = inProfile(COMMON);
  message.parts = message.parts.map((part) => ({ ...part, bytes: Buffer.alloc(40) }));
  return refusalOf(message).message;
};

/** Replaces in the envelope, and says when there is nothing to replace. */
function replace(message: TakenApart, what: string | RegExp, by: string): TakenApart {
  const envelope = message.envelope.replace(what, () => by);
  assert.notEqual(envelope, message.envelope, `nothing to replace: ${String(what)}`);
  return { ...message, envelope };
}

const cipherValue = /<xenc:CipherValue>[^<]*<\/xenc:CipherValue>/;
const encryptedTo = (padding: number, oaepHash?: string): string => {
  const key = vietNam.keys.encryption[FORMER].certificate.publicKey;
  const options = { key, padding, ...(oaepHash === undefined ? {} : { oaepHash }) };
  return `<xenc:CipherValue>${publicEncrypt(options, randomBytes(16)).toString('base64')}</xenc:CipherValue>`;
};
const OAEP_METHOD = /<xenc:EncryptionMethod Algorithm="[^"]*rsa-oaep">.*?<\/xenc:EncryptionMethod>/;
const method = (uri: string, content = ''): string =>
  `<xenc:EncryptionMethod Algorithm="${uri}">${content}</xenc:EncryptionMethod>`;
const digestMethod = (uri: string): string =>
  `<ds:DigestMethod xmlns:ds="${NS.ds}" Algorithm="${uri}"></ds:DigestMethod>`;
const mask = (uri: string): string => `<xenc11:MGF xmlns:xenc11="${NS.xenc11}" Algorithm="${uri}"></xenc11:MGF>`;
const SHA1 = `${NS.ds}sha1`;
const SHA256 = `${NS.xenc}sha256`;
const MGF_SHA1 = `${NS.xenc11}mgf1sha1`;
const MGF_SHA256 = `${NS.xenc11}mgf1sha256`;
const OAEP = `${NS.xenc11}rsa-oaep`;
const OAEP_FORMER = `${NS.xenc}rsa-oaep-mgf1p`;
const { RSA_PKCS1_PADDING, RSA_PKCS1_OAEP_PADDING } = constants;

describe('a key of the content that is not established as in a profile gets the one answer (A8):', () => {
  const point = (key: Buffer): string => `<dsig11:PublicKey>${key.toString('base64')}</dsig11:PublicKey>`;
  const cases: readonly [string, SecurityProfileName, (message: TakenApart) => TakenApart][] = [
    [
      'PKCS#1 1.5',
      FORMER,
      (m) => replace(replace(m, OAEP_METHOD, method(`${NS.xenc}rsa-1_5`)), cipherValue, encryptedTo(RSA_PKCS1_PADDING)),
    ],
    ['PKCS#1 1.5 under the name of OAEP', FORMER, (m) => replace(m, cipherValue, encryptedTo(RSA_PKCS1_PADDING))],
    [
      'OAEP with SHA-1',
      FORMER,
      (m) =>
        replace(
          replace(m, OAEP_METHOD, method(OAEP, digestMethod(SHA1) + mask(MGF_SHA1))),
          cipherValue,
          encryptedTo(RSA_PKCS1_OAEP_PADDING, 'sha1'),
        ),
    ],
    [
      'OAEP with SHA-1 under the name of SHA-256',
      FORMER,
      (m) => replace(m, cipherValue, encryptedTo(RSA_PKCS1_OAEP_PADDING, 'sha1')),
    ],
    ['OAEP without digest and mask, which is SHA-1', FORMER, (m) => replace(m, OAEP_METHOD, method(OAEP))],
    [
      'OAEP with a mask by SHA-1',
      FORMER,
      (m) => replace(m, OAEP_METHOD, method(OAEP, digestMethod(SHA256) + mask(MGF_SHA1))),
    ],
    [
      'the former rsa-oaep-mgf1p',
      FORMER,
      (m) => replace(m, OAEP_METHOD, method(OAEP_FORMER, digestMethod(SHA256) + mask(MGF_SHA256))),
    ],
    [
      'OAEP with a label',
      FORMER,
      (m) =>
        replace(
          m,
          OAEP_METHOD,
          method(OAEP, `${digestMethod(SHA256) + mask(MGF_SHA256)}<xenc:OAEPparams>AAAA</xenc:OAEPparams>`),
        ),
    ],
    [
      'an RSA ciphertext of another length',
      FORMER,
      (m) => replace(m, cipherValue, '<xenc:CipherValue>AAAA</xenc:CipherValue>'),
    ],
    [
      'a key of 32 bytes',
      FORMER,
      (m) =>
        replace(
          m,
          cipherValue,
          `<xenc:CipherValue>${publicEncrypt(
            {
              key: vietNam.keys.encryption[FORMER].certificate.publicKey,
              padding: RSA_PKCS1_OAEP_PADDING,
              oaepHash: 'sha256',
            },
            randomBytes(32),
          ).toString('base64')}</xenc:CipherValue>`,
        ),
    ],
    [
      'an ephemeral point that is not on the curve',
      ALTERNATIVE,
      (m) => replace(m, /<dsig11:PublicKey>.*?<\/dsig11:PublicKey>/, point(Buffer.alloc(65, 4))),
    ],
    [
      'a compressed ephemeral point',
      ALTERNATIVE,
      (m) => replace(m, /<dsig11:PublicKey>.*?<\/dsig11:PublicKey>/, point(Buffer.alloc(33, 2))),
    ],
    ['another curve', ALTERNATIVE, (m) => replace(m, 'urn:oid:1.2.840.10045.3.1.7', 'urn:oid:1.3.132.0.34')],
    [
      'an ephemeral key of another kind than the agreement',
      ALTERNATIVE,
      (m) => replace(m, `${NS.xenc11}ECDH-ES`, `${NS.dsigMore}x25519`),
    ],
    [
      'an ephemeral P-384 key in DER',
      ALTERNATIVE,
      (m) =>
        replace(
          m,
          /<ds:KeyValue>.*?<\/ds:KeyValue>/,
          `<dsig11:DEREncodedKeyValue xmlns:dsig11="${NS.dsig11}">${generateKeyPairSync('ec', {
            namedCurve: 'secp384r1',
          })
            .publicKey.export({ format: 'der', type: 'spki' })
            .toString('base64')}</dsig11:DEREncodedKeyValue>`,
        ),
    ],
    [
      'ConcatKDF',
      ALTERNATIVE,
      (m) =>
        replace(
          m,
          /<xenc11:KeyDerivationMethod .*?<\/xenc11:KeyDerivationMethod>/,
          `<xenc11:KeyDerivationMethod xmlns:xenc11="${NS.xenc11}" Algorithm="${NS.xenc11}ConcatKDF"><xenc11:ConcatKDFParams AlgorithmID="" PartyUInfo="" PartyVInfo="">${digestMethod(SHA256)}</xenc11:ConcatKDFParams></xenc11:KeyDerivationMethod>`,
        ),
    ],
    ['HKDF by HMAC-SHA1', COMMON, (m) => replace(m, 'xmldsig-more#hmac-sha256', 'xmldsig-more#hmac-sha1')],
    [
      'a derived key of another length',
      COMMON,
      (m) => replace(m, '<dsig-more:KeyLength>16<', '<dsig-more:KeyLength>32<'),
    ],
    [
      'no key agreement beside a wrapped key',
      COMMON,
      (m) => replace(m, /<xenc:AgreementMethod.*?<\/xenc:AgreementMethod>/, ''),
    ],
    [
      'a second key that opens nothing',
      COMMON,
      (m) =>
        replace(
          m,
          '</xenc:EncryptedKey>',
          `</xenc:EncryptedKey>${/<xenc:EncryptedKey .*?<\/xenc:EncryptedKey>/.exec(m.envelope)?.[0].replace(/ Id="[^"]*"/, ' Id="other"')}`,
        ),
    ],
    [
      'a payload that names a key that is not there',
      COMMON,
      (m) => replace(m, /<wsse:Reference URI="#encryption-[^"]*-key">/, '<wsse:Reference URI="#nothing">'),
    ],
  ];
  for (const [what, profile, spoil] of cases)
    test(what, () => {
      const { code, message } = refusalOf(spoil(inProfile(profile)));
      assert.deepEqual([code, message], ['EBMS:0102', oneAnswer()]);
    });

  test('a message in a profile for which there is no key', () => {
    for (const profile of MESSAGE_PROFILES) {
      const others = MESSAGE_PROFILES.filter((each) => each !== profile);
      const { code, message } = refusalOf(
        inProfile(profile),
        others.map((each) => vietNam.keys.encryption[each]),
      );
      assert.deepEqual([code, message], ['EBMS:0102', oneAnswer()]);
    }
  });
});

/** Keys of contents as the security header of an envelope gives them. */
function contentKeysIn(envelope: string, contentIds: readonly string[]): ReadonlyMap<string, Buffer> | undefined {
  const reading = readXml(Buffer.from(envelope));
  assert.ok(reading.ok);
  using document = reading.document;
  const { security } = readEnvelope(document);
  assert.ok(security !== undefined);
  return readContentKeys(security, contentIds, allKeysOf(vietNam));
}

const envelopeAround = (content: string): string =>
  `<S12:Envelope xmlns:S12="${NS.soap12}"><S12:Header><wsse:Security xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}">${content}</wsse:Security><eb:Messaging xmlns:eb="${NS.eb}"/></S12:Header><S12:Body/></S12:Envelope>`;

describe('the keys of the content', () => {
  const part = (contentId: string) => ({ contentId, mimeType: 'text/plain', compressed: true });

  for (const profile of MESSAGE_PROFILES)
    test(`are read where each payload has its own (${profile})`, () => {
      const recipient = vietNam.keys.encryption[profile].certificate;
      const [one, two] = ['one', 'two'].map((id) => writeEncryption(id, [part(`${id}@test`)], recipient, profile));
      assert.ok(one !== undefined && two !== undefined);
      const keys = contentKeysIn(envelopeAround(one.header + two.header), ['one@test', 'two@test']);
      assert.deepEqual(
        keys,
        new Map([
          ['one@test', one.contentKey],
          ['two@test', two.contentKey],
        ]),
      );
    });

  test('are read where only the list of references ties key and payload together', () => {
    const recipient = vietNam.keys.encryption[COMMON].certificate;
    const written = ['one', 'two'].map((id) => writeEncryption(id, [part(`${id}@test`)], recipient, COMMON));
    const header = written.map((each) => each.header).join('');
    const bare = header.replaceAll(
      /(<xenc:EncryptedData .*?)<ds:KeyInfo .*?<\/ds:KeyInfo>(.*?<\/xenc:EncryptedData>)/g,
      '$1$2',
    );
    assert.notEqual(bare, header);
    const keys = contentKeysIn(envelopeAround(bare), ['one@test', 'two@test']);
    assert.deepEqual(
      [...(keys?.values() ?? [])],
      written.map((each) => each.contentKey),
    );
  });

  test('are read from an ephemeral X25519 key within KeyValue too', () => {
    const { header, contentKey } = writeEncryption('e', [part('one@test')], vietNam.encryption.certificate, COMMON);
    const wrapped = header.replace(
      /<dsig11:DEREncodedKeyValue .*?<\/dsig11:DEREncodedKeyValue>/,
      '<ds:KeyValue>$&</ds:KeyValue>',
    );
    assert.notEqual(wrapped, header);
    assert.deepEqual(contentKeysIn(envelopeAround(wrapped), ['one@test'])?.get('one@test'), contentKey);
  });

  test('are refused where two payloads have theirs in two profiles', () => {
    const [one, two] = ([COMMON, FORMER] as const).map((profile, index) =>
      writeEncryption(`e${index}`, [part(`${index}@test`)], vietNam.keys.encryption[profile].certificate, profile),
    );
    assert.throws(
      () => contentKeysIn(envelopeAround(`${one?.header}${two?.header}`), ['0@test', '1@test']),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0102',
    );
  });

  test('are none in a message that is not encrypted', () => {
    assert.equal(contentKeysIn(envelopeAround(''), ['one@test']), undefined);
  });

  test('are refused where a payload is not encrypted, or more is encrypted than there is', () => {
    const { header } = writeEncryption('e', [part('one@test')], vietNam.encryption.certificate, COMMON);
    for (const ids of [['one@test', 'two@test'], ['two@test'], []])
      assert.throws(
        () => contentKeysIn(envelopeAround(header), ids),
        (error) => error instanceof EbmsFailure && error.code === 'EBMS:0102',
      );
  });

  test('come out whole or as the one EbmsFailure, whatever the header says', () => {
    const headers = MESSAGE_PROFILES.map(
      (profile) =>
        writeEncryption('e', [part('one@test')], vietNam.keys.encryption[profile].certificate, profile).header,
    );
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(80),
      insert: fc.oneof(
        fc.constantFrom('', '<', '&', '"', '=', 'A', '</xenc:CipherValue>', '<x/>', '#', 'urn:oid:1.2', '\u0000', '𝒳'),
        fc.string({ maxLength: 40 }),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...headers), fc.array(change, { minLength: 1, maxLength: 4 }), (header, changes) => {
        const changed = changes.reduce((text, { at, remove, insert }) => {
          const place = Math.floor(at * text.length);
          return text.slice(0, place) + insert + text.slice(place + remove);
        }, header);
        const reading = readXml(Buffer.from(envelopeAround(changed)));
        if (!reading.ok) return;
        using document = reading.document;
        try {
          const { security } = readEnvelope(document);
          if (security === undefined) return;
          const keys = readContentKeys(security, ['one@test'], allKeysOf(vietNam));
          assert.equal(keys?.get('one@test')?.length ?? 16, 16);
        } catch (error) {
          assert.ok(error instanceof EbmsFailure, String(error));
        }
      }),
      { numRuns: 600 },
    );
  });

  test('come out whole or as the one EbmsFailure when elements and attributes change places', () => {
    const headers = MESSAGE_PROFILES.map(
      (profile) =>
        writeEncryption('e', [part('one@test')], vietNam.keys.encryption[profile].certificate, profile).header,
    );
    const pieceOf = (text: string): string[] => text.split(/(?=<)/);
    const all = headers.flatMap(pieceOf);
    fc.assert(
      fc.property(
        fc.constantFrom(...headers),
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('swap', 'copy', 'drop', 'foreign')), {
          minLength: 1,
          maxLength: 3,
        }),
        (header, changes) => {
          const pieces = pieceOf(header);
          for (const [from, to, kind] of changes) {
            const [a, b] = [from % pieces.length, to % pieces.length];
            // A whole element without children: opening tag with its text, and closing tag.
            const element = pieces.slice(a, a + 2);
            if (kind === 'drop') pieces.splice(a, 2);
            else if (kind === 'copy') pieces.splice(b, 0, ...element);
            else if (kind === 'swap') pieces.splice(b, 0, ...pieces.splice(a, 2));
            else pieces[a] = all[to % all.length] ?? '';
          }
          const reading = readXml(Buffer.from(envelopeAround(pieces.join(''))));
          if (!reading.ok) return;
          using document = reading.document;
          try {
            const { security } = readEnvelope(document);
            if (security !== undefined) readContentKeys(security, ['one@test'], allKeysOf(vietNam));
          } catch (error) {
            assert.ok(error instanceof EbmsFailure, String(error));
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  test('open the contents that were encrypted with them, and nothing that was altered', () => {
    const key = randomBytes(16);
    const encrypted = encryptContent(key, Buffer.from('content'));
    assert.equal(decryptContent(key, encrypted).toString(), 'content');
    for (let at = 0; at < encrypted.length; at += 1) {
      const altered = Buffer.from(encrypted);
      altered[at] = (altered[at] ?? 0) ^ 1;
      assert.throws(() => decryptContent(key, altered), EbmsFailure);
      assert.throws(() => decryptContent(key, encrypted.subarray(0, at)), EbmsFailure);
    }
    assert.throws(() => decryptContent(randomBytes(16), encrypted), EbmsFailure);
  });
});
