import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { pino } from 'pino';
import type { JsonObject } from '../../src/documents/json.ts';
import { type RunningNode, startNode } from '../../src/node/start-node.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { bodyOf, declarationOf, lodge } from './clearing.ts';
import { assertReady, eventually, nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe('faults in the middle of a lodgement', () => {
  let region: TestRegion;
  let importer: string;
  let officer: string;
  let second: RunningNode;
  let secondFolder: string;
  before(async () => {
    region = await startTestRegion(['VN']);
    importer = await signIn(region, 'VN', 'importer');
    officer = await signIn(region, 'VN', 'clearance');
    // A second gateway of the same country: the same keys and database, other ports.
    secondFolder = mkdtempSync(join(tmpdir(), 'selat-second-'));
    cpSync(region.folder.node('VN'), secondFolder, { recursive: true });
    const file = join(secondFolder, 'node.json');
    const [pages, as4] = [await freePort(), await freePort()];
    const configuration = JSON.parse(readFileSync(file, 'utf8'));
    const changed = {
      ...configuration,
      pages: { ...configuration.pages, port: pages },
      as4: { ...configuration.as4, port: as4 },
    };
    writeFileSync(file, JSON.stringify(changed));
    second = await startNode({
      folder: secondFolder,
      anchorFile: region.folder.anchor,
      databaseUrl: nodeOf(region, 'VN').databaseUrl,
      passphrase: undefined,
      log: pino({ level: 'fatal' }),
      clock: () => new Date(),
    });
  });
  after(async () => {
    await second.stop();
    rmSync(secondFolder, { recursive: true, force: true });
    await region.end();
  });

  const gateways = (): string[] => [region.address('VN'), `http://127.0.0.1:${second.configuration.pages.port}/`];
  /** Asks one of the two gateways. */
  const post = async (
    gateway: number,
    cookie: string,
    path: string,
    body: object | undefined,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string }> => {
    const response = await fetch(new URL(path, gateways()[gateway % 2]), {
      method: 'POST',
      headers: {
        Cookie: cookie,
        'Idempotency-Key': randomUUID(),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const referenceIn = (declaration: JsonObject): string =>
    /"functionalReferenceID":"([^"]+)"/.exec(JSON.stringify(declaration))?.[1] ?? '';

  /** What is stored under a local reference is there once and whole: document, version, case, M0, the first event. */
  const wholeOf = async (reference: string): Promise<string[]> => {
    const { rows } = await nodeOf(region, 'VN').pool.query<{ mrn: string; whole: boolean }>({
      text: `select d.mrn, (
          exists (select 1 from declaration_versions v join documents b on b.digest = v.document_digest
            where v.declaration_id = d.id)
          and exists (select 1 from clearance_cases c where c.declaration_id = d.id)
          and (select count(*) from clearance_milestones m where m.declaration_id = d.id and m.milestone = 'M0') = 1
          and (select count(*) from events e where e.subject = d.mrn and e.kind = 'declaration.accepted') = 1
          and exists (select 1 from responses r where r.mrn = d.mrn)) as whole
        from declarations d where d.lrn = $1`,
      values: [reference],
    });
    for (const { mrn, whole } of rows) assert.ok(whole, `${mrn} is stored in part`);
    return rows.map(({ mrn }) => mrn);
  };

  test('a connection that dies before the answer: the same key again gives the first answer, and one declaration', async () => {
    for (let round = 0; round < 12; round += 1) {
      const declaration = declarationOf();
      const body = JSON.stringify(declaration);
      const key = randomUUID();
      const socket = connect(Number(new URL(region.address('VN')).port), '127.0.0.1').on('error', () => {});
      socket.write(
        `POST /api/declarations HTTP/1.1\r\nHost: x\r\nCookie: ${importer}\r\nIdempotency-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      await wait(round * 3);
      socket.destroy();
      const again: WebAnswer[] = [];
      for (let time = 0; time < 2; time += 1)
        again.push(await ask(region, 'VN', importer, 'POST', '/api/declarations', body, { 'Idempotency-Key': key }));
      assert.deepEqual(
        again.map(({ status }) => status),
        [201, 201],
        again.map(({ text }) => text).join('\n'),
      );
      assert.equal(again[0]?.text, again[1]?.text);
      assert.deepEqual(await wholeOf(referenceIn(declaration)), [bodyOf(again[0] ?? assert.fail())['mrn']]);
    }
  });

  test('two gateways on one database give one local reference one declaration, and a key one effect', async () => {
    const declaration = declarationOf();
    const key = randomUUID();
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, (_, n) => post(n, importer, '/api/declarations', declaration)),
      ...Array.from({ length: 4 }, (_, n) =>
        post(n, importer, '/api/declarations', declaration, { 'Idempotency-Key': key }),
      ),
    ]);
    const good = answers.filter(({ status }) => status === 201);
    assert.equal(new Set(good.map(({ text }) => /"mrn":"([^"]+)"/.exec(text)?.[1])).size, 1);
    for (const { status, text } of answers.filter((one) => !good.includes(one)))
      assert.ok(status === 409 && /LRN-TAKEN|IDEMPOTENCY/.test(text), text);
    assert.equal((await wholeOf(referenceIn(declaration))).length, 1);
  });

  test('two gateways on one declaration: an act is done once, and the other is told that it changed', async () => {
    const { mrn, version } = await lodge(region, 'VN', importer, declarationOf());
    const tag = { 'If-Match': `"${version}"` };
    const all = await Promise.all([
      ...Array.from({ length: 6 }, (_, n) => post(n, officer, `/api/declarations/${mrn}/claim`, undefined, tag)),
      ...Array.from({ length: 6 }, (_, n) =>
        post(n, importer, `/api/declarations/${mrn}/withdraw`, { reason: 'Not needed.' }, tag),
      ),
    ]);
    const good = all.filter(({ status }) => status === 200);
    assert.equal(good.length, 1, all.map(({ text }) => text.slice(0, 200)).join('\n'));
    for (const { status } of all.filter((one) => !good.includes(one))) assert.ok([409, 412].includes(status));
    const { rows } = await nodeOf(region, 'VN').pool.query<{ version: number }>({
      text: 'select version from declarations where mrn = $1',
      values: [mrn],
    });
    assert.equal(rows[0]?.version, version + 1);
  });

  test('a database that goes away in the middle: 503 or done, nothing half, and the same key ends it well', async () => {
    const tries = Array.from({ length: 16 }, () => ({ declaration: declarationOf(), key: randomUUID() }));
    const send = ({ declaration, key }: (typeof tries)[number], n: number) =>
      post(n, importer, '/api/declarations', declaration, { 'Idempotency-Key': key });
    const cut = async (): Promise<void> => {
      for (let time = 0; time < 4; time += 1) {
        await wait(15);
        await nodeOf(region, 'VN')
          .pool.query({
            text: `select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()`,
          })
          .catch(() => {});
      }
    };
    const [first] = await Promise.all([Promise.all(tries.map(send)), cut()]);
    for (const { status, text } of first) {
      assert.ok([201, 503].includes(status), `${status} ${text}`);
      if (status === 503) assert.match(text, /STORE-UNAVAILABLE/);
    }
    await eventually(
      'the node is ready again',
      async () => (await fetch(new URL('/health/ready', region.address('VN')))).ok,
    );
    for (const { declaration } of tries) assert.ok((await wholeOf(referenceIn(declaration))).length <= 1);
    for (const [n, one] of tries.entries()) {
      const { status, text } = await send(one, n + 1);
      assert.equal(status, 201, text);
      const mrns = await wholeOf(referenceIn(one.declaration));
      assert.equal(mrns.length, 1);
      assert.match(text, new RegExp(mrns[0] ?? 'none'));
    }
    await assertReady(region, 'VN');
  });
});
