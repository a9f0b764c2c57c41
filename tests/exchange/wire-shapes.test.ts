import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readXml } from '../../src/documents/read-xml.ts';
import { NS, WSS } from '../../src/exchange/envelope/namespaces.ts';
import { readEnvelope } from '../../src/exchange/envelope/read-envelope.ts';
import type { MessageKey } from '../../src/exchange/message/message.ts';
import { readMultipart } from '../../src/exchange/message/mime.ts';
import { SECURITY_PROFILES } from '../../src/exchange/security-profile.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { verifySignature } from '../../src/exchange/ws-security/verify-signature.ts';
import { corpusPath } from '../support/corpus.ts';
import { hasProgram } from '../support/programs.ts';
import { createMember } from './members.ts';

/** Verifies an envelope as far as it can be without its payloads: for these, the digests that it tells are taken. */
function verify(envelope: Buffer | string): ReturnType<typeof verifySignature> {
  const text = envelope.toString();
  const told = [...text.matchAll(/URI="cid:([^"]*)".*?DigestValue>([^<]*)</gs)];
  const reading = readXml(Buffer.from(text));
  assert.ok(reading.ok);
  using document = reading.document;
  const { messaging, body, security } = readEnvelope(document);
  assert.ok(security !== undefined);
  return verifySignature(document, security, {
    elements: [messaging, body],
    attachmentDigests: new Map(told.map(([, contentId = '', digest = '']) => [contentId, digest])),
  });
}

function assertAltered(envelope: string, change: (text: string) => string): void {
  const altered = change(envelope);
  assert.notEqual(altered, envelope);
  assert.throws(() => verify(altered), EbmsFailure);
}

const folder = corpusPath('as4/wire');
describe('the user message that another access point sent', {
  skip: folder === undefined ? 'the corpus is not beside the repository' : false,
}, () => {
  let envelope: string;
  before(() => {
    const bytes = readFileSync(join(folder ?? '', 'user-message-signed-encrypted-rsa.as4'));
    const end = bytes.indexOf('\r\n\r\n');
    const [, contentType = ''] =
      /^content-type: *(.*)$/im.exec(bytes.toString('latin1', 0, end).replace(/\r\n[\t ]+/g, ' ')) ?? [];
    envelope = readMultipart(contentType, bytes.subarray(end + 4))[0]?.bytes.toString() ?? '';
  });

  test('holds: signature value and the digests of header and Body, RSA-SHA256', () => {
    const { signatureAlgorithm, references } = verify(envelope);
    assert.equal(signatureAlgorithm, SECURITY_PROFILES['edelivery-1.15'].signature);
    assert.equal(references.length, 3);
  });

  test('does not hold once header, signature, or the digest of its payload is another', () => {
    assertAltered(envelope, (text) => text.replace(/(MessageId>)(.)/, '$1x$2'));
    assertAltered(envelope, (text) => text.replace(/(SignatureValue>)[^<]{4}/, '$1AAAA'));
    assertAltered(envelope, (text) => text.replace(/(URI="cid:.*?DigestValue>)[^<]{4}/s, '$1AAAA'));
  });
});

/*
 * xmlsec1 signs here, which knows nothing of us, in the shapes that access points write: namespaces declared on the
 * envelope, PrefixList on the canonicalisation of SignedInfo and on the transforms, white space between the elements.
 */
const prefixLists: readonly [string, string, string, string][] = [
  ['no InclusiveNamespaces', '', '', ''],
  ['a prefix that is used', 'S12', 'S12', ''],
  ['prefixes that are declared around and not used', 'S12 eb xsi', 'S12 xsi', ''],
  ['a prefix that nobody declares', 'S12 nobody', 'nobody', ''],
  ['the default namespace', '#default S12', '#default', ' xmlns="urn:test:default"'],
  ['InclusiveNamespaces on SignedInfo only', 'wsse xsi', '', ''],
  ['InclusiveNamespaces on transforms only', '', 'xsi S12', ''],
];

const inclusive = (prefixes: string): string =>
  prefixes === '' ? '' : `<ec:InclusiveNamespaces xmlns:ec="${NS.ec}" PrefixList="${prefixes}"/>`;

function template(algorithm: string, key: MessageKey, [info, transforms, declared]: [string, string, string]): string {
  const reference = (id: string): string => `
          <ds:Reference URI="#${id}">
            <ds:Transforms><ds:Transform Algorithm="${NS.ec}">${inclusive(transforms)}</ds:Transform></ds:Transforms>
            <ds:DigestMethod Algorithm="${NS.xenc}sha256"/><ds:DigestValue/>
          </ds:Reference>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<S12:Envelope xmlns:S12="${NS.soap12}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"${declared}>
  <S12:Header>
    <wsse:Security xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}" S12:mustUnderstand="true">
      <wsse:BinarySecurityToken EncodingType="${WSS.base64Binary}" ValueType="${WSS.x509v3}" wsu:Id="token">${key.certificate.raw.toString('base64')}</wsse:BinarySecurityToken>
      <ds:Signature xmlns:ds="${NS.ds}" Id="signature">
        <ds:SignedInfo>
          <ds:CanonicalizationMethod Algorithm="${NS.ec}">${inclusive(info)}</ds:CanonicalizationMethod>
          <ds:SignatureMethod Algorithm="${algorithm}"/>${reference('messaging')}${reference('body')}
        </ds:SignedInfo>
        <ds:SignatureValue/>
        <ds:KeyInfo><wsse:SecurityTokenReference wsu:Id="str"><wsse:Reference URI="#token" ValueType="${WSS.x509v3}"/></wsse:SecurityTokenReference></ds:KeyInfo>
      </ds:Signature>
    </wsse:Security>
    <eb:Messaging xmlns:eb="${NS.eb}" xmlns:wsu="${NS.wsu}" wsu:Id="messaging" S12:mustUnderstand="true">
      <eb:UserMessage><eb:MessageInfo><eb:MessageId>m@test</eb:MessageId></eb:MessageInfo></eb:UserMessage>
    </eb:Messaging>
  </S12:Header>
  <S12:Body xmlns:wsu="${NS.wsu}" wsu:Id="body"/>
</S12:Envelope>
`;
}

describe('a message that xmlsec1 signed holds, and not once it is altered', {
  skip: hasProgram('xmlsec1') ? false : 'xmlsec1 is not on this machine',
}, () => {
  let work: string;
  const keys = new Map<string, MessageKey>();
  before(async () => {
    work = mkdtempSync(join(tmpdir(), 'selat-shapes-'));
    const { keys: all } = await createMember('TH');
    for (const profile of ['edelivery-2.0-alternative-ec', 'edelivery-1.15'] as const) {
      const key = all.signing[profile];
      keys.set(profile, key);
      writeFileSync(join(work, `${profile}.pem`), key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    }
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  for (const profile of ['edelivery-2.0-alternative-ec', 'edelivery-1.15'] as const)
    for (const [what, ...prefixes] of prefixLists)
      test(`${profile}: ${what}`, () => {
        const key = keys.get(profile);
        assert.ok(key !== undefined);
        const { signature } = SECURITY_PROFILES[profile];
        writeFileSync(join(work, 'template.xml'), template(signature, key, prefixes));
        const ids = [`${NS.eb}:Messaging`, `${NS.soap12}:Body`].flatMap((name) => ['--id-attr:Id', name]);
        const signed = spawnSync(
          'xmlsec1',
          ['--sign', ...ids, '--privkey-pem', join(work, `${profile}.pem`), join(work, 'template.xml')],
          { encoding: 'utf8' },
        );
        assert.equal(signed.status, 0, signed.stderr);
        assert.equal(verify(signed.stdout).signatureAlgorithm, signature);
        assertAltered(signed.stdout, (text) => text.replace('m@test', 'n@test'));
        assertAltered(signed.stdout, (text) => text.replace('wsu:Id="body"/>', 'wsu:Id="body"> </S12:Body>'));
        if (prefixes[0] !== '' && !prefixes[0].includes('nobody'))
          assertAltered(signed.stdout, (text) => text.replace(`PrefixList="${prefixes[0]}"`, 'PrefixList="ds"'));
      });
});
