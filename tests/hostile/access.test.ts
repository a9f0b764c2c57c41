import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createPerson } from '../../src/access/people.ts';
import { ROLES } from '../../src/access/rights.ts';
import { type CarriedSample, carrySamples } from '../../src/region/carry-samples.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { doorOf, knock } from '../http/route-matrix.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { assertReady, countEvents, countRows, nodeOf, settled } from './support.ts';
import { ask, signIn, USER_OF } from './web.ts';

describe('access to a running node', () => {
  let region: TestRegion;
  let sample: CarriedSample;
  let applicationId: string;
  let paths: readonly string[];
  const cookies = new Map<string, string>();
  const cookie = (name: string): string => cookies.get(name) ?? '';

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    const [carried] = await carrySamples(region.region.description, 1, () => {});
    assert.ok(carried);
    sample = carried;
    for (const name of [...Object.values(USER_OF), 'importer']) cookies.set(name, await signIn(region, 'TH', name));
    const node = nodeOf(region, 'TH');
    const { rows } = await node.pool.query<{ id: string }>({ text: 'select id from applications' });
    applicationId = rows[0]?.id ?? '';
    const password = 'another-office-1234567890';
    await inTransaction(node.pool, (transaction) =>
      createPerson(
        transaction,
        {
          username: 'elsewhere',
          name: 'Officer elsewhere',
          role: 'issuing-officer',
          firmId: null,
          office: 'OTHER',
          password,
        },
        { actor: { id: 'test', name: 'Test', role: 'node' }, now: new Date() },
      ),
    );
    const elsewhere = await ask(region, 'TH', null, 'POST', '/api/sign-in', { username: 'elsewhere', password });
    cookies.set('elsewhere', elsewhere.headers.getSetCookie()[0]?.split(';')[0] ?? '');
    const certificate = `/api/certificates/${encodeURIComponent(sample.number)}`;
    paths = [
      `/api/applications/${applicationId}`,
      `/api/applications/${applicationId}/history`,
      `/api/applications/${applicationId}/attachments`,
      await withAttachment(),
      certificate,
      `${certificate}/document`,
      `${certificate}/verification`,
      `${certificate}/history`,
    ];
  });
  after(() => region.end());

  /** Hands in an application with a file, and gives the file's address. */
  const withAttachment = async (): Promise<string> => {
    const content = sampleApplication(
      sampleCountry('TH'),
      sampleCountry('VN'),
      'ATIGA-FORM-D',
      'ATTACHMENT1',
      new Date(),
    );
    const created = await ask(region, 'TH', cookie('exporter'), 'POST', '/api/applications', content);
    const { id }: { id: string } = JSON.parse(created.text);
    const path = `/api/applications/${id}`;
    const file = { 'Content-Type': 'text/plain' };
    const upload = `${path}/attachments?name=invoice.txt`;
    const added = await ask(region, 'TH', cookie('exporter'), 'POST', upload, 'a secret price', file);
    assert.equal(added.status, 201, added.text);
    const tag = { 'If-Match': created.headers.get('etag') ?? '' };
    const submitted = await ask(region, 'TH', cookie('exporter'), 'POST', `${path}/submit`, undefined, tag);
    assert.equal(submitted.status, 200, submitted.text);
    return `${path}/attachments/${JSON.parse(added.text).id}`;
  };

  const closedTo = async (country: string, session: string, asked: readonly string[]): Promise<void> => {
    for (const path of asked) {
      const audited = await countEvents(nodeOf(region, country), 'access.refused', path);
      const answer = await ask(region, country, session, 'GET', path);
      assert.equal(answer.status, 404, `${path} ${answer.text}`);
      assert.equal(await countEvents(nodeOf(region, country), 'access.refused', path), audited + 1, path);
    }
  };

  test('P1: the owner, the broker by mandate and the office read every document of a case', async () => {
    for (const name of ['exporter', 'broker', 'issuing'])
      for (const path of paths) assert.equal((await ask(region, 'TH', cookie(name), 'GET', path)).status, 200, path);
  });

  for (const name of ['importer', 'elsewhere', 'analyst', 'operator', 'clearance'])
    test(`P1: ${name}, whose case it is not, is told that there is none, and that is noted`, async () => {
      await closedTo('TH', cookie(name), paths);
    });

  test('P1: a trader of the importing country who is not the consignee is told that there is none', async () => {
    await closedTo('VN', await signIn(region, 'VN', 'exporter'), paths.slice(4));
  });

  test('P1: a download is a file to keep, never a page to show', async () => {
    const file = await ask(region, 'TH', cookie('issuing'), 'GET', paths[3] ?? '');
    assert.equal(file.text, 'a secret price');
    assert.match(file.headers.get('content-disposition') ?? '', /^attachment/);
    assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
  });

  test('P1: an attachment under the name of another application is told not to be there', async () => {
    const name = (paths[3] ?? '').split('/').at(-1);
    await closedTo('TH', cookie('exporter'), [`/api/applications/${applicationId}/attachments/${name}`]);
  });

  test('P1: a broker sees nothing before a mandate, nor before it begins, and then what it is for', async () => {
    const operator = cookie('operator');
    const firm = { name: 'New broker', identifier: { scheme: 'TH:TIN', value: '0105500000009' }, country: 'TH' };
    const registered = await ask(region, 'TH', operator, 'POST', '/api/firms', firm);
    const { id: brokerFirmId }: { id: string } = JSON.parse(registered.text);
    const wanted = { username: 'new-broker', name: 'New broker', role: 'broker', firmId: brokerFirmId };
    const { password }: { password: string } = JSON.parse(
      (await ask(region, 'TH', operator, 'POST', '/api/people', wanted)).text,
    );
    const entered = await ask(region, 'TH', null, 'POST', '/api/sign-in', { username: 'new-broker', password });
    const broker = entered.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    await closedTo('TH', broker, paths);
    const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
    const mandate = async (validFrom?: string): Promise<void> => {
      const terms = { brokerFirmId, validUntil: at(120), ...(validFrom === undefined ? {} : { validFrom }) };
      const granted = await ask(region, 'TH', cookie('exporter'), 'POST', '/api/mandates', terms);
      assert.equal(granted.status, 201, granted.text);
    };
    await mandate(at(60));
    await closedTo('TH', broker, paths);
    for (const list of ['/api/applications', '/api/certificates'])
      assert.deepEqual(JSON.parse((await ask(region, 'TH', broker, 'GET', list)).text).items, []);
    await mandate();
    for (const path of paths) assert.equal((await ask(region, 'TH', broker, 'GET', path)).status, 200, path);
  });

  test('P1: a broker whose mandate was revoked is told that there is none', async () => {
    const mandates = await ask(region, 'TH', cookie('exporter'), 'GET', '/api/mandates');
    const { items }: { items: { id: string }[] } = JSON.parse(mandates.text);
    for (const { id } of items)
      assert.equal((await ask(region, 'TH', cookie('exporter'), 'DELETE', `/api/mandates/${id}`)).status, 204);
    await closedTo('TH', cookie('broker'), paths);
  });

  for (const role of [null, ...ROLES])
    test(`P5: every route does for ${role ?? 'nobody'} what the table says`, async () => {
      const node = nodeOf(region, 'TH');
      for (const country of ['TH', 'VN', 'TH']) await settled(nodeOf(region, country));
      const counts = await countRows(node);
      for (const route of node.routes) {
        // Signing out is open to all and would end the session that the next rows need.
        if (route.operationId === 'signOut') continue;
        const found = await knock(
          region.address('TH').replace(/\/$/, ''),
          route,
          role === null ? null : cookie(USER_OF[role]),
        );
        const expected = doorOf(route, role);
        assert.equal(found, expected, `${route.method} ${route.path}`);
      }
      assert.deepEqual(await countRows(node), counts);
      await assertReady(region, 'TH');
    });

  test('P3: guessing a password is limited', async () => {
    const statuses: number[] = [];
    for (let time = 0; time < 12; time += 1)
      statuses.push(
        (await ask(region, 'VN', null, 'POST', '/api/sign-in', { username: 'operator', password: `wrong-${time}` }))
          .status,
      );
    assert.ok(statuses.includes(429), String(statuses));
    assert.ok(!statuses.includes(200));
  });
});
