import type { Logger } from 'pino';

/** Something to be done again and again. */
export interface Chore {
  readonly everyMilliseconds: number;
  work(): Promise<void>;
}

/** Chores that are done until stopped. */
export interface Housekeeping {
  /** Waits for the chores under way. */
  stop(): Promise<void>;
}

/** Does each chore at its own pace, never twice at once; a chore that fails is logged and done again at its next time. */
export function startHousekeeping(log: Pick<Logger, 'warn'>, chores: readonly Chore[]): Housekeeping {
  const underWay = new Set<Promise<void>>();
  const timers = chores.map((chore) => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      const run = chore
        .work()
        .catch((error: unknown) => log.warn({ err: error }, 'housekeeping failed'))
        .finally(() => {
          busy = false;
          underWay.delete(run);
        });
      underWay.add(run);
    }, chore.everyMilliseconds);
    timer.unref();
    return timer;
  });
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}
