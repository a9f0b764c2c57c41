import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { compress, compressAhead, compressStream, decompress } from '../../src/exchange/message/compression.ts';
import { inMemory } from '../../src/exchange/message/content.ts';

const text = (bytes: number): Buffer =>
  Buffer.from(
    randomBytes(Math.ceil(bytes / 4))
      .toString('hex')
      .repeat(2)
      .slice(0, bytes),
  );

async function gathered(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('compression', () => {
  for (const size of [0, 1, 20_480, 64 * 1024, 64 * 1024 + 1, 1024 * 1024])
    test(`${size} bytes come back, however they were compressed`, async () => {
      const bytes = text(size);
      const ahead = await compressAhead(bytes);
      const streamed = await gathered(compressStream(inMemory(bytes).stream()));
      assert.equal(ahead === undefined, size <= 64 * 1024);
      for (const compressed of [compress(bytes), streamed, ...(ahead === undefined ? [] : [ahead])])
        assert.ok(decompress(compressed)?.equals(bytes));
    });

  test('ahead in another thread, it gives the same bytes as at once', async () => {
    const bytes = text(200_000);
    assert.deepEqual(await compressAhead(bytes), compress(bytes));
  });
});
