import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isArray, isObject, type JsonObject, type JsonValue } from '../../src/documents/json.ts';
import { signP256, verifyP256 } from '../../src/seal/ecdsa-signature.ts';
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
          const [content, value] = [bytes(vector['msg']), bytes(vector['sig'])];
          const found = digest === null ? verify(null, content, key, value) : verifyP256(content, key, value);
          assert.equal(found, vector['result'] === 'valid', `${String(vector['tcId'])}: ${String(vector['comment'])}`);
          count += 1;
        }
      }
      assert.ok(count > 100);
    });
  }

  test('S7 a value that has not 64 bytes is no signature on P-256, even if OpenSSL would read it', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const content = Buffer.from('content');
    const value = signP256(content, privateKey);
    assert.equal(verifyP256(content, publicKey, value), true);
    for (const other of [value.subarray(1), Buffer.concat([value, Buffer.of(0)]), Buffer.alloc(64), Buffer.alloc(0)]) {
      assert.equal(verifyP256(content, publicKey, other), false);
    }
  });

  test('what is signed on P-256 is r and s of 32 bytes each, as node:crypto and others read it', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    let short = 0;
    for (let count = 0; count < 1500; count += 1) {
      const content = Buffer.from(`content ${count}`);
      const value = signP256(content, privateKey);
      if (value[0] === 0 || value[32] === 0) short += 1;
      assert.equal(value.length, 64);
      assert.equal(verify('sha256', content, { key: publicKey, dsaEncoding: 'ieee-p1363' }, value), true);
      assert.equal(verifyP256(content, publicKey, value), true);
    }
    assert.ok(short > 0, 'numbers that begin with zeros are among them');
  });
});
