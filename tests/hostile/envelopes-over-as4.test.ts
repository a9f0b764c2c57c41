import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { type Side, sideOf } from './seal-post.ts';
import {
  assertReady,
  countEvents,
  forgeSeal,
  messageBetween,
  postAs4,
  settled,
  unsealedCertificate,
} from './support.ts';

/** The token of the signer. */
const ownToken = /<wsse:BinarySecurityToken [^>]*wsu:Id="signature-[^>]*>[^<]*<\/wsse:BinarySecurityToken>/;

/** The token of a node, otherwise like the given one. */
const tokenOf = (side: Side, like: string): string =>
  like.replace(/>[^<]+</, `>${side.keys.as4Signing['edelivery-2.0-common-usage'].certificate.raw.toString('base64')}<`);

const certificateData = (side: Side): string =>
  `<ds:X509Data><ds:X509Certificate>${side.keys.as4Signing['edelivery-2.0-common-usage'].certificate.raw.toString('base64')}</ds:X509Certificate></ds:X509Data>`;

/** Alters what the signature, which does not cover it, says of its key. */
const withKeyInfo =
  (alter: (info: string) => string) =>
  (text: string): string =>
    text.replace(
      /(<ds:Signature [\s\S]*<ds:KeyInfo>)([\s\S]*?)(<\/ds:KeyInfo><\/ds:Signature>)/,
      (_whole, start: string, info: string, end: string) => start + alter(info) + end,
    );

describe('hostile WS-Security envelopes', () => {
  let region: TestRegion;
  let thailand: Side;
  let vietNam: Side;
  let japan: Side;
  let kept: number;
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    thailand = await sideOf(region, 'TH');
    vietNam = await sideOf(region, 'VN');
    japan = await sideOf(region, 'JP');
  });
  after(() => region.end());
  beforeEach(async () => {
    await settled(vietNam.node);
    const { rows } = await vietNam.node.pool.query({ text: 'select 1 from incoming_messages' });
    kept = rows.length;
  });
  const envelopes: readonly (readonly [string, string, string, (text: string) => string])[] = [
    [
      'S1',
      'a second Messaging header',
      'EBMS:0009',
      (text) => text.replace(/(<eb:Messaging [\s\S]*<\/eb:Messaging>)/, '$1$1'),
    ],
    [
      'S1',
      'the wsu:Id of the header twice',
      'EBMS:0101',
      (text) => text.replace(/wsu:Id="body-[^"]+"/, /wsu:Id="messaging-[^"]+"/.exec(text)?.[0] ?? ''),
    ],
    [
      'S1',
      'the signed body moved into the header',
      'EBMS:0103',
      (text) =>
        text.replace(
          /(<\/S12:Header>)(<S12:Body [\s\S]*<\/S12:Body>)/,
          '<x:Wrapper xmlns:x="urn:x">$2</x:Wrapper>$1<S12:Body></S12:Body>',
        ),
    ],
    ['S2', 'no signature', 'EBMS:0103', (text) => text.replace(/<ds:Signature [\s\S]*<\/ds:Signature>/, '')],
    ['S2', 'no security header', 'EBMS:0103', (text) => text.replace(/<wsse:Security [\s\S]*<\/wsse:Security>/, '')],
    [
      'S2',
      'an attachment that is not covered',
      'EBMS:0103',
      (text) => text.replace(/<ds:Reference URI="cid:[\s\S]*?<\/ds:Reference>/, ''),
    ],
    [
      'S2',
      'an action changed after it was signed',
      'EBMS:0101',
      (text) => text.replace('>SendCertificate<', '>SendCertificat3<'),
    ],
    [
      'S3',
      'the signature by HMAC',
      'EBMS:0103',
      (text) => text.replace(/(<ds:SignatureMethod Algorithm=")[^"]+/, '$1http://www.w3.org/2000/09/xmldsig#hmac-sha1'),
    ],
    [
      'S3',
      'digests by SHA-1',
      'EBMS:0103',
      (text) => text.replace(/(<ds:DigestMethod Algorithm=")[^"]+/, '$1http://www.w3.org/2000/09/xmldsig#sha1'),
    ],
    [
      'S4',
      'an XSLT transform',
      'EBMS:0103',
      (text) => text.replace(/(<ds:Transform Algorithm=")[^"]+/, '$1http://www.w3.org/TR/1999/REC-xslt-19991116'),
    ],
    [
      'S5',
      'a key value instead of the reference to the token',
      'EBMS:0103',
      withKeyInfo(() => '<ds:KeyValue></ds:KeyValue>'),
    ],
    [
      'S5',
      'a key value beside the reference to the token',
      'EBMS:0103',
      withKeyInfo((info) => `<ds:KeyValue></ds:KeyValue>${info}`),
    ],
    [
      'S5',
      'the certificate itself instead of the reference to the token',
      'EBMS:0103',
      withKeyInfo(() => certificateData(thailand)),
    ],
    [
      'S5',
      'another certificate beside the reference to the token',
      'EBMS:0103',
      withKeyInfo((info) => info + certificateData(japan)),
    ],
    [
      'S5',
      'the address of a key',
      'EBMS:0103',
      withKeyInfo(() => '<ds:RetrievalMethod URI="http://127.0.0.1:1/key"></ds:RetrievalMethod>'),
    ],
    [
      'S5',
      'the address of a token',
      'EBMS:0103',
      withKeyInfo((info) => info.replace(/URI="#[^"]+"/, 'URI="http://127.0.0.1:1/token"')),
    ],
    [
      'S5',
      'the fingerprint of a key instead of a token',
      'EBMS:0103',
      withKeyInfo((info) =>
        info.replace(/<wsse:Reference .*<\/wsse:Reference>/, '<wsse:KeyIdentifier>AAAA</wsse:KeyIdentifier>'),
      ),
    ],
    [
      'S5',
      'the token of another node in the place of the own',
      'EBMS:0101',
      (text) => text.replace(ownToken, (token) => tokenOf(japan, token)),
    ],
    [
      'S5',
      'a second token with the id of the first',
      'EBMS:0101',
      (text) => text.replace(ownToken, (token) => tokenOf(japan, token) + token),
    ],
    [
      'S5',
      'a second token, which is the one referred to',
      'EBMS:0101',
      (text) =>
        withKeyInfo((info) => info.replace(/URI="#[^"]+"/, 'URI="#second"'))(
          text.replace(ownToken, (token) => tokenOf(japan, token).replace(/wsu:Id="[^"]+"/, 'wsu:Id="second"') + token),
        ),
    ],
    [
      'S5',
      'the token moved out of the security header',
      'EBMS:0103',
      (text) => {
        const token = ownToken.exec(text)?.[0] ?? '';
        return text
          .replace(token, '')
          .replace(
            '</S12:Header>',
            `<x:Away xmlns:x="urn:x" xmlns:wsse="${NS.wsse}" xmlns:wsu="${NS.wsu}">${token}</x:Away></S12:Header>`,
          );
      },
    ],
  ];
  for (const [threat, what, code, alter] of envelopes)
    test(`${threat}: ${what} is answered with its error, and nothing is kept`, async () => {
      const message = messageBetween(thailand, vietNam, [forgeSeal(unsealedCertificate().xml, thailand.keys.sealing)]);
      const text = message.body.toString('latin1');
      const altered = alter(text);
      assert.notEqual(altered, text);
      const answer = await postAs4(
        vietNam.node,
        thailand.keys.tls,
        message.contentType,
        Buffer.from(altered, 'latin1'),
      );
      assert.equal(answer.error, code, answer.text);
      const { rows } = await vietNam.node.pool.query({ text: 'select 1 from incoming_messages' });
      assert.equal(rows.length, kept);
      await assertReady(region, 'VN');
    });

  test('an envelope that was not altered is taken', async () => {
    const { number, xml } = unsealedCertificate();
    const message = messageBetween(thailand, vietNam, [forgeSeal(xml, thailand.keys.sealing)]);
    const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(answer.error, null, answer.text);
    assert.equal(await countEvents(vietNam.node, 'certificate.verified', number), 1);
  });
});
