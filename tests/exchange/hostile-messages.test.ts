import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import { decompress } from '../../src/exchange/message/compression.ts';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { certify, createMember, type TestMember } from './members.ts';
import { putTogether, signAnew, type TakenApart, takeApart } from './resigning.ts';

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

const messagingOf = (envelope: string): string => /<eb:Messaging .*<\/eb:Messaging>/s.exec(envelope)?.[0] ?? '';
const bodyOf = (envelope: string): string => /<S12:Body .*<\/S12:Body>/s.exec(envelope)?.[0] ?? '';
const securityOf = (envelope: string): string => /<wsse:Security .*<\/wsse:Security>/s.exec(envelope)?.[0] ?? '';
const idOf = (element: string): string => /wsu:Id="([^"]*)"/.exec(element)?.[1] ?? '';
/** The same message with another id, as an attacker would want it read. */
const forged = (messaging: string): string => messaging.replace(/<eb:MessageId>[^<]*</, '<eb:MessageId>forged@test<');

function refusal(message: TakenApart, keys = [vietNam.encryption]): EbmsFailure {
  const { contentType, body } = putTogether(message);
  try {
    openUserMessage(contentType, body, { decryption: keys });
  } catch (error) {
    assert.ok(error instanceof EbmsFailure, String(error));
    return error;
  }
  assert.fail('the message was accepted');
}

interface Case {
  readonly what: string;
  readonly codes: readonly string[];
  spoil(message: TakenApart): void;
}

function table(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    for (const { what, codes, spoil } of cases)
      test(`${what} is refused`, () => {
        const message = takeApart(thailand, vietNam);
        const before = JSON.stringify(message);
        spoil(message);
        assert.notEqual(JSON.stringify(message), before, 'the case changes nothing');
        const { code, message: words } = refusal(message);
        assert.ok(codes.includes(code), `${code}: ${words}`);
      });
  });
}

/** Replaces in the envelope, and says when there is nothing to replace. */
function replace(message: TakenApart, what: string | RegExp, by: string | ((found: string) => string)): void {
  const after = typeof by === 'string' ? message.envelope.replace(what, () => by) : message.envelope.replace(what, by);
  assert.notEqual(after, message.envelope, `nothing to replace: ${String(what)}`);
  message.envelope = after;
}

/** Signs a SignedInfo that a test has changed, so that only the change itself can be what is refused. */
function resign(message: TakenApart, change: (signedInfo: string) => string, key: MessageKey = thailand.signing): void {
  const signedInfo = /<ds:SignedInfo .*<\/ds:SignedInfo>/s.exec(message.envelope)?.[0] ?? '';
  const changed = change(signedInfo);
  assert.notEqual(changed, signedInfo);
  replace(message, signedInfo, changed);
  const value = sign(null, Buffer.from(changed), key.privateKey).toString('base64');
  replace(message, /<ds:SignatureValue>[^<]*</, `<ds:SignatureValue>${value}<`);
}

table('signature wrapping (S1):', [
  {
    what: 'a forged Messaging before the signed one',
    codes: ['EBMS:0009'],
    spoil: (m) =>
      replace(
        m,
        '<S12:Header>',
        `<S12:Header>${forged(messagingOf(m.envelope)).replace(/wsu:Id="[^"]*"/, 'wsu:Id="x"')}`,
      ),
  },
  {
    what: 'a forged Messaging with the id of the signed one, which moved into the Security header',
    codes: ['EBMS:0101'],
    spoil: (m) => {
      const messaging = messagingOf(m.envelope);
      m.envelope = m.envelope
        .replace(messaging, forged(messaging))
        .replace('</wsse:Security>', `${messaging}</wsse:Security>`);
    },
  },
  {
    what: 'a forged Messaging without an id, the signed one in the Security header',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      const messaging = messagingOf(m.envelope);
      m.envelope = m.envelope
        .replace(messaging, forged(messaging).replace(/ wsu:Id="[^"]*"/, ''))
        .replace('</wsse:Security>', `${messaging}</wsse:Security>`);
    },
  },
  {
    what: 'the signed Messaging inside an unknown header',
    codes: ['EBMS:0103', 'EBMS:0101'],
    spoil: (m) => {
      const messaging = messagingOf(m.envelope);
      m.envelope = m.envelope.replace(
        messaging,
        `<w:Wrapper xmlns:w="urn:w">${messaging}</w:Wrapper>${forged(messaging).replace(/wsu:Id="[^"]*"/, 'wsu:Id="x"')}`,
      );
    },
  },
  {
    what: 'the signed Messaging inside an Object of the signature',
    codes: ['EBMS:0103', 'EBMS:0101'],
    spoil: (m) => {
      const messaging = messagingOf(m.envelope);
      m.envelope = m.envelope
        .replace(messaging, forged(messaging).replace(/wsu:Id="[^"]*"/, 'wsu:Id="x"'))
        .replace('</ds:Signature>', `<ds:Object>${messaging}</ds:Object></ds:Signature>`);
    },
  },
  {
    what: 'a second Body',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, '</S12:Envelope>', '<S12:Body wsu:Id="x" xmlns:wsu="urn:x"></S12:Body></S12:Envelope>'),
  },
  {
    what: 'the signed Body inside a forged one',
    codes: ['EBMS:0008'],
    spoil: (m) => replace(m, bodyOf(m.envelope), `<S12:Body>${bodyOf(m.envelope)}</S12:Body>`),
  },
  {
    what: 'a second Security header',
    codes: ['EBMS:0009'],
    spoil: (m) =>
      replace(
        m,
        securityOf(m.envelope),
        `${securityOf(m.envelope)}<wsse:Security xmlns:wsse="${NS.wsse}"></wsse:Security>`,
      ),
  },
  {
    what: 'a second signature',
    codes: ['EBMS:0103', 'EBMS:0101'],
    spoil: (m) =>
      replace(m, /<ds:Signature .*<\/ds:Signature>/s, (found) => `${found}${found.replace(/ Id="[^"]*"/, '')}`),
  },
  ...['Id', 'ID', 'id', 'xml:id'].map(
    (name): Case => ({
      what: `the signed id once more as ${name}`,
      codes: ['EBMS:0101'],
      spoil: (m) =>
        replace(m, '</wsse:Security>', `<x ${name}="${idOf(messagingOf(m.envelope))}"></x></wsse:Security>`),
    }),
  ),
  {
    what: 'a signature that covers itself',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      resign(m, (info) =>
        info.replace(/URI="#body-[^"]*"/, `URI="#${/<ds:Signature [^>]*Id="([^"]*)"/.exec(m.envelope)?.[1] ?? ''}"`),
      ),
  },
  {
    what: 'a signature that covers a part of its own SignedInfo',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      resign(m, (info) =>
        info
          .replace('<ds:SignatureMethod ', '<ds:SignatureMethod Id="inner" ')
          .replace(
            '</ds:SignedInfo>',
            `${/<ds:Reference URI="#body-.*?<\/ds:Reference>/s.exec(info)?.[0].replace(/URI="[^"]*"/, 'URI="#inner"') ?? ''}</ds:SignedInfo>`,
          ),
      ),
  },
  {
    what: 'a signature that covers the whole envelope',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = m.envelope.replace('<S12:Envelope ', '<S12:Envelope Id="all" ');
      m.envelope = signAnew(m.envelope, thailand.signing, (references) =>
        references.map((each) => (each.uri.startsWith('#body') ? { ...each, uri: '#all' } : each)),
      );
    },
  },
]);

table('what is not signed, or otherwise than agreed (S2):', [
  { what: 'a changed header', codes: ['EBMS:0101'], spoil: (m) => replace(m, 'UCR-1', 'UCR-2') },
  {
    what: 'a comment that splits a signed value is read whole, and a changed value',
    codes: ['EBMS:0101'],
    spoil: (m) => replace(m, 'UCR-1', 'UCR-1<!-- -->1'),
  },
  {
    what: 'something in the Body',
    codes: ['EBMS:0008'],
    spoil: (m) => replace(m, '</S12:Body>', '<x></x></S12:Body>'),
  },
  { what: 'no Security header', codes: ['EBMS:0103'], spoil: (m) => replace(m, securityOf(m.envelope), '') },
  { what: 'no signature', codes: ['EBMS:0103'], spoil: (m) => replace(m, /<ds:Signature .*<\/ds:Signature>/s, '') },
  {
    what: 'a signature of no reference',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, () => []);
    },
  },
  ...(['#messaging', '#body', 'cid:'] as const).map(
    (start): Case => ({
      what: `a signature that does not cover ${start}`,
      codes: ['EBMS:0103'],
      spoil: (m) => {
        m.envelope = signAnew(m.envelope, thailand.signing, (all) => all.filter((each) => !each.uri.startsWith(start)));
      },
    }),
  ),
  {
    what: 'a reference to what is not there',
    codes: ['EBMS:0101'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
        all.map((each) => (each.uri.startsWith('#body') ? { ...each, uri: '#gone' } : each)),
      );
    },
  },
  {
    what: 'a reference to an address',
    codes: ['EBMS:0101'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
        all.map((each) => (each.uri.startsWith('#body') ? { ...each, uri: 'http://127.0.0.1/x' } : each)),
      );
    },
  },
  {
    what: 'the whole document as reference',
    codes: ['EBMS:0101'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
        all.map((each) => (each.uri.startsWith('#body') ? { ...each, uri: '' } : each)),
      );
    },
  },
  {
    what: 'one thing covered twice',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) => [...all, ...all.slice(0, 1)]);
    },
  },
  {
    what: '200 references',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
        Array.from({ length: 200 }, (_, index) => ({ ...all[0], uri: `#x${index}` }) as (typeof all)[number]),
      );
    },
  },
]);

const method = /<ds:SignatureMethod Algorithm="[^"]*">/;
table('algorithms that are not allowed (S3):', [
  ...[
    'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
    'http://www.w3.org/2000/09/xmldsig#dsa-sha1',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-md5',
    'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256',
    'none',
    '',
  ].map(
    (uri): Case => ({
      what: `the signature method "${uri}"`,
      codes: ['EBMS:0103'],
      spoil: (m) => resign(m, (info) => info.replace(method, `<ds:SignatureMethod Algorithm="${uri}">`)),
    }),
  ),
  {
    what: 'an HMAC whose secret is the public key, called Ed25519',
    codes: ['EBMS:0101'],
    spoil: (m) => {
      const info = /<ds:SignedInfo .*<\/ds:SignedInfo>/s.exec(m.envelope)?.[0] ?? '';
      const secret = thailand.signing.certificate.publicKey.export({ format: 'der', type: 'spki' });
      const value = createHmac('sha512', secret).update(info).digest('base64');
      replace(m, /<ds:SignatureValue>[^<]*</, `<ds:SignatureValue>${value}<`);
    },
  },
  {
    what: 'a method that is not the key’s',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      resign(m, (info) =>
        info.replace(method, '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256">'),
      ),
  },
  {
    what: 'SHA-1 as digest',
    codes: ['EBMS:0103'],
    spoil: (m) => resign(m, (info) => info.replace(`"${NS.xenc}sha256"`, '"http://www.w3.org/2000/09/xmldsig#sha1"')),
  },
  {
    what: 'an HMACOutputLength',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      resign(m, (info) =>
        info.replace('</ds:SignatureMethod>', '<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>'),
      ),
  },
  {
    what: 'a token of an EC key under the name of Ed25519',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const token = certify(thailand.authority, 'TH', 'as4-signing', privateKey).certificate.raw.toString('base64');
      replace(m, /wsu:Id="signature-[^"]*-token">[^<]*</, (found) => found.replace(/>[^<]*</, `>${token}<`));
    },
  },
]);

table('transforms (S4):', [
  ...[
    'http://www.w3.org/TR/1999/REC-xslt-19991116',
    'http://www.w3.org/TR/1999/REC-xpath-19991116',
    'http://www.w3.org/2002/06/xmldsig-filter2',
    'http://www.w3.org/2000/09/xmldsig#base64',
    'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
    'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
    'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
  ].map(
    (uri): Case => ({
      what: `the transform ${uri}`,
      codes: ['EBMS:0103'],
      spoil: (m) => {
        m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
          all.map((each) =>
            each.uri.startsWith('#messaging')
              ? { ...each, transforms: [{ algorithm: uri, inclusivePrefixes: [] }] }
              : each,
          ),
        );
      },
    }),
  ),
  {
    what: 'one transform too many',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) =>
        all.map((each) => ({ ...each, transforms: [...each.transforms, ...each.transforms] })),
      );
    },
  },
  {
    what: 'no transform at all',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      m.envelope = signAnew(m.envelope, thailand.signing, (all) => all.map((each) => ({ ...each, transforms: [] })));
    },
  },
  {
    what: 'inclusive canonicalisation of SignedInfo',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      resign(m, (info) =>
        info.replace(
          `CanonicalizationMethod Algorithm="${NS.ec}"`,
          'CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"',
        ),
      ),
  },
]);

const keyInfo = /<ds:KeyInfo><wsse:SecurityTokenReference><wsse:Reference URI="#signature-.*?<\/ds:KeyInfo>/s;
table('where the signer’s key comes from (S5):', [
  {
    what: 'a KeyValue',
    codes: ['EBMS:0103'],
    spoil: (m) => replace(m, keyInfo, '<ds:KeyInfo><ds:KeyValue></ds:KeyValue></ds:KeyInfo>'),
  },
  {
    what: 'a RetrievalMethod',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      replace(
        m,
        keyInfo,
        '<ds:KeyInfo><ds:RetrievalMethod URI="http://127.0.0.1/key"></ds:RetrievalMethod></ds:KeyInfo>',
      ),
  },
  {
    what: 'a token that is elsewhere',
    codes: ['EBMS:0103'],
    spoil: (m) => replace(m, /<wsse:Reference URI="#signature-[^"]*"/, '<wsse:Reference URI="http://127.0.0.1/token"'),
  },
  {
    what: 'a token outside the Security header',
    codes: ['EBMS:0103'],
    spoil: (m) => {
      const token =
        /<wsse:BinarySecurityToken [^>]*wsu:Id="signature-[^"]*-token">[^<]*<\/wsse:BinarySecurityToken>/.exec(
          m.envelope,
        )?.[0] ?? '';
      replace(m, token, '');
      replace(
        m,
        '</wsse:Security>',
        `</wsse:Security><x:x xmlns:x="urn:x" xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}">${token}</x:x>`,
      );
    },
  },
  {
    what: 'a KeyValue beside the token',
    codes: ['EBMS:0103'],
    spoil: (m) =>
      replace(m, keyInfo, (found) => found.replace('</ds:KeyInfo>', '<ds:KeyValue></ds:KeyValue></ds:KeyInfo>')),
  },
  {
    what: 'a token that is no certificate',
    codes: ['EBMS:0101'],
    spoil: (m) => replace(m, /wsu:Id="signature-[^"]*-token">[^<]*</, (found) => found.replace(/>[^<]*</, '>AAAA<')),
  },
  {
    what: 'the token of another member',
    codes: ['EBMS:0101'],
    spoil: (m) =>
      replace(m, /wsu:Id="signature-[^"]*-token">[^<]*</, (found) =>
        found.replace(/>[^<]*</, `>${vietNam.signing.certificate.raw.toString('base64')}<`),
      ),
  },
]);

const flip = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
};
const spoilPart =
  (change: (bytes: Buffer) => Buffer) =>
  (m: TakenApart): void => {
    m.parts = m.parts.map((part) => ({ ...part, bytes: change(part.bytes) }));
  };

describe('decryption (A8):', () => {
  const cases: readonly [string, (message: TakenApart) => void][] = [
    ['a changed initial value', spoilPart((bytes) => flip(bytes, 0))],
    ['a changed ciphertext', spoilPart((bytes) => flip(bytes, 13))],
    ['a changed tag', spoilPart((bytes) => flip(bytes, -1))],
    ['a truncated tag', spoilPart((bytes) => bytes.subarray(0, -1))],
    ['nothing but a tag', spoilPart((bytes) => bytes.subarray(-16))],
    ['an empty part', spoilPart(() => Buffer.alloc(0))],
    [
      'a wrong wrapped key',
      (m) => replace(m, /<xenc:CipherValue>[^<]*</, `<xenc:CipherValue>${Buffer.alloc(24, 7).toString('base64')}<`),
    ],
    ['a wrapped key of one byte', (m) => replace(m, /<xenc:CipherValue>[^<]*</, '<xenc:CipherValue>AA==<')],
    ['a wrapped key that is no base64', (m) => replace(m, /<xenc:CipherValue>[^<]*</, '<xenc:CipherValue>?<')],
    ['another salt', (m) => replace(m, /<dsig-more:Salt>[^<]*</, '<dsig-more:Salt>AAAA<')],
    ['another key derivation', (m) => replace(m, 'xmldsig-more#hkdf', 'xmldsig-more#pbkdf2')],
    ['another key agreement', (m) => replace(m, 'xmldsig-more#x25519', 'xmldsig-more#x448')],
    ['another key wrap', (m) => replace(m, 'xmlenc#kw-aes128', 'xmlenc#kw-aes256')],
    ['another content encryption', (m) => replace(m, 'xmlenc11#aes128-gcm', 'xmlenc#aes128-cbc')],
    [
      'an ephemeral key of small order',
      (m) =>
        replace(m, /<dsig11:DEREncodedKeyValue ([^>]*)>[^<]*</, (found) =>
          found.replace(
            />[^<]*<$/,
            `>${Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), Buffer.alloc(32)]).toString('base64')}<`,
          ),
        ),
    ],
    [
      'an ephemeral key that is an Ed25519 key',
      (m) =>
        replace(m, /<dsig11:DEREncodedKeyValue ([^>]*)>[^<]*</, (found) =>
          found.replace(
            />[^<]*<$/,
            `>${thailand.signing.certificate.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}<`,
          ),
        ),
    ],
    [
      'an ephemeral key that is garbage',
      (m) => replace(m, /<dsig11:DEREncodedKeyValue ([^>]*)>[^<]*</, (found) => found.replace(/>[^<]*<$/, '>AAAA<')),
    ],
    [
      'two encrypted keys',
      (m) =>
        replace(
          m,
          /<xenc:EncryptedKey .*<\/xenc:EncryptedKey>/s,
          (found) => `${found}${found.replace(/ Id="[^"]*"/, '')}`,
        ),
    ],
    [
      'a payload that is not said to be encrypted',
      (m) => replace(m, /<xenc:EncryptedData .*<\/xenc:EncryptedData>/s, ''),
    ],
  ];
  for (const [what, spoil] of cases)
    test(`${what} gets the one answer`, () => {
      const message = takeApart(thailand, vietNam);
      spoil(message);
      const failure = refusal(message);
      const other = refusal(takeApart(thailand, vietNam), [thailand.encryption]);
      assert.deepEqual([failure.code, failure.message], ['EBMS:0102', other.message]);
    });

  test('a message encrypted to another key gets the one answer', () => {
    assert.equal(refusal(takeApart(thailand, vietNam), [thailand.encryption]).code, 'EBMS:0102');
  });

  test('a message whose payloads are not encrypted is refused', () => {
    const message = takeApart(thailand, vietNam);
    message.envelope = message.envelope.replace(/<xenc:EncryptedKey .*<\/xenc:EncryptedData>/s, '');
    assert.equal(refusal(message).code, 'EBMS:0103');
  });
});

table('payloads and parts (A4):', [
  {
    what: 'a payload that is declared but absent',
    codes: ['EBMS:0011'],
    spoil: (m) => {
      m.parts = [];
    },
  },
  {
    what: 'a part that is not declared',
    codes: ['EBMS:0007'],
    spoil: (m) => {
      m.parts = [...m.parts, { contentId: 'more@test', bytes: Buffer.from('x') }];
    },
  },
  {
    what: 'two parts with one Content-ID',
    codes: ['EBMS:0007'],
    spoil: (m) => {
      m.parts = [...m.parts, ...m.parts];
    },
  },
  {
    what: 'a payload at an address',
    codes: ['EBMS:0011'],
    spoil: (m) => replace(m, 'href="cid:one@test"', 'href="http://127.0.0.1/x"'),
  },
  {
    what: 'an unknown compression',
    codes: ['EBMS:0303'],
    spoil: (m) => replace(m, '>application/gzip<', '>application/rar<'),
  },
  {
    what: 'a header that must be understood and is not known',
    codes: ['EBMS:0008'],
    spoil: (m) => replace(m, '</S12:Header>', '<x:x xmlns:x="urn:x" S12:mustUnderstand="true"></x:x></S12:Header>'),
  },
  {
    what: 'a document type declaration',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, '<S12:Envelope', '<!DOCTYPE x [<!ENTITY a "b">]><S12:Envelope'),
  },
  { what: 'SOAP 1.1', codes: ['EBMS:0002'], spoil: (m) => replace(m, NS.soap12, NS.soap11) },
  {
    what: 'a Timestamp that is no instant',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, /<eb:Timestamp>[^<]*</, '<eb:Timestamp>2006-30-30T30:99:99<'),
  },
  {
    what: 'a MessageId with a line end',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, /<eb:MessageId>[^<]*</, '<eb:MessageId>a&#10;b<'),
  },
  {
    what: 'two MessageIds',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, /<eb:MessageId>[^<]*<\/eb:MessageId>/, (found) => found + found),
  },
  {
    what: 'an empty PartyId',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, /(<eb:PartyId [^>]*>)[^<]*</, (found) => found.replace(/>[^<]*</, '><')),
  },
  {
    what: 'a property called __proto__',
    codes: ['EBMS:0009'],
    spoil: (m) => replace(m, 'name="originalSender"', 'name="__proto__"'),
  },
]);

describe('decompression (A3)', () => {
  const cases: readonly [string, Buffer][] = [
    ['a bomb of 100 MB of zeros', gzipSync(Buffer.alloc(100 * 1024 * 1024))],
    ['a truncated stream', gzipSync(Buffer.from('hello hello')).subarray(0, -4)],
    ['trailing garbage', Buffer.concat([gzipSync(Buffer.from('hello')), Buffer.from('garbage')])],
    ['something that is not gzip', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
    ['a wrong checksum', flip(gzipSync(Buffer.from('hello hello')), -6)],
  ];
  for (const [what, bytes] of cases)
    test(`of ${what} ends in DecompressionFailure, with flat memory`, () => {
      const before = process.memoryUsage().arrayBuffers;
      assert.throws(
        () => decompress(bytes),
        (error) => error instanceof EbmsFailure && error.code === 'EBMS:0303',
      );
      assert.ok(process.memoryUsage().arrayBuffers - before < 70 * 1024 * 1024);
    });

  test('undoes one layer and no more: what was compressed twice stays compressed once', () => {
    const once = gzipSync(Buffer.from('hello'));
    assert.deepEqual(decompress(gzipSync(once)), once);
  });

  test('takes what compresses very well while it is small', () => {
    const zeros = Buffer.alloc(900_000);
    assert.equal(
      createHash('sha256')
        .update(decompress(gzipSync(zeros)) ?? '')
        .digest('hex'),
      createHash('sha256').update(zeros).digest('hex'),
    );
  });
});
