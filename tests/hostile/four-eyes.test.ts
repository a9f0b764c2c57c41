import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { countEvents, digestTables, nodeOf, settled } from './support.ts';
import { ask, signIn } from './web.ts';

/** Somebody whom the operator entered: where they are signed in, and what it takes to change what they are. */
interface Employee {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  version: string;
  session: string;
}

interface Belonging {
  readonly role: string;
  readonly firmId?: string | null;
  readonly office?: string | null;
}

describe('P2: four eyes at a running node', () => {
  let region: TestRegion;
  let operator: string;
  let exporterFirm: string;
  let brokerFirm: string;
  let officer: Belonging;
  let employed = 0;

  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    operator = await signIn(region, 'TH', 'operator');
    const people: { items: { username: string; firmId: string | null; office: string | null }[] } = JSON.parse(
      (await ask(region, 'TH', operator, 'GET', '/api/people')).text,
    );
    const known = (username: string) => people.items.find((one) => one.username === username);
    exporterFirm = known('exporter')?.firmId ?? '';
    brokerFirm = known('broker')?.firmId ?? '';
    officer = { role: 'issuing-officer', firmId: null, office: known('issuing')?.office ?? '' };
  });
  after(() => region.end());

  const enter = async ({ username, password }: Pick<Employee, 'username' | 'password'>): Promise<string> => {
    const answer = await ask(region, 'TH', null, 'POST', '/api/sign-in', { username, password });
    assert.equal(answer.status, 200, answer.text);
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };

  const employ = async (belonging: Belonging): Promise<Employee> => {
    employed += 1;
    const wanted = { username: `employee-${employed}`, name: `Employee ${employed}`, ...belonging };
    const answer = await ask(region, 'TH', operator, 'POST', '/api/people', wanted);
    assert.equal(answer.status, 201, answer.text);
    const { id, username, password }: Employee = JSON.parse(answer.text);
    const version = answer.headers.get('etag') ?? '';
    return { id, username, password, version, session: await enter({ username, password }) };
  };

  /** The operator changes what somebody is; they sign in anew, for the old session has ended. */
  const become = async (person: Employee, belonging: Belonging): Promise<void> => {
    const path = `/api/people/${person.id}/role`;
    const answer = await ask(region, 'TH', operator, 'PUT', path, belonging, { 'If-Match': person.version });
    assert.equal(answer.status, 200, answer.text);
    person.version = answer.headers.get('etag') ?? '';
    assert.equal((await ask(region, 'TH', person.session, 'GET', '/api/me')).code, 'SIGN-IN-NEEDED');
    person.session = await enter(person);
  };

  const firm = (firmId: string, role = 'trader'): Belonging => ({ role, firmId, office: null });

  /** An application for Thailand's exporter that this session made and handed in. */
  const submitted = async (session: string, query = ''): Promise<{ path: string; version: string }> => {
    const reference = `EYES${Math.random().toString(36).slice(2, 10).toUpperCase()}`;
    const content = sampleApplication(sampleCountry('TH'), sampleCountry('VN'), 'ATIGA-FORM-D', reference, new Date());
    const created = await ask(region, 'TH', session, 'POST', `/api/applications${query}`, content);
    assert.equal(created.status, 201, created.text);
    const { id }: { id: string } = JSON.parse(created.text);
    const path = `/api/applications/${id}`;
    const tag = { 'If-Match': created.headers.get('etag') ?? '' };
    const answer = await ask(region, 'TH', session, 'POST', `${path}/submit`, undefined, tag);
    assert.equal(answer.status, 200, answer.text);
    return { path, version: answer.headers.get('etag') ?? '' };
  };

  const DECISIONS: readonly (readonly [string, object])[] = [
    ['approve', {}],
    ['return', { reasons: [{ reason: 'Because.' }] }],
    ['reject', { reasons: [{ reason: 'Because.' }] }],
  ];

  /** Nothing goes between the two nodes by itself any more. */
  const quiet = async (): Promise<void> => {
    for (const country of ['TH', 'VN', 'TH']) await settled(nodeOf(region, country));
  };

  /** None of the decisions is theirs: each is refused with FOUR-EYES and noted, and nothing changes. */
  const mayNotDecide = async (session: string, one: { path: string; version: string }): Promise<void> => {
    const node = nodeOf(region, 'TH');
    await quiet();
    const before = await digestTables(node);
    for (const [decision, body] of DECISIONS) {
      const path = `${one.path}/${decision}`;
      const answer = await ask(region, 'TH', session, 'POST', path, body, { 'If-Match': one.version });
      assert.deepEqual([answer.status, answer.code], [403, 'FOUR-EYES'], answer.text);
      assert.equal(await countEvents(node, 'access.refused', path), 1);
    }
    assert.deepEqual(await digestTables(node), before);
  };

  const approvedBy = async (session: string, one: { path: string; version: string }): Promise<void> => {
    const answer = await ask(region, 'TH', session, 'POST', `${one.path}/approve`, {}, { 'If-Match': one.version });
    assert.equal(answer.status, 200, answer.text);
  };

  test('a trader who was made an officer does not decide on the application they made; another officer does', async () => {
    const person = await employ(firm(exporterFirm));
    const one = await submitted(person.session);
    await become(person, officer);
    await mayNotDecide(person.session, one);
    await approvedBy(await signIn(region, 'TH', 'issuing'), one);
  });

  test('a trader who was made an officer does not decide on what their former firm handed in, before or since', async () => {
    const person = await employ(firm(exporterFirm));
    const former = await submitted(await signIn(region, 'TH', 'exporter'));
    await become(person, officer);
    const since = await submitted(await signIn(region, 'TH', 'exporter'));
    await mayNotDecide(person.session, former);
    await mayNotDecide(person.session, since);
  });

  test('nor somebody who was of the firm only between two other posts', async () => {
    const person = await employ(officer);
    await become(person, firm(exporterFirm));
    await become(person, { ...officer, role: 'clearance-officer' });
    await become(person, officer);
    await mayNotDecide(person.session, await submitted(await signIn(region, 'TH', 'exporter')));
  });

  test('nor somebody who was of the broker that applied for it', async () => {
    const person = await employ(firm(brokerFirm, 'broker'));
    await become(person, officer);
    const forPrincipal = `?principalFirmId=${exporterFirm}`;
    await mayNotDecide(person.session, await submitted(await signIn(region, 'TH', 'broker'), forPrincipal));
    await approvedBy(person.session, await submitted(await signIn(region, 'TH', 'exporter')));
  });

  test('nor with a token instead of a session', async () => {
    const person = await employ(firm(exporterFirm));
    const one = await submitted(person.session);
    await become(person, officer);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const made = await ask(region, 'TH', person.session, 'POST', '/api/tokens', { name: 'program', expiresAt });
    const { secret }: { secret: string } = JSON.parse(made.text);
    const headers = { 'If-Match': one.version, Authorization: `Bearer ${secret}` };
    const answer = await ask(region, 'TH', null, 'POST', `${one.path}/approve`, {}, headers);
    assert.deepEqual([answer.status, answer.code], [403, 'FOUR-EYES'], answer.text);
  });

  test('one person does not do both: the officer who decides cannot hand in, the trader cannot decide', async () => {
    const one = await submitted(await signIn(region, 'TH', 'exporter'));
    await quiet();
    const before = await digestTables(nodeOf(region, 'TH'));
    const issuing = await signIn(region, 'TH', 'issuing');
    const content = sampleApplication(sampleCountry('TH'), sampleCountry('VN'), 'RCEP', 'EYESBOTH', new Date());
    const made = await ask(region, 'TH', issuing, 'POST', '/api/applications', content);
    assert.deepEqual([made.status, made.code], [403, 'RIGHT-MISSING']);
    const trader = await signIn(region, 'TH', 'exporter');
    const decided = await ask(region, 'TH', trader, 'POST', `${one.path}/approve`, {}, { 'If-Match': one.version });
    assert.deepEqual([decided.status, decided.code], [403, 'RIGHT-MISSING']);
    assert.deepEqual(await digestTables(nodeOf(region, 'TH')), before);
  });

  for (const [username, code] of [
    ['supervisor', 'OWN-ROLE'],
    ['operator', 'OWN-ROLE'],
    ['exporter', 'RIGHT-MISSING'],
    ['broker', 'RIGHT-MISSING'],
    ['issuing', 'RIGHT-MISSING'],
    ['clearance', 'RIGHT-MISSING'],
    ['analyst', 'RIGHT-MISSING'],
  ] as const)
    test(`${username} does not change their own role: ${code}`, async () => {
      const session = await signIn(region, 'TH', username);
      const { id }: { id: string } = JSON.parse((await ask(region, 'TH', session, 'GET', '/api/me')).text);
      const person = await ask(region, 'TH', operator, 'GET', `/api/people/${id}`);
      const tag = { 'If-Match': person.headers.get('etag') ?? '' };
      const before = await digestTables(nodeOf(region, 'TH'));
      const path = `/api/people/${id}/role`;
      for (const wanted of [officer, { ...officer, role: 'operator' }]) {
        const answer = await ask(region, 'TH', session, 'PUT', path, wanted, tag);
        assert.deepEqual([answer.status, answer.code], [403, code], answer.text);
      }
      assert.deepEqual(await digestTables(nodeOf(region, 'TH')), before);
      assert.equal(await countEvents(nodeOf(region, 'TH'), 'access.refused', path), 2);
      assert.equal((await ask(region, 'TH', session, 'GET', '/api/me')).status, 200);
    });

  test('a supervisor makes no operator who could then change the supervisor', async () => {
    const supervisor = await signIn(region, 'TH', 'supervisor');
    const wanted = { username: 'accomplice', name: 'Accomplice', ...officer, role: 'operator' };
    const answer = await ask(region, 'TH', supervisor, 'POST', '/api/people', wanted);
    assert.deepEqual([answer.status, answer.code], [403, 'ROLE-NOT-YOURS-TO-GIVE']);
  });
});
