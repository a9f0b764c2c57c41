import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readMultipart, writeMultipart } from '../../src/exchange/message/mime.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';

const TYPE = 'multipart/related; type="application/soap+xml"; boundary="edge"';
const envelope = '--edge\r\nContent-Type: application/soap+xml\r\nContent-ID: <root@x>\r\n\r\n<a/>\r\n';
const body = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('multipart/related', () => {
  test('gives back the parts that were written, byte by byte, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 2_000 }), { minLength: 1, maxLength: 8 }),
        fc.stringMatching(/^[0-9a-f]{24}$/),
        (contents, unique) => {
          const parts = contents.map((bytes, index) => ({
            contentId: `part-${index}@test`,
            contentType: 'application/octet-stream',
            bytes,
          }));
          const written = writeMultipart(`selat-${unique}`, parts);
          const read = readMultipart(written.contentType, written.body);
          assert.deepEqual(
            read.map((part) => [part.contentId, part.contentType, [...part.bytes]]),
            parts.map((part) => [part.contentId, part.contentType, [...part.bytes]]),
          );
        },
      ),
    );
  });

  test('keeps line ends and lines that look like a boundary but are not', () => {
    const content = Buffer.from('\r\n--edg\r\n-- edge\r\nx--edge\r\n\r\n');
    const written = writeMultipart('edge', [{ contentId: 'a@b', contentType: 'text/plain', bytes: content }]);
    assert.deepEqual(readMultipart(written.contentType, written.body)[0]?.bytes, content);
  });

  test('passes over a preamble and an epilogue (RFC 2046 §5.1.1)', () => {
    const parts = readMultipart(TYPE, body(`hello\r\n${envelope}--edge--\r\nbye\r\n--edge\r\n`));
    assert.equal(parts.length, 1);
  });

  const refused: readonly [string, string, string][] = [
    ['another type', 'multipart/mixed; boundary=edge', `${envelope}--edge--\r\n`],
    ['no boundary parameter', 'multipart/related', `${envelope}--edge--\r\n`],
    ['two boundary parameters', `${TYPE}; boundary=other`, `${envelope}--edge--\r\n`],
    ['a boundary of 71 characters', `multipart/related; boundary=${'e'.repeat(71)}`, `${envelope}--edge--\r\n`],
    ['a boundary that ends in a space', 'multipart/related; boundary="edge "', `${envelope}--edge --\r\n`],
    ['a boundary with a line end', 'multipart/related; boundary="ed\r\nge"', `${envelope}--edge--\r\n`],
    ['no opening boundary', TYPE, 'nothing here'],
    ['no closing boundary: cut short', TYPE, envelope],
    ['a closing boundary with text in its line', TYPE, `${envelope}--edge--more\r\n`],
    ['a boundary with text behind it', TYPE, `${envelope}--edgewise\r\n\r\nx\r\n--edge--\r\n`],
    ['bare line feeds as line ends of boundaries', TYPE, envelope.replaceAll('\r\n', '\n')],
    [
      'a bare line feed within headers',
      TYPE,
      '--edge\r\nContent-Type: text/plain\nContent-ID: <x@y>\r\n\r\nx\r\n--edge--\r\n',
    ],
    [
      'a bare carriage return within headers',
      TYPE,
      '--edge\r\nContent-Type: text/plain\rX: y\r\n\r\nx\r\n--edge--\r\n',
    ],
    ['a NUL in a header', TYPE, '--edge\r\nContent-Type: text/\0plain\r\n\r\nx\r\n--edge--\r\n'],
    ['characters beyond ASCII in a header', TYPE, '--edge\r\nContent-Type: text/pl\xe4in\r\n\r\nx\r\n--edge--\r\n'],
    ['a header without a name', TYPE, '--edge\r\n: text/plain\r\n\r\nx\r\n--edge--\r\n'],
    ['a header line without a colon', TYPE, '--edge\r\nContent-Type\r\n\r\nx\r\n--edge--\r\n'],
    ['one header twice', TYPE, '--edge\r\nContent-ID: <x@y>\r\nContent-Id: <z@y>\r\n\r\nx\r\n--edge--\r\n'],
    ['a part without an end of its headers', TYPE, '--edge\r\nContent-Type: text/plain\r\n--edge--\r\n'],
    ['a Content-ID without angle brackets', TYPE, '--edge\r\nContent-ID: x@y\r\n\r\nx\r\n--edge--\r\n'],
    ['two Content-IDs in one header', TYPE, '--edge\r\nContent-ID: <x@y> <z@y>\r\n\r\nx\r\n--edge--\r\n'],
    ['one Content-ID in two parts', TYPE, `${envelope}${envelope}--edge--\r\n`],
    [
      'a transfer encoding other than binary',
      TYPE,
      '--edge\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--edge--\r\n',
    ],
    ['a start that names a later part', `${TYPE}; start="<other@x>"`, `${envelope}--edge--\r\n`],
    ['headers of more than 8 KB', TYPE, `--edge\r\nX-Long: ${'x'.repeat(9_000)}\r\n\r\nx\r\n--edge--\r\n`],
    [
      'more than 32 headers',
      TYPE,
      `--edge\r\n${Array.from({ length: 33 }, (_, index) => `X-${index}: y\r\n`).join('')}\r\nx\r\n--edge--\r\n`,
    ],
    ['10,000 parts', TYPE, `${'--edge\r\n\r\nx\r\n'.repeat(10_000)}--edge--\r\n`],
  ];
  for (const [what, type, text] of refused)
    test(`with ${what} is refused as MimeInconsistency`, () => {
      assert.throws(
        () => readMultipart(type, body(text)),
        (error) => error instanceof EbmsFailure && error.code === 'EBMS:0007',
      );
    });

  test('of any bytes is read or refused, and never breaks in another way', () => {
    const fragment = fc.constantFrom(
      '--edge',
      '--',
      '\r\n',
      '\n',
      '\r',
      'Content-ID: <a@b>',
      ': ',
      ' ',
      ';',
      '\0',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (pieces) => {
        try {
          readMultipart(TYPE, body(pieces.join('')));
        } catch (error) {
          assert.ok(error instanceof EbmsFailure);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
