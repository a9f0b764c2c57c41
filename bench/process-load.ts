import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a process used of the machine while something was measured. */
export interface Usage {
  readonly cpuMicroseconds: number;
  /** Greatest resident memory; 0 where the kernel does not tell. */
  readonly peakBytes: number;
  /** How late the event loop came, milliseconds. */
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly greatest: number };
}

function statusOf(process: number | 'self', field: string): number {
  try {
    const found = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${process}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Measures this process. */
export class UsageMeter {
  readonly #cpu = process.cpuUsage();
  readonly #loop = monitorEventLoopDelay({ resolution: 10 });

  constructor() {
    try {
      // The greatest memory begins anew (Linux, proc(5)).
      writeFileSync('/proc/self/clear_refs', '5');
    } catch {
      // Elsewhere it is that since the start of the process.
    }
    this.#loop.enable();
  }

  end(): Usage {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#loop.disable();
    // The timer itself comes every 10 ms.
    const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 10);
    return {
      cpuMicroseconds: user + system,
      peakBytes: statusOf('self', 'VmHWM') || process.resourceUsage().maxRSS * 1024,
      loopDelay: {
        p50: late(this.#loop.percentile(50)),
        p99: late(this.#loop.percentile(99)),
        greatest: late(this.#loop.max),
      },
    };
  }
}

/** The database server's processes that live, each with its own CPU; the server with that of those that have ended. */
function processesOf(server: number): { readonly id: number; readonly ticks: number }[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
            .replace(/^.*\) /, '')
            .split(' ');
          const id = Number(name);
          const own = Number(fields[11]) + Number(fields[12]);
          if (id === server) return [{ id, ticks: own + Number(fields[13]) + Number(fields[14]) }];
          return Number(fields[1]) === server ? [{ id, ticks: own }] : [];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}

/** CPU of the database server and its children so far, in microseconds (Linux; 0 elsewhere). */
export function databaseCpu(server: number): number {
  return processesOf(server).reduce((sum, each) => sum + each.ticks, 0) * 10_000;
}

/** The greatest resident memory that any process of the database server has had, shared buffers included. */
export function databasePeak(server: number): number {
  return Math.max(0, ...processesOf(server).map(({ id }) => statusOf(id, 'VmHWM')));
}

/** CPU microseconds that one call takes: the third of eleven batches, so that others on the machine count little. */
export function cpuCost(work: () => unknown, calls = 50): number {
  for (let index = 0; index < 5 * calls; index += 1) work();
  const batches = Array.from({ length: 11 }, () => {
    const begun = process.cpuUsage();
    for (let index = 0; index < calls; index += 1) work();
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / calls;
  });
  return batches.toSorted((a, b) => a - b)[2] ?? 0;
}

export const middle = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

export const megabytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
