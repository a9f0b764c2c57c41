import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DirectionJudgement } from './checker.ts';
import { killAtRandom } from './kills.ts';
import { garbageInThePartnersPlace, partitionFromDatabases, troubleBetweenGateways } from './networks.ts';
import type { SeededRandom } from './random.ts';
import { killWholeNodes } from './whole-nodes.ts';
import { World, type WorldTerms } from './world.ts';

// The long form of the fault tests: each scenario in a world of its own.

/** What a scenario is run with. */
export interface ScenarioTerms {
  readonly random: SeededRandom;
  readonly kills: number;
  readonly progress: (words: string) => void;
}

/** What came of a scenario. */
export interface ScenarioReport {
  readonly directions: readonly DirectionJudgement[];
  readonly violations: readonly string[];
  readonly kills: number;
  /** What else is worth telling. */
  readonly notes: readonly string[];
}

/** A scenario, or why it cannot be run here. */
export interface Scenario {
  readonly name: string;
  readonly run: (terms: ScenarioTerms) => Promise<ScenarioReport | { readonly skipped: string }>;
}

const settleMilliseconds = 90_000;

/** Runs faults in a world of its own, lets everything settle, and has both databases checked. */
async function inWorld(
  worldTerms: WorldTerms,
  work: (world: World) => Promise<{ kills?: number; notes?: readonly string[]; violations?: readonly string[] }>,
): Promise<ScenarioReport> {
  const world = await World.start(worldTerms);
  try {
    const { kills = 0, notes = [], violations = [] } = await work(world);
    const began = performance.now();
    await world.settle(settleMilliseconds);
    const settled = `settled ${((performance.now() - began) / 1_000).toFixed(1)} s after the last fault`;
    const judged = await world.judge();
    const silent = judged.directions.some(({ sent }) => sent === 0) ? ['nothing was sent in a direction'] : [];
    return {
      directions: judged.directions,
      violations: [...violations, ...judged.violations, ...silent],
      kills,
      notes: [...notes, settled],
    };
  } finally {
    await world.end();
  }
}

const produceEverywhere = (world: World, everyMilliseconds: number, ordered = false): void => {
  for (const gateway of world.gateways) gateway.produce(everyMilliseconds, ordered);
};

/** A number from one database. */
async function numberOf(world: World, index: 0 | 1, text: string): Promise<number> {
  const pool = world.pool(world.countries[index]);
  try {
    return Number((await pool.query<{ number: number }>({ text })).rows[0]?.number ?? 0);
  } finally {
    await pool.close();
  }
}

const killed: Scenario = {
  name: 'kill -9 of gateways and databases',
  run: ({ random, kills, progress }) =>
    inWorld({ gateways: 1 }, async (world) => {
      produceEverywhere(world, 60);
      const counts = await killAtRandom(world, random, kills, (done) => {
        if (done % 25 === 0) progress(`${done} kills`);
      });
      return { kills, notes: [[...counts].map(([kill, count]) => `${count} × ${kill}`).join(', ')] };
    }),
};

const killedInOrder: Scenario = {
  name: 'kill -9, documents of a consignment in order',
  run: ({ random, kills }) => {
    const few = Math.max(3, Math.round(kills / 12));
    return inWorld({ gateways: 1 }, async (world) => {
      produceEverywhere(world, 60, true);
      await killAtRandom(world, random, few);
      await troubleBetweenGateways(world, random, 5);
      return { kills: few };
    });
  },
};

const cutOff: Scenario = {
  name: 'slow, cut and silent networks between gateways',
  run: ({ random }) =>
    inWorld({ gateways: 1 }, async (world) => {
      produceEverywhere(world, 40);
      await troubleBetweenGateways(world, random, 25);
      return {};
    }),
};

const liedTo: Scenario = {
  name: 'garbage, and answers by a stranger',
  run: ({ random }) =>
    inWorld({ gateways: 1 }, async (world) => {
      produceEverywhere(world, 40);
      const asked = await garbageInThePartnersPlace(world, random, 10_000);
      return { notes: [`${asked} messages were answered with garbage`] };
    }),
};

const partitioned: Scenario = {
  name: 'partition between gateway and database',
  run: ({ random }) =>
    inWorld({ gateways: 1 }, async (world) => {
      produceEverywhere(world, 40);
      await partitionFromDatabases(world, random, 20);
      return {};
    }),
};

const hour = 3_600_000;

const away: Scenario = {
  name: 'partner down for hours (the clock goes ahead)',
  run: () =>
    inWorld({ gateways: 1, gatewayTerms: { windowMilliseconds: 3 * hour, poison: 0, busy: 0 } }, async (world) => {
      const [th, vn] = [world.countries[0].gateways[0], world.countries[1].gateways[0]];
      const proxy = world.countries[1].toGateways;
      if (th === undefined || vn === undefined) throw new Error('a gateway too few');
      await vn.produceOnce(5);
      await vn.kill();
      await th.produceOnce(40);
      const before = proxy.connections;
      for (const hours of [0.5, 1, 1.5, 2, 2.5]) {
        await th.setClock(hours * hour);
        await pause(700);
      }
      await th.produceOnce(40);
      for (const hours of [3.1, 4]) {
        await th.setClock(hours * hour);
        await pause(1_500);
      }
      const tries = proxy.connections - before;
      const failed = await numberOf(
        world,
        0,
        `select count(*) as number from outgoing_messages where state = 'failed' and last_error is not null`,
      );
      const returned = proxy.connections;
      await vn.start({ clockOffsetMilliseconds: 4 * hour });
      await world.settle(settleMilliseconds);
      const afterwards = proxy.connections - returned;
      return {
        notes: [
          `${failed} failed when their window ended, ${tries} connections while away, ${afterwards} after the return`,
        ],
        violations: [
          ...(failed === 40 ? [] : [`${failed} messages failed at the end of their window instead of 40`]),
          ...(tries <= 150 ? [] : [`${tries} connections to a partner that is away: it does not rest`]),
          ...(afterwards <= 40 ? [] : [`${afterwards} connections after the return: a storm`]),
        ],
      };
    }),
};

const two: Scenario = {
  name: 'two gateways on one database, killed in turn',
  run: ({ random }) =>
    inWorld({ gateways: 2, gatewayTerms: { busy: 0 } }, async (world) => {
      produceEverywhere(world, 50);
      await pause(4_000);
      await world.settle(settleMilliseconds);
      const duplicates = await numberOf(
        world,
        1,
        'select coalesce(sum(duplicates), 0) as number from incoming_messages',
      );
      const least = await numberOf(
        world,
        0,
        `select coalesce(min(count), 0) * (count(*) = 2)::integer as number
          from (select count(*) from outgoing_messages where claimed_by is not null group by claimed_by) each`,
      );
      produceEverywhere(world, 50);
      let kills = 0;
      for (; kills < 8; kills += 1) {
        const gateway = world.gateways[random.between(0, world.gateways.length - 1)];
        await pause(random.between(100, 500));
        await gateway?.kill();
        await pause(random.between(200, 1_500));
        await gateway?.start();
      }
      return {
        kills,
        notes: [`before any kill: ${duplicates} duplicates, the gateway that did less sent ${least}`],
        violations: [
          ...(duplicates === 0 ? [] : [`two gateways sent ${duplicates} messages twice, though none was killed`]),
          ...(least > 0 ? [] : ['the gateways did not share their work']),
        ],
      };
    }),
};

const full: Scenario = {
  name: 'disk of a database full (tmpfs)',
  async run() {
    const disk = mkdtempSync(join(tmpdir(), 'selat-disk-'));
    chmodSync(disk, 0o755);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=755', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      rmSync(disk, { recursive: true, force: true });
      return { skipped: 'a tmpfs cannot be mounted here (it takes root)' };
    }
    try {
      // Made here with the mode that lets the account of the server pass.
      mkdirSync(join(disk, 'VN'));
      return await inWorld({ gateways: 1, databaseFolders: { VN: join(disk, 'VN', 'postgres') } }, async (world) => {
        produceEverywhere(world, 40);
        await pause(1_500);
        const ballast = join(disk, 'ballast');
        const [, vn] = world.countries;
        const bytes = fill(ballast);
        await pause(4_000);
        const received = await numberOf(world, 1, 'select count(*) as number from incoming_messages').catch(() => -1);
        // What the checkpoints of the server let go of is filled as well.
        const more = fill(join(disk, 'ballast-2'));
        await pause(4_000);
        const after = await numberOf(world, 1, 'select count(*) as number from incoming_messages').catch(() => -1);
        rmSync(ballast);
        rmSync(join(disk, 'ballast-2'), { force: true });
        await vn.server.startAgainIfEnded();
        const state = after === -1 ? 'the server was down' : `${received} messages kept, then ${after}`;
        return { notes: [`filled with ${Math.round((bytes + more) / 1_048_576)} MB; while full: ${state}`] };
      });
    } finally {
      execFileSync('umount', ['-l', disk], { stdio: 'ignore' });
      rmSync(disk, { recursive: true, force: true });
    }
  },
};

/** Writes until there is no place any more. @returns bytes written */
function fill(file: string): number {
  const descriptor = openSync(file, 'a');
  let bytes = 0;
  try {
    for (const size of [1_048_576, 4_096]) {
      const piece = Buffer.alloc(size);
      try {
        for (;;) bytes += writeSync(descriptor, piece);
      } catch {
        // Full for pieces of this size.
      }
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

const wholeNodes: Scenario = {
  name: 'whole nodes, killed while certificates of origin are carried',
  async run({ random, kills }) {
    const few = Math.min(6, kills);
    const { certificates, ...report } = await killWholeNodes(random, few);
    return {
      ...report,
      kills: few,
      notes: [`${certificates} certificates were issued, each is once at the other side`],
    };
  },
};

export const SCENARIOS: readonly Scenario[] = [
  away,
  two,
  full,
  wholeNodes,
  cutOff,
  liedTo,
  partitioned,
  killedInOrder,
  killed,
];
