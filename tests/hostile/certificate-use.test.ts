import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import type { ExampleOptions } from '../documents/declaration-examples.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import {
  act,
  bodyOf,
  currentVersion,
  declarationOf,
  done,
  freshReference,
  issueCertificate,
  ledgerItem,
  lodge,
  motorsOf,
  usesOf,
  versionOf,
} from './clearing.ts';
import { eventually, messageBetween, nodeOf, postAs4, settled, stolenKeys } from './support.ts';
import { ask, signIn } from './web.ts';

describe('certificates in declarations at running nodes', () => {
  let region: TestRegion;
  const cookies = new Map<string, string>();
  const as = (country: string, username: string): string => cookies.get(`${country} ${username}`) ?? '';
  before(async () => {
    region = await startTestRegion(['TH', 'VN', 'JP']);
    for (const country of ['TH', 'VN', 'JP'])
      for (const username of ['exporter', 'importer', 'issuing', 'clearance'])
        cookies.set(`${country} ${username}`, await signIn(region, country, username));
  });
  after(() => region.end());

  const lodged = async (declaration: ExampleOptions, username = 'importer') =>
    lodge(region, 'VN', as('VN', username), declarationOf(declaration));
  const useOf = async (mrn: string) => {
    const [use] = await usesOf(region, 'VN', as('VN', 'clearance'), mrn);
    assert.ok(use);
    return use;
  };
  const item = (number: string) => ledgerItem(region, 'VN', as('VN', 'clearance'), number);
  /** What is drawn of a certificate of 1,000. */
  const drawn = async (number: string): Promise<number> => {
    const { setAside, writtenOff, left } = await item(number);
    assert.equal(Number(setAside) + Number(writtenOff) + Number(left), 1_000);
    assert.ok(Number(left) >= 0);
    return Number(setAside) + Number(writtenOff);
  };

  describe('B1: are never used beyond their quantity', () => {
    test('in sequence: the first two fit, the third does not, the rest still does', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN']);
      const states: string[] = [];
      for (const quantity of ['600', '300', '101', '0.000001', '100', '1']) {
        const { mrn } = await lodged({ items: [motorsOf(number, quantity)] });
        const { state, code } = await useOf(mrn);
        // One in some is held back by a random draw, and its quantity stays set aside.
        states.push(`${quantity} ${code ?? state.replace('reserved', 'written-off')}`);
      }
      assert.deepEqual(states, [
        '600 written-off',
        '300 written-off',
        '101 CERTIFICATE-QUANTITY-EXCEEDED',
        '0.000001 written-off',
        '100 CERTIFICATE-QUANTITY-EXCEEDED',
        '1 written-off',
      ]);
      assert.equal(await drawn(number), 901.000001);
    });

    test('fifty at once, from two declarants: exactly as many as there is quantity for', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN']);
      const declarants = [
        ['importer', undefined],
        ['exporter', '0201234567'],
      ] as const;
      const all = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const [username, declarantId] = declarants[n % 2] ?? declarants[0];
          const options = { items: [motorsOf(number, '30')], ...(declarantId === undefined ? {} : { declarantId }) };
          return useOf((await lodged(options, username)).mrn);
        }),
      );
      const good = all.filter(({ code }) => code === null);
      assert.equal(good.length, 33);
      for (const { code } of all.filter((use) => !good.includes(use)))
        assert.equal(code, 'CERTIFICATE-QUANTITY-EXCEEDED');
      assert.equal(await drawn(number), 990);
    });

    test('within one declaration whose items name it again and again, by several forms of its number', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN']);
      const items = [number, `${number}/1`, number, number].map((id) => motorsOf(id, '400'));
      const { mrn } = await lodged({ items });
      const uses = await usesOf(region, 'VN', as('VN', 'clearance'), mrn);
      assert.equal(uses.filter(({ code }) => code === null).length, 2);
      assert.equal(await drawn(number), 800);
    });

    test('amendments, withdrawals and lodgements at once leave exactly what stands', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN']);
      const officer = as('VN', 'clearance');
      // Without its commodity code's duty each waits for payment, so that it can be amended and withdrawn.
      const waiting = () => ({ items: [motorsOf(number, '200'), { preferenceCode: '100' }] });
      const five = await Promise.all(Array.from({ length: 5 }, () => lodged(waiting())));
      assert.equal(await drawn(number), 1_000);
      const [first, second, third] = five;
      assert.ok(first && second && third);
      const amended = { ...declarationOf(waiting()) };
      await Promise.all([
        act(region, 'VN', as('VN', 'importer'), first.mrn, 'withdraw', { reason: 'Not needed.' }),
        act(region, 'VN', as('VN', 'importer'), first.mrn, 'withdraw', { reason: 'Not needed.' }),
        act(region, 'VN', as('VN', 'importer'), second.mrn, 'withdraw', { reason: 'Not needed.' }),
        act(region, 'VN', as('VN', 'importer'), third.mrn, 'amendments?reason=Less', amended),
        ...Array.from({ length: 5 }, () => lodged(waiting())),
      ]);
      const { rows } = await nodeOf(region, 'VN').pool.query<{ total: string }>({
        text: `select coalesce(sum(quantity), 0)::text as total from certificate_uses
          where number = $1 and state in ('reserved', 'written-off')`,
        values: [number],
      });
      assert.equal(await drawn(number), Number(rows[0]?.total));
      assert.ok(Number(rows[0]?.total) <= 1_000);
      assert.equal((await ask(region, 'VN', officer, 'GET', `/api/declarations/${first.mrn}`)).status, 200);
    });

    test('in a second country only with what the first gave back, and what both drew never exceeds it', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN'], undefined, 'RCEP');
      const motors = (quantity: string) => motorsOf(number, quantity, { preferenceCode: '302' });
      const japanese = (quantity: string): ExampleOptions => ({
        country: 'JP',
        declarantId: '5010401067890',
        importerId: '0207654321',
        items: [motorsOf(number, quantity, { preferenceCode: '302', commodityCode: '850131000' })],
      });
      const inJapan = async (quantity: string) => {
        const { mrn } = await lodge(region, 'JP', as('JP', 'importer'), declarationOf(japanese(quantity)));
        const [use] = await usesOf(region, 'JP', as('JP', 'clearance'), mrn);
        return use?.code ?? use?.state;
      };
      assert.equal((await useOf((await lodged({ items: [motors('300')] })).mrn)).code, null);
      assert.equal(await inJapan('100'), 'CERTIFICATE-AWAITED');
      const path = `/api/certificates/${number}/ledger`;
      const give = async (country: string, who: string, verb: string, quantity: string, to?: string) => {
        const read = await ask(region, country, as(country, who), 'GET', path);
        const body = {
          ...(to === undefined ? {} : { country: to }),
          items: [{ itemNumber: 1, quantity }],
          reason: 'Used in another country.',
        };
        return ask(region, country, as(country, who), 'POST', `${path}/${verb}`, body, versionOf(read));
      };
      assert.equal((await give('TH', 'issuing', 'allot', '1', 'JP')).code, 'ALLOTMENT-NOT-FREE');
      assert.equal((await give('VN', 'clearance', 'return', '701')).code, 'ALLOTMENT-NOT-FREE');
      assert.equal((await give('VN', 'clearance', 'return', '400')).status, 200);
      await eventually('the return has arrived', async () => {
        const answer = await give('TH', 'issuing', 'allot', '400', 'JP');
        return answer.status === 200;
      });
      assert.equal((await give('TH', 'issuing', 'allot', '1', 'JP')).code, 'ALLOTMENT-NOT-FREE');
      // What waited in Japan is set aside as soon as the grant is there: 100 of 400.
      await eventually(
        'the awaited use is resolved',
        async () => (await inJapan('0.000001')) !== 'CERTIFICATE-AWAITED',
      );
      await Promise.all(Array.from({ length: 5 }, () => inJapan('100')));
      await Promise.all(Array.from({ length: 5 }, () => lodged({ items: [motors('100')] })));
      const inVietNam = await item(number);
      const there = await ledgerItem(region, 'JP', as('JP', 'clearance'), number);
      const used = (one: typeof there): number => Number(one.setAside) + Number(one.writtenOff);
      assert.ok(used(there) <= 400 && used(there) > 300, JSON.stringify(there));
      assert.equal(used(inVietNam), 600, JSON.stringify(inVietNam));
    });

    test('through certificates issued back to back on it, at once with declarations', async () => {
      const { number } = await issueCertificate(region, ['TH', 'VN'], undefined, 'RCEP');
      const issueDate = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Bangkok' }).format(new Date());
      const [vietNam, japan] = [sampleCountry('VN'), sampleCountry('JP')];
      const apply = async (): Promise<{ path: string; version: { 'If-Match': string } }> => {
        const sample = sampleApplication(vietNam, japan, 'RCEP', freshReference('B'), new Date());
        const [motors] = sample.goodsItems;
        assert.ok(motors);
        const application = {
          ...sample,
          exporter: { ...vietNam.importer },
          indications: ['back-to-back'],
          backToBack: { number, issueDate },
          goodsItems: [{ ...motors, originCountry: 'TH', quantity: { value: '300', unit: 'C62' } }],
        };
        const created = await ask(region, 'VN', as('VN', 'importer'), 'POST', '/api/applications', application);
        assert.equal(created.status, 201, created.text);
        const path = `/api/applications/${bodyOf(created)['id']}`;
        const tag = versionOf(created);
        const submitted = await ask(region, 'VN', as('VN', 'importer'), 'POST', `${path}/submit`, undefined, tag);
        assert.equal(submitted.status, 200, submitted.text);
        return { path, version: versionOf(submitted) };
      };
      const applications = [await apply(), await apply(), await apply(), await apply()];
      const motors = motorsOf(number, '150', { preferenceCode: '302' });
      const [approved] = await Promise.all([
        Promise.all(
          applications.map(({ path, version }) =>
            ask(region, 'VN', as('VN', 'issuing'), 'POST', `${path}/approve`, {}, version),
          ),
        ),
        ...Array.from({ length: 6 }, () => lodged({ items: [motors] })),
      ]);
      for (const answer of approved)
        assert.ok(answer.status === 200 || answer.code === 'BACK-TO-BACK-REFUSED', answer.text);
      const total = await drawn(number);
      assert.ok(total <= 1_000 && total > 850, `${total}`);
      assert.equal((total - 300 * approved.filter(({ status }) => status === 200).length) % 150, 0);
    });
  });

  /** What, how it is declared, code of the use. */
  const WRONG: readonly (readonly [string, (number: string) => ExampleOptions, string])[] = [
    [
      'for other goods',
      (number) => ({ items: [motorsOf(`${number}/1`, '1', { commodityCode: '85030090' })] }),
      'CERTIFICATE-OTHER-GOODS',
    ],
    [
      'for goods of another origin',
      (number) => ({ items: [motorsOf(number, '1', { originCountry: 'MY' })] }),
      'CERTIFICATE-OTHER-ORIGIN',
    ],
    [
      'by another exporter',
      (number) => ({ items: [motorsOf(number, '1')], changes: { '/declaration/exporter/id': '0105599999999' } }),
      'CERTIFICATE-OTHER-EXPORTER',
    ],
    [
      'by another importer',
      (number) => ({ items: [motorsOf(number, '1')], declarantId: '0207654321', importerId: '0201234567' }),
      'CERTIFICATE-OTHER-CONSIGNEE',
    ],
    [
      'of an item that it does not have',
      (number) => ({ items: [motorsOf(`${number}/9`, '1')] }),
      'CERTIFICATE-ITEM-UNKNOWN',
    ],
    [
      'in another unit',
      (number) => ({
        items: [motorsOf(number, '1')].map((one) => ({
          ...one,
          certificate: { id: number, quantity: '1', unit: 'LTR' },
        })),
      }),
      'CERTIFICATE-UNIT-DIFFERS',
    ],
  ];

  describe('B2: that cannot be used are said so to declarant and officer, with the reason, and hinder the release', () => {
    let number: string;
    before(async () => {
      number = (await issueCertificate(region, ['TH', 'VN'])).number;
    });

    /** The use is refused with this code, the verdict names it, and the goods stay. */
    const refused = async (options: ExampleOptions, code: string): Promise<void> => {
      const { mrn, body } = await lodged(options);
      const use = await useOf(mrn);
      assert.equal(use.code, code, use.reason);
      assert.ok(use.reason.length > 20);
      assert.notEqual(body['state'], 'released');
      const officer = as('VN', 'clearance');
      const verdict = await ask(region, 'VN', officer, 'GET', `/api/declarations/${mrn}/verdict`);
      assert.ok(verdict.text.includes(code), verdict.text.slice(0, 3_000));
      assert.equal(bodyOf(verdict)['releasable'], false);
      await done(region, 'VN', officer, mrn, 'claim');
      const answer = await act(region, 'VN', officer, mrn, 'release', {});
      assert.deepEqual([answer.status, answer.code], [409, 'RELEASE-HINDERED'], answer.text);
      assert.match(answer.text, /PREFERENCE-UNSUPPORTED/);
    };

    for (const [what, make, code] of WRONG)
      test(`${what}: ${code}`, async () => {
        await refused(make(number), code);
        assert.equal(await drawn(number), 0);
      });

    for (const [state, code] of [
      ['cancelled', 'CERTIFICATE-CANCELLED'],
      ['replaced', 'CERTIFICATE-REPLACED'],
      ['expired', 'CERTIFICATE-EXPIRED'],
    ] as const)
      test(`${state}: ${code}`, async () => {
        const one = await issueCertificate(region, ['TH', 'VN']);
        // What a partner's message will do; the node has no route for it yet.
        await nodeOf(region, 'VN').pool.query({
          text: 'update certificates set state = $2 where number = $1',
          values: [one.number, state],
        });
        await refused({ items: [motorsOf(one.number, '1')] }, code);
      });

    test('made out for another country and delivered here all the same', async () => {
      const other = await issueCertificate(region, ['TH', 'JP'], undefined, 'RCEP');
      const document = await ask(
        region,
        'TH',
        as('TH', 'exporter'),
        'GET',
        `/api/certificates/${encodeURIComponent(other.number)}/document`,
      );
      const side = async (country: string) => ({
        node: nodeOf(region, country),
        keys: await stolenKeys(region, country),
      });
      const [thailand, vietNam] = [await side('TH'), await side('VN')];
      const message = messageBetween(thailand, vietNam, [document.text]);
      await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
      await settled(vietNam.node);
      const items = [motorsOf(other.number, '1', { preferenceCode: '302' })];
      await refused({ items }, 'CERTIFICATE-REFUSED');
    });

    test('a number that is none, or of a country without a node, is refused; one that may still come is awaited', async () => {
      await refused({ items: [motorsOf('ATIGA-TH-2026-0000001-A', '1')] }, 'CERTIFICATE-NUMBER-WRONG');
      assert.ok(await currentVersion(region, 'VN', (await lodged({})).mrn));
    });
  });
});
