import { setTimeout as pause } from 'node:timers/promises';

/** Tells partners and clearance what is due, until stopped. */
export interface Teller {
  /** Something is due: it is told after a moment, in which more may come that is told together. */
  wake(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
}

/** How long it is waited for more that can be told in the same message. */
const GATHER_MILLISECONDS = 250;
/** How often it is looked without being woken: another gateway may have left something, or a failure be over. */
const LOOK_MILLISECONDS = 2_000;

/**
 * Starts to tell what is due: soon after a wake, and regularly.
 * @param tell tells some of it and answers how much that was; 0 when nothing is left
 * @param onError told when the database refuses; the worker goes on
 */
export function startTeller(
  tell: (now: Date) => Promise<number>,
  clock: () => Date,
  onError: (error: unknown) => void,
): Teller {
  const stopping = new AbortController();
  let woken = new AbortController();
  const wait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    await pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  };
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const told = await tell(clock()).catch((error: unknown) => {
        onError(error);
        return 0;
      });
      if (told > 0) continue;
      await wait(LOOK_MILLISECONDS, AbortSignal.any([stopping.signal, woken.signal]));
      if (woken.signal.aborted) await wait(GATHER_MILLISECONDS, stopping.signal);
      woken = new AbortController();
    }
  };
  const ended = work();
  return {
    wake: () => woken.abort(),
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
