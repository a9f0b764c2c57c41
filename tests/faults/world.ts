import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createNationalAuthority, generatePrivateKey } from '../../src/pki/certificate-authority.ts';
import { freePort } from '../../src/store/embedded.ts';
import { extendLogChain } from '../../src/store/log-chain.ts';
import { migrate } from '../../src/store/migrate.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { certify, createMember, NOW, type TestMember } from '../exchange/members.ts';
import { type DirectionJudgement, judgeDirection, readSide, type Side } from './checker.ts';
import { DatabaseServer } from './database-server.ts';
import { createEffectTables } from './effects.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { GatewayTerms } from './gateway-orders.ts';
import { GatewayProcess } from './gateway-process.ts';
import { writeMembers } from './member-files.ts';

/** One country: its gateways, its database server, and the networks between them. */
export interface Country {
  readonly name: string;
  readonly gateways: readonly GatewayProcess[];
  readonly server: DatabaseServer;
  /** Between its gateways and its database. */
  readonly toDatabase: FaultProxy;
  /** Between its partner and its gateways. */
  readonly toGateways: FaultProxy;
  /** Where its gateways take messages. */
  readonly ports: readonly number[];
}

export interface WorldTerms {
  /** Gateway processes of each country on its database. */
  readonly gateways: number;
  readonly gatewayTerms?: Partial<GatewayTerms>;
  /** Where the files of a country's database are to be, instead of beside the others. */
  readonly databaseFolders?: Readonly<Record<string, string>>;
}

const names = ['TH', 'VN'] as const;
const DATABASE = 'node';

/** Two countries on this machine, all in processes of their own. */
export class World {
  readonly folder: string;
  readonly countries: readonly [Country, Country];
  /** The two countries as members of the federation. */
  readonly members: readonly TestMember[];
  /** Somebody whom nobody has certified for the federation. */
  readonly stranger: Stranger;

  private constructor(parts: Pick<World, 'folder' | 'countries' | 'members' | 'stranger'>) {
    this.folder = parts.folder;
    this.countries = parts.countries;
    this.members = parts.members;
    this.stranger = parts.stranger;
  }

  /** Makes both countries and starts everything. */
  static async start(terms: WorldTerms): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'selat-faults-'));
    // The account that runs Postgres where we are root must be able to pass.
    chmodSync(folder, 0o755);
    const membersFile = join(folder, 'members.json');
    const [members, stranger] = await Promise.all([
      Promise.all(names.map((name) => createMember(name))),
      createStranger(),
    ]);
    writeMembers(membersFile, members);
    const servers = names.map(
      (name) => new DatabaseServer(terms.databaseFolders?.[name] ?? join(folder, name, 'postgres')),
    );
    const ports: number[][] = [];
    for (const _ of names) {
      const own: number[] = [];
      for (let index = 0; index < terms.gateways; index += 1) own.push(await freePort());
      ports.push(own);
    }
    const toGateways = ports.map((own) => new FaultProxy(own));
    for (const proxy of toGateways) await proxy.listen();
    const endpoints = Object.fromEntries(
      names.map((name, index) => [name, `https://127.0.0.1:${toGateways[index]?.port}/as4`]),
    );
    const make = async (index: 0 | 1): Promise<Country> => {
      const [name, partner, server, proxy] = [names[index], names[1 - index], servers[index], toGateways[index]];
      if (server === undefined || proxy === undefined || partner === undefined) throw new Error('a country too few');
      mkdirSync(join(folder, name), { recursive: true });
      await server.start();
      await server.ensureDatabase(DATABASE);
      const pool = openPool(server.url(DATABASE));
      await migrate(pool);
      await createEffectTables(pool);
      await pool.close();
      const toDatabase = new FaultProxy([server.port]);
      await toDatabase.listen();
      const url = new URL(server.url(DATABASE));
      url.port = String(toDatabase.port);
      const gateways = (ports[index] ?? []).map(
        (port, number) =>
          new GatewayProcess(folder, `gateway-${name}-${number + 1}`, {
            country: name,
            partner,
            databaseUrl: url.href,
            membersFile,
            endpoints,
            port,
            spoolFolder: folder,
            dispatch: {
              firstPauseMilliseconds: 50,
              longestPauseMilliseconds: 1_000,
              pollMilliseconds: 250,
              perPartner: 8,
              // The lease stays as it is, two minutes: nothing waits for it here.
              sweepMilliseconds: 1_000,
            },
            windowMilliseconds: 5 * 86_400_000,
            clockOffsetMilliseconds: 0,
            poison: 0.02,
            busy: 0.02,
            ...terms.gatewayTerms,
          }),
      );
      return { name, gateways, server, toDatabase, toGateways: proxy, ports: ports[index] ?? [] };
    };
    const world = new World({ folder, countries: await Promise.all([make(0), make(1)]), members, stranger });
    await Promise.all(world.gateways.map((gateway) => gateway.start()));
    return world;
  }

  get gateways(): GatewayProcess[] {
    return this.countries.flatMap((country) => [...country.gateways]);
  }

  /** A pool straight to a country's database, past the faults. */
  pool(country: Country): Pool {
    return openPool(country.server.url(DATABASE), { statementTimeoutMilliseconds: 60_000 });
  }

  /**
   * Ends production and waits until no message is on its way any more.
   * @returns false when some still are after that time
   */
  async settle(milliseconds: number): Promise<boolean> {
    for (const { toDatabase, toGateways } of this.countries) {
      toDatabase.fault = { kind: 'none' };
      toGateways.fault = { kind: 'none' };
    }
    await Promise.all(this.gateways.map((gateway) => gateway.quiet()));
    const end = Date.now() + milliseconds;
    const pools = this.countries.map((country) => this.pool(country));
    try {
      while (Date.now() < end) {
        const counts = await Promise.all(pools.map(countQueued)).catch(() => undefined);
        if (counts?.every((count) => count === 0) === true) return true;
        await pause(50);
      }
      return false;
    } finally {
      await Promise.all(pools.map((pool) => pool.close()));
    }
  }

  /** Reads both databases and judges what came of every document. */
  async judge(): Promise<{
    readonly directions: readonly DirectionJudgement[];
    readonly violations: readonly string[];
  }> {
    const sides: Side[] = [];
    for (const country of this.countries) {
      const pool = this.pool(country);
      while ((await extendLogChain(pool)) > 0);
      sides.push(
        await readSide(
          pool,
          country.name,
          country.gateways.map((gateway) => gateway.accepted),
        ),
      );
      await pool.close();
    }
    const [one, two] = sides;
    if (one === undefined || two === undefined) throw new Error('a side too few');
    const directions = [judgeDirection(one, two), judgeDirection(two, one)];
    return {
      directions,
      violations: [
        ...directions.flatMap((direction) => direction.violations),
        ...this.gateways.flatMap((gateway) => gateway.unordered),
      ],
    };
  }

  /** Ends everything and removes its files. */
  async end(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    await Promise.all(
      this.countries.map(async ({ server, toDatabase, toGateways }) => {
        await Promise.all([toDatabase.close(), toGateways.close(), server.kill()]);
        if (server.dataFolder.startsWith('/var/lib/selat/'))
          rmSync(dirname(server.dataFolder), { recursive: true, force: true });
      }),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Keys with certificates of an authority that is in no directory. */
export type Stranger = Pick<TestMember, 'signing' | 'tls'>;

async function createStranger(): Promise<Stranger> {
  const authority = await createNationalAuthority({
    country: 'ZZ',
    name: 'Nobody knows it',
    notBefore: new Date(NOW.getTime() - 365 * 86_400_000),
    years: 8,
  });
  const [signing, tls] = await Promise.all(
    (['as4-signing', 'tls'] as const).map(async (use) => certify(authority, 'ZZ', use, await generatePrivateKey(use))),
  );
  if (signing === undefined || tls === undefined) throw new Error('a key too few');
  return { signing, tls };
}

async function countQueued(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({
    text: `select count(*)::integer as count from outgoing_messages where state = 'queued'`,
  });
  return rows[0]?.count ?? 0;
}
