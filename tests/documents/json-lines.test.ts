import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { linesOf } from '../../src/documents/json-lines.ts';

describe('the lines of a JSON text', () => {
  const text = `{
  "scheme": "RCEP",
  "goodsItems": [
    { "marks": "a \\"quoted\\"\\\\",
      "packages": {"count": "1"} },
    { "marks": "b" }
  ],
  "a/b": { "~": 1.5e3 }
}`;

  for (const [pointer, line] of [
    ['', 1],
    ['/scheme', 2],
    ['/goodsItems', 3],
    ['/goodsItems/0', 4],
    ['/goodsItems/0/packages/count', 5],
    ['/goodsItems/1/marks', 6],
    ['/a~1b/~0', 8],
  ] as const)
    test(`has ${pointer === '' ? 'the whole document' : pointer} on line ${line}`, () => {
      assert.equal(linesOf(text, [pointer]).get(pointer), line);
    });

  test('gives a missing member the line of what it is missing in', () => {
    assert.equal(linesOf(text, ['/goodsItems/1/packages/count']).get('/goodsItems/1/packages/count'), 6);
  });

  test('finds every place of any value, wherever its lines break', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const pretty = JSON.stringify(value, null, 1);
        const pointers: string[] = [];
        const collect = (part: unknown, pointer: string): void => {
          pointers.push(pointer);
          if (typeof part !== 'object' || part === null) return;
          for (const [name, inner] of Object.entries(part))
            collect(inner, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
        };
        collect(JSON.parse(pretty), '');
        const lines = linesOf(pretty, pointers);
        const inOrder = pointers.map((pointer) => lines.get(pointer) ?? 0);
        assert.equal(inOrder[0], 1);
        // Written one value a line, each stands on a later line than the one before it.
        assert.ok(inOrder.every((line, index) => index === 0 || line > (inOrder[index - 1] ?? 0)));
      }),
    );
  });
});
