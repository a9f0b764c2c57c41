import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/documents/json.ts';
import { corpusPath } from '../support/corpus.ts';

/** Threat S7: the verification that seals and AS4 rest on does with edge cases what Wycheproof says. */
const files = [
  { file: 'ecdsa_secp256r1_sha256_p1363_test.json', digest: 'sha256' },
  { file: 'ed25519_test.json', digest: null },
] as const;

function objects(value: JsonValue | undefined): JsonObject[] {
  return isArray(value) ? value.filter(isObject) : [];
}

function bytes(value: JsonValue | undefined): Buffer {
  return Buffer.from(String(value), 'hex');
}

function keyOf(group: JsonObject): KeyObject {
  return createPublicKey(String(group['publicKeyPem']));
}

describe('signature verification by node:crypto', () => {
  for (const { file, digest } of files) {
    const path = corpusPath(`wycheproof/${file}`);
    test(`S7 agrees with every vector of ${file}`, {
      skip: path === undefined ? 'the corpus is not there' : false,
    }, () => {
      if (path === undefined) return;
      const corpus: JsonValue = JSON.parse(readFileSync(path, 'utf8'));
      const groups = isObject(corpus) ? objects(corpus['testGroups']) : [];
      let count = 0;
      for (const group of groups) {
        const key = keyOf(group);
        for (const vector of objects(group['tests'])) {
          const found = verify(digest, bytes(vector['msg']), { key, dsaEncoding: 'ieee-p1363' }, bytes(vector['sig']));
          assert.equal(found, vector['result'] === 'valid', `${String(vector['tcId'])}: ${String(vector['comment'])}`);
          count += 1;
        }
      }
      assert.ok(count > 100);
    });
  }
});
