import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FaultCode } from '../../src/documents/fault-codes.ts';
import { readJson } from '../../src/documents/read-json.ts';

const REFUSED: readonly (readonly [name: string, text: string | Buffer, code: FaultCode, pointer: string])[] = [
  ['nothing', '', 'BYTES-EMPTY', ''],
  ['half an object', '{"a":', 'JSON-MALFORMED', ''],
  ['a comma too many', '[1,]', 'JSON-MALFORMED', ''],
  ['a name twice', '{"a":{"b":1,"b":2}}', 'JSON-DUPLICATE-NAME', '/a/b'],
  ['a name twice, once escaped', '{"b":1,"\\u0062":2}', 'JSON-DUPLICATE-NAME', '/b'],
  ['__proto__', '{"a":[{},{"__proto__":{"x":1}}]}', 'JSON-FORBIDDEN-NAME', '/a/1/__proto__'],
  ['constructor, escaped', '{"c\\u006fnstructor":1}', 'JSON-FORBIDDEN-NAME', '/constructor'],
  ['a depth of 10,000', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'JSON-TOO-DEEP', `${'/0'.repeat(32)}`],
  ['1e400', '[1e400]', 'JSON-NUMBER-UNSAFE', '/0'],
  ['1e-400', '[1e-400]', 'JSON-NUMBER-UNSAFE', '/0'],
  ['an integer over 2^53', '{"n":9007199254740993}', 'JSON-NUMBER-UNSAFE', '/n'],
  ['a fraction that loses digits', '{"n":0.1000000000000000055511151231257827}', 'JSON-NUMBER-UNSAFE', '/n'],
  ['NUL in a text', '{"t":"a\\u0000b"}', 'JSON-TEXT-UNSAFE', '/t'],
  ['half a surrogate pair', '["\\ud800"]', 'JSON-TEXT-UNSAFE', '/0'],
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'ENCODING-NOT-UTF-8', ''],
];

describe('the reader of JSON', () => {
  for (const [name, text, code, pointer] of REFUSED) {
    it(`H2: refuses ${name}`, () => {
      const reading = readJson(Buffer.from(text));
      assert.ok(!reading.ok);
      assert.equal(reading.faults[0]?.code, code);
      assert.equal(reading.faults[0]?.pointer, pointer);
    });
  }

  it('tells the line', () => {
    const reading = readJson(Buffer.from('{\n"a": 1,\n"a": 2}'));
    assert.equal(reading.ok ? undefined : reading.faults[0]?.line, 3);
  });

  it('H2: keeps 0.1, 0.30000000000000004 and 2^53 - 1 exactly', () => {
    const reading = readJson(Buffer.from('[0.1,0.30000000000000004,9007199254740991,-1.50e2]'));
    assert.deepEqual(reading, { ok: true, value: [0.1, 0.1 + 0.2, 9007199254740991, -150] });
  });

  it('reads every JSON value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value);
        const reading = readJson(Buffer.from(text));
        const isOdd = /__proto__|constructor|prototype|\\u0000|\\ud[89a-f]|[0-9]{16}/.test(text);
        if (!isOdd) assert.deepEqual(reading, { ok: true, value: JSON.parse(text) });
      }),
    );
  });
});
