import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RegionFolder } from '../../src/region/region-folder.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { declarationOf } from './clearing.ts';
import { assertReady, nodeOf } from './support.ts';
import { ask, signIn } from './web.ts';

const program = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const ROUNDS = 5;
const CLIENTS = 8;

/** One lodgement as its declarant knows it: the number is there once it was told. */
interface Lodgement {
  readonly body: string;
  readonly key: string;
  told?: string;
}

describe('a gateway that is killed while declarations are lodged (kill -9)', () => {
  let region: TestRegion;
  let importer: string;
  let copy: string;
  let gateway: ChildProcess | undefined;
  const port = 32_000 + Math.floor(Math.random() * 8_000);
  const address = `http://127.0.0.1:${port}`;
  const lodgements: Lodgement[] = [];

  before(async () => {
    region = await startTestRegion(['VN']);
    importer = await signIn(region, 'VN', 'importer');
    // The same country's keys and database, other ports, a process of its own.
    copy = mkdtempSync(join(tmpdir(), 'selat-killed-'));
    cpSync(region.folder.path, copy, { recursive: true });
    const file = join(new RegionFolder(copy).node('VN'), 'node.json');
    const configuration = JSON.parse(readFileSync(file, 'utf8'));
    const changed = {
      ...configuration,
      pages: { ...configuration.pages, port },
      as4: { ...configuration.as4, port: port + 1 },
    };
    writeFileSync(file, JSON.stringify(changed));
  });
  after(async () => {
    gateway?.kill('SIGKILL');
    rmSync(copy, { recursive: true, force: true });
    await region.end();
  });

  const isReady = (): Promise<boolean> =>
    fetch(`${address}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, 'start', '--node', 'VN', '--data', copy],
      { stdio: 'ignore', env: { ...process.env, DATABASE_URL: nodeOf(region, 'VN').databaseUrl, SELAT_LOG: 'error' } },
    );
    gateway = child;
    for (let tries = 0; tries < 600 && !(await isReady()); tries += 1) await wait(50);
    assert.ok(await isReady(), 'the gateway does not start again');
    return child;
  };

  /** Lodges one declaration after the other until the gateway is gone. */
  const lodgeUntilGone = async (): Promise<void> => {
    for (;;) {
      const lodgement: Lodgement = { body: JSON.stringify(declarationOf()), key: randomUUID() };
      lodgements.push(lodgement);
      const headers = { Cookie: importer, 'Idempotency-Key': lodgement.key, 'Content-Type': 'application/json' };
      try {
        const answer = await fetch(`${address}/api/declarations`, { method: 'POST', headers, body: lodgement.body });
        const text = await answer.text();
        assert.equal(answer.status, 201, text);
        lodgement.told = text;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        return;
      }
    }
  };

  test('nothing that was acknowledged is lost, and what was not is lodged once when it is sent again', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = await start();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      const lodging = Promise.all(Array.from({ length: CLIENTS }, lodgeUntilGone));
      await wait(200 + round * 130);
      child.kill('SIGKILL');
      await gone;
      await lodging;
    }
    const acknowledged = lodgements.filter(({ told }) => told !== undefined).length;
    assert.ok(acknowledged > ROUNDS && acknowledged < lodgements.length, `${acknowledged} of ${lodgements.length}`);

    for (const { body, key, told } of lodgements) {
      const again = await ask(region, 'VN', importer, 'POST', '/api/declarations', body, { 'Idempotency-Key': key });
      assert.equal(again.status, 201, again.text);
      if (told !== undefined) assert.equal(again.text, told);
    }
    const { rows } = await nodeOf(region, 'VN').pool.query<{ stored: number; whole: number }>({
      text: `select count(*)::integer as stored, count(*) filter (where
          exists (select 1 from declaration_versions v join documents b on b.digest = v.document_digest
            where v.declaration_id = d.id)
          and exists (select 1 from clearance_cases c where c.declaration_id = d.id)
          and (select count(*) from clearance_milestones m where m.declaration_id = d.id and m.milestone = 'M0') = 1
          and (select count(*) from events e where e.subject = d.mrn and e.kind = 'declaration.accepted') = 1
          and exists (select 1 from responses r where r.mrn = d.mrn))::integer as whole
        from declarations d`,
    });
    assert.deepEqual(rows, [{ stored: lodgements.length, whole: lodgements.length }]);
    await assertReady(region, 'VN');
  });
});
