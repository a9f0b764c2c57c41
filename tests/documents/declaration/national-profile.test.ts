import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  certificateReferenceOf,
  claimsPreference,
  isAwaited,
  isCertificateOfOrigin,
  type NationalPreference,
  permitsFor,
  preferenceOfCode,
  profileOf,
  scheduleOf,
} from '../../../src/documents/declaration/national-profile.ts';
import { isArray, isObject } from '../../../src/documents/json.ts';
import { schemaFile } from '../../../src/documents/schema-set.ts';

function preference(country: string, code: string): NationalPreference {
  const found = preferenceOfCode(profileOf(country), code);
  assert.ok(found, `${country} ${code}`);
  return found;
}

describe('a national profile', () => {
  test('is the default one for a country without', () => {
    assert.equal(profileOf('LA').country, 'default');
    assert.deepEqual(profileOf('LA').preferences, []);
    assert.equal(profileOf('LA').currency, null);
  });

  test('takes from the default one what it does not say', () => {
    assert.deepEqual(profileOf('VN').required, profileOf('LA').required);
    assert.equal(profileOf('VN').currency, 'VND');
  });

  for (const country of ['TH', 'VN', 'JP']) {
    test(`of ${country} has each code once, and none that claims nothing`, () => {
      const profile = profileOf(country);
      const codes = profile.preferences.map(({ code }) => code);
      assert.equal(new Set(codes).size, codes.length);
      assert.ok(codes.every((code) => claimsPreference(profile, code)));
      assert.equal(claimsPreference(profile, '100'), false);
      assert.equal(claimsPreference(profile, null), false);
      assert.ok(profile.preferences.every(({ parties }) => !parties.has(country)));
    });
  }

  /** The United Kingdom acceded to the CPTPP in December 2024; not every tariff names it yet. */
  const isNewer = (origin: string): boolean => origin === 'GB';

  for (const country of ['VN', 'JP']) {
    test(`of ${country} names schedules that its tariff has, for no more origins than the tariff says`, () => {
      const schedules = schemaFile(`tariffs/${country}.json`)['schedules'];
      const partners = new Map(
        (isArray(schedules) ? schedules : []).filter(isObject).map((each) => [each['id'], each['partners']]),
      );
      for (const { code, parties, schedules: named } of profileOf(country).preferences) {
        for (const { schedule, origins } of named) {
          const known = partners.get(schedule);
          assert.ok(partners.has(schedule), `${code}: ${schedule}`);
          if (!isArray(known)) continue;
          const beyond = [...(origins ?? parties)].filter((origin) => !known.includes(origin) && !isNewer(origin));
          assert.deepEqual(beyond, [], `${code}: ${schedule}`);
        }
      }
    });
  }

  test('tells the schedule by origin, and says nothing where it does not know it', () => {
    assert.equal(scheduleOf(preference('JP', '302'), 'TH'), 'rcep_asean_au_nz');
    assert.equal(scheduleOf(preference('JP', '302'), 'CN'), 'rcep_cn');
    assert.equal(scheduleOf(preference('VN', '301'), 'TH'), 'atiga');
    assert.equal(scheduleOf(preference('VN', '302'), 'TH'), 'rcep_a');
    assert.equal(scheduleOf(preference('VN', '302'), 'JP'), undefined);
    assert.equal(scheduleOf(preference('VN', '302'), null), undefined);
  });

  test('knows certificates of origin and those that follow', () => {
    const document = { pointer: '', category: 'N', type: '954', id: 'X', exemption: 'PND', quantity: null };
    const profile = profileOf('VN');
    assert.equal(isCertificateOfOrigin(profile, document), true);
    assert.equal(isCertificateOfOrigin(profile, { ...document, type: '380' }), false);
    assert.equal(isAwaited(profile, document), true);
    assert.equal(isAwaited(profile, { ...document, exemption: null }), false);
  });

  for (const [id, number, item] of [
    ['ATIGA-TH-2026-0000417-K', 'ATIGA-TH-2026-0000417-K', null],
    ['ATIGA-TH-2026-0000417-K/2', 'ATIGA-TH-2026-0000417-K', 2],
    ['A/B', 'A/B', null],
    ['12345/19.01.2024', '12345/19.01.2024', null],
    ['/', '/', null],
  ] as const) {
    test(`reads the reference "${id}"`, () => assert.deepEqual(certificateReferenceOf(id), { number, item }));
  }

  test('names permits by the first digits of the commodity code and the procedure', () => {
    const profile = profileOf('VN');
    assert.deepEqual(
      permitsFor(profile, 'import', '30049099').map(({ name }) => name),
      ['medicines'],
    );
    assert.deepEqual(permitsFor(profile, 'export', '30049099'), []);
    assert.deepEqual(permitsFor(profile, 'import', '85013130'), []);
    assert.ok(profile.permits.every(({ status }) => status === 'illustrative'));
  });
});
