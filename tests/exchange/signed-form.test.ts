import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { inMemory, wholeOf } from '../../src/exchange/message/content.ts';
import { composeLargeMessage, openLargeMessage } from '../../src/exchange/message/large-message.ts';
import { MESSAGE_LIMITS } from '../../src/exchange/message/opening.ts';
import { composeUserMessage, openUserMessage } from '../../src/exchange/message/user-message.ts';
import {
  digestOfForm,
  digestOfText,
  digestOfXml,
  signedFormOf,
  withLineEnds,
} from '../../src/exchange/ws-security/signed-form.ts';
import { createMember, NOW, type TestMember } from './members.ts';

const HEADER = {
  messageId: 'm@test',
  timestamp: NOW,
  fromPartyId: 'urn:test:party:a',
  toPartyId: 'urn:test:party:b',
  service: 'urn:test:service',
  action: 'a',
  conversationId: 'c',
  properties: {},
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1))].sort((a, b) => a - b)) {
    yield bytes.subarray(at, Math.max(at, cut));
    at = Math.max(at, cut);
  }
  yield bytes.subarray(at);
}

async function whole(pieces: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all).toString('latin1');
}

describe('the form of a payload that is signed', () => {
  for (const [mediaType, form] of [
    ['application/xml', 'xml'],
    ['text/xml; charset=utf-8', 'xml'],
    ['application/vnd.customs+xml', 'xml'],
    ['image/svg+xml', 'xml'],
    ['TEXT/PLAIN', 'text'],
    ['text/csv', 'text'],
    ['application/xml-dtd', 'bytes'],
    ['application/pdf', 'bytes'],
    ['message/+xml', 'bytes'],
    ['', 'bytes'],
    [undefined, 'bytes'],
  ] as const)
    test(`is ${form} of ${mediaType ?? 'an unknown type'}`, () => assert.equal(signedFormOf(mediaType, false), form));

  test('is the bytes of whatever is compressed', () => assert.equal(signedFormOf('application/xml', true), 'bytes'));

  test('has CR LF at the end of every line of text', () =>
    assert.equal(digestOfForm('text', Buffer.from('a\nb\rc\r\nd\r\r\n\n')), sha256('a\r\nb\r\nc\r\nd\r\n\r\n\r\n')));

  test('is canonical of XML: no declaration, no comments, attributes in order, no empty-element tags', () =>
    assert.equal(
      digestOfForm('xml', Buffer.from('<?xml version="1.0"?>\r\n<!-- c --><a  z="1" b=\'2\'><c/>\r\n</a>\n')),
      sha256('<a b="2" z="1"><c></c>\n</a>'),
    ));

  for (const text of ['', '<a>', '<!DOCTYPE a><a/>', '<a>&b;</a>', 'plain'])
    test(`there is none of XML that is ${JSON.stringify(text)}`, () =>
      assert.equal(digestOfXml(Buffer.from(text)), undefined));

  test('is canonical of XML also with more text in one element than the parser takes by itself', () => {
    const element = `<a>${'x'.repeat(11_000_000)}</a>`;
    assert.equal(digestOfXml(Buffer.from(`<?xml version="1.0"?>${element}`)), sha256(element));
  });

  test('is the same for text however its bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('\r', '\n', 'a', 'é'), { maxLength: 30 }),
        fc.array(fc.nat(40), { maxLength: 5 }),
        async (letters, cuts) => {
          const bytes = Buffer.from(letters.join(''));
          const expected = bytes.toString('latin1').replaceAll(/\r\n?|\n/g, '\r\n');
          assert.equal(await whole(withLineEnds(inPieces(bytes, cuts))), expected);
          assert.equal(await digestOfText(inPieces(bytes, cuts)), digestOfForm('text', bytes));
        },
      ),
    );
  });
});

describe('a payload that is sent uncompressed', () => {
  let member: TestMember;
  before(async () => {
    member = await createMember('TH');
  });
  const security = () => ({ signing: member.signing, recipient: member.encryption.certificate });
  const keys = () => ({ decryption: [member.encryption] });
  const spool = { folder: tmpdir(), memoryBytes: 10 };

  for (const [contentType, text, signed] of [
    ['application/xml', '<?xml version="1.0"?><a z="1" b="2"/>', '<a b="2" z="1"></a>'],
    ['text/plain', 'a\nb\r', 'a\r\nb\r\n'],
    ['application/pdf', 'a\nb\r', 'a\nb\r'],
  ] as const)
    test(`is signed in its form when it is ${contentType}, in memory and on disk, and arrives as it was`, async () => {
      const bytes = Buffer.from(text);
      const small = composeUserMessage(HEADER, [{ contentType, bytes, compressed: false }], security());
      const content = inMemory(bytes);
      const large = await composeLargeMessage(HEADER, [{ contentType, content, compressed: false }], security(), spool);
      const largeBody = await wholeOf(large.body, 100_000);
      for (const message of [small, { ...large, body: largeBody }]) {
        assert.equal(message.references[2]?.digest, sha256(signed));
        assert.deepEqual(openUserMessage(message.contentType, message.body, keys()).payloads[0]?.bytes, bytes);
        const onDisk = inMemory(message.body);
        const opened = await openLargeMessage(message.contentType, onDisk, keys(), MESSAGE_LIMITS, spool);
        assert.deepEqual(await wholeOf(opened.payloads[0]?.content ?? inMemory(Buffer.alloc(0)), 100), bytes);
        await opened.close();
      }
      await large.close();
    });

  test('is not signed when it is no well-formed XML but says so', () => {
    const payload = { contentType: 'application/xml', bytes: Buffer.from('<a>'), compressed: false };
    assert.throws(() => composeUserMessage(HEADER, [payload], security()), /Send it compressed/);
  });
});
