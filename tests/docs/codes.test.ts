import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codesDocument, codesFile } from '../../docs/generate-codes.ts';

test('the table of codes in the docs is that of the code (run "npm run docs" to renew it)', () => {
  assert.equal(readFileSync(codesFile, 'utf8'), codesDocument());
});
