import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  digestOfForm,
  digestOfText,
  digestOfXml,
  signedFormOf,
  withLineEnds,
} from '../../src/exchange/ws-security/signed-form.ts';

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
