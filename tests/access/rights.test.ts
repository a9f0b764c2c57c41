import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkNewPassword, hashPassword, inventPassword, passwordMatches } from '../../src/access/passwords.ts';
import { mayDo, RIGHTS, ROLES, ROLES_ASSIGNED_BY, rightsOf } from '../../src/access/rights.ts';
import { Refusal } from '../../src/documents/refusal.ts';

describe('the table of rights', () => {
  test('gives nobody both sides of four eyes: who applies does not decide', () => {
    for (const role of ROLES) {
      const rights: readonly string[] = rightsOf(role);
      assert.ok(!(rights.includes('application.submit') && rights.includes('application.decide')), role);
    }
  });

  test('shows an analyst no case', () => {
    assert.deepEqual(
      rightsOf('analyst').filter((right) => /^(application|certificate)/.test(right)),
      [],
    );
  });

  test('lets only those give roles who manage people', () => {
    for (const role of ROLES)
      assert.equal(ROLES_ASSIGNED_BY[role].length > 0, mayDo({ role, onlyRights: null }, 'person.manage'), role);
  });

  test('is narrowed by a token, never widened', () => {
    for (const right of rightsOf('operator')) {
      assert.equal(mayDo({ role: 'operator', onlyRights: ['token.own'] }, right), right === 'token.own');
      assert.equal(mayDo({ role: 'analyst', onlyRights: [right] }, right), rightsOf('analyst').includes(right));
    }
    assert.ok(Object.keys(RIGHTS).length > 10);
  });
});

describe('passwords', () => {
  test('match only themselves, in either way of writing an accent, and hash differently each time', async () => {
    const [one, two] = await Promise.all([hashPassword('mật khẩu dài'), hashPassword('mật khẩu dài')]);
    assert.notEqual(one, two);
    assert.match(one, /^scrypt\$15\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    assert.ok(await passwordMatches('mật khẩu dài'.normalize('NFD'), one));
    assert.equal(await passwordMatches('mật khẩu dàj', one), false);
    assert.equal(await passwordMatches('', one), false);
    assert.equal(await passwordMatches('anything', null), false);
  });

  test('are checked with the parameters that were stored, so that the cost can rise later', async () => {
    const weaker = 'scrypt$14$8$1$c2FsdHNhbHRzYWx0c2FsdA$';
    const { scryptSync } = await import('node:crypto');
    const key = scryptSync('an older password', 'saltsaltsaltsalt', 32, { N: 2 ** 14, r: 8, p: 1 });
    assert.ok(await passwordMatches('an older password', weaker + key.toString('base64url')));
  });

  test('have at least twelve characters, however many bytes those take', () => {
    assert.throws(() => checkNewPassword('short'), Refusal);
    assert.throws(() => checkNewPassword('x'.repeat(257)), Refusal);
    checkNewPassword('一二三四五六七八九十日月');
  });

  test('that are invented can be read out, and are never the same', () => {
    const invented = new Set(Array.from({ length: 200 }, inventPassword));
    assert.equal(invented.size, 200);
    for (const password of invented) {
      assert.match(password, /^([a-hj-km-np-z2-9]{4}-){4}[a-hj-km-np-z2-9]{4}$/);
      checkNewPassword(password);
    }
  });
});
