import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Content, inMemory, joined, partOf, wholeOf } from '../../src/exchange/message/content.ts';
import { MIME_LIMITS, readMultipart } from '../../src/exchange/message/mime.ts';
import { locateParts } from '../../src/exchange/message/mime-stream.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';

const TYPE = 'multipart/related; boundary="edge"';
const limits = { ...MIME_LIMITS, parts: 4, headerBytes: 120 };

/** The bytes in pieces that end at every place in turn, so that every delimiter is cut somewhere. */
function inPieces(bytes: Buffer, lengths: readonly number[]): Content {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return joined(pieces.map(inMemory));
}

type Told = { parts: [string | undefined, string, string][] } | { code: string; words: string };

function inMemoryAnswer(bytes: Buffer): Told {
  try {
    return {
      parts: readMultipart(TYPE, bytes, limits).map((part) => [
        part.contentId,
        part.contentType,
        part.bytes.toString('latin1'),
      ]),
    };
  } catch (error) {
    assert.ok(error instanceof EbmsFailure);
    return { code: error.code, words: error.message };
  }
}

async function streamedAnswer(content: Content): Promise<Told> {
  try {
    const parts: [string | undefined, string, string][] = [];
    for (const part of await locateParts(TYPE, content, limits))
      parts.push([part.contentId, part.contentType, (await wholeOf(part.content, 1e6)).toString('latin1')]);
    return { parts };
  } catch (error) {
    assert.ok(error instanceof EbmsFailure);
    return { code: error.code, words: error.message };
  }
}

const fragment = fc.constantFrom(
  '\r\n--edge',
  '--edge',
  '\r\n--edge\r\n',
  '\r\n--edge--',
  '\r\n--edge--\r\n',
  '--edge\r\n',
  '\r\n',
  '\r\n\r\n',
  'Content-ID: <a@b>\r\n\r\n',
  'Content-ID: <c@d>\r\nContent-Type: text/plain\r\n\r\n',
  'Content-Type: application/soap+xml\r\n\r\n',
  '--',
  ' ',
  '\t',
  'x',
  '\r',
  '\n',
  '--edg',
  `X-Long: ${'y'.repeat(130)}\r\n`,
);

describe('a multipart message that is not in memory', () => {
  test('is taken apart as the same bytes in memory are, and refused in the same words', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fragment, { maxLength: 14 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (fragments, lengths) => {
          const bytes = Buffer.from(fragments.join(''), 'latin1');
          assert.deepEqual(await streamedAnswer(inPieces(bytes, lengths)), inMemoryAnswer(bytes));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of several parts gives each with its bytes', async () => {
    const bytes = Buffer.from(
      '--edge\r\nContent-ID: <a@b>\r\n\r\nfirst\r\n--edge\r\nContent-ID: <c@d>\r\n\r\nsecond\r\n\r\n--edge--\r\n',
    );
    assert.deepEqual(await streamedAnswer(inPieces(bytes, [3])), {
      parts: [
        ['a@b', 'application/octet-stream', 'first'],
        ['c@d', 'application/octet-stream', 'second\r\n'],
      ],
    });
  });
});

describe('content', () => {
  test('that is joined or a part of other content has the bytes of any range of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }),
        fc.nat(120),
        fc.nat(120),
        async (pieces, one, other) => {
          const bytes = Buffer.concat(pieces);
          const content = joined(pieces.map((piece) => inMemory(Buffer.from(piece))));
          const start = Math.min(one, other, bytes.length);
          const end = Math.min(Math.max(one, other), bytes.length);
          assert.deepEqual(await wholeOf(partOf(content, start, end), 1_000), bytes.subarray(start, end));
          assert.equal(content.size, bytes.length);
        },
      ),
    );
  });

  test('that is larger than one is ready to hold is not read', async () => {
    await assert.rejects(wholeOf(inMemory(Buffer.alloc(11)), 10), RangeError);
  });
});
