import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Refusal } from '../../src/documents/refusal.ts';
import { EXCHANGE_LIMITS } from '../../src/exchange/exchange.ts';
import { readConfiguration } from '../../src/node/configuration.ts';
import { limitsOf, partnerTermsOf } from '../../src/node/exchange-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'selat-settings-'));
after(() => rmSync(folder, { recursive: true }));

function configured(exchange: unknown) {
  const settings = {
    country: 'TH',
    name: 'Thailand',
    partyId: 'urn:test:th',
    authority: { name: 'DFT', timeZone: 'Asia/Bangkok', offices: [{ code: 'BKK', name: 'Bangkok', place: 'Bangkok' }] },
    customs: {
      name: 'Thai Customs',
      timeZone: 'Asia/Bangkok',
      currency: 'THB',
      offices: [{ code: 'THLCHC', name: 'Laem Chabang', place: 'Chon Buri' }],
    },
    pages: { host: '127.0.0.1', port: 8_410, url: 'http://127.0.0.1:8410' },
    as4: { host: '127.0.0.1', port: 8_411, endpoint: 'https://127.0.0.1:8411/as4' },
    directorySources: [],
    sample: true,
    ...(exchange === undefined ? {} : { exchange }),
  };
  writeFileSync(join(folder, 'node.json'), JSON.stringify(settings));
  return readConfiguration(folder);
}

describe('the exchange in node.json', () => {
  test('has the usual limits where it says nothing', () => {
    assert.deepEqual(limitsOf(configured(undefined).exchange), EXCHANGE_LIMITS);
    assert.deepEqual(limitsOf(configured({}).exchange), EXCHANGE_LIMITS);
  });

  test('changes each limit for itself', () => {
    const limits = {
      messageBytes: 1_000_000,
      payloadBytes: 2_000_000,
      expansionRatio: 50,
      envelopeBytes: 100_000,
      parts: 5,
      memoryBytes: 70_000,
      standstillSeconds: 7,
    };
    assert.deepEqual(limitsOf(configured({ limits }).exchange), {
      ...EXCHANGE_LIMITS,
      bodyBytes: 1_000_000,
      envelopeBytes: 100_000,
      memoryBytes: 70_000,
      standstillMilliseconds: 7_000,
      mime: { ...EXCHANGE_LIMITS.mime, parts: 5 },
      expansion: { bytes: 2_000_000, ratio: 50 },
    });
  });

  test('says for each partner how it is tried, and leaves the rest as usual', () => {
    const partners = {
      JP: { windowHours: 2, underWay: 4, firstPauseSeconds: 3, longestPauseSeconds: 60, breakAfter: 2 },
      VN: {},
    };
    assert.deepEqual(partnerTermsOf(configured({ partners }).exchange), {
      JP: {
        windowMilliseconds: 7_200_000,
        perPartner: 4,
        firstPauseMilliseconds: 3_000,
        longestPauseMilliseconds: 60_000,
        breakAfter: 2,
      },
      VN: {},
    });
    assert.deepEqual(partnerTermsOf(undefined), {});
  });

  const wrong: [string, unknown][] = [
    ['an unknown setting', { spool: '/tmp' }],
    ['an unknown limit', { limits: { bytes: 1 } }],
    ['a limit of nothing', { limits: { messageBytes: 0 } }],
    ['a limit in words', { limits: { messageBytes: '10 MB' } }],
    ['one part only', { limits: { parts: 1 } }],
    ['a partner that is no country', { partners: { Japan: {} } }],
    ['a window of no time', { partners: { JP: { windowHours: 0 } } }],
    ['a list', []],
  ];
  for (const [what, exchange] of wrong)
    test(`is refused with ${what}`, () => {
      assert.throws(
        () => configured(exchange),
        (error) =>
          error instanceof Refusal &&
          error.code === 'NODE-SETTINGS-INVALID' &&
          error.faults.every(({ pointer }) => pointer.startsWith('/exchange')),
      );
    });
});
