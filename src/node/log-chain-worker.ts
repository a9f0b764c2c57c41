import { setTimeout as pause } from 'node:timers/promises';
import { extendLogChain } from '../store/log-chain.ts';
import type { Pool } from '../store/pool.ts';

/** Keeps the hash chain of the log close behind its events, until stopped. */
export interface LogChainWorker {
  /** Links what is there, then ends. */
  stop(): Promise<void>;
}

/**
 * Starts to link new events into the chain once a second, at once again while there are many.
 * @param onError told when the database refuses; the worker goes on
 */
export function startLogChainWorker(pool: Pool, onError: (error: unknown) => void): LogChainWorker {
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      let linked = 0;
      try {
        linked = await extendLogChain(pool);
      } catch (error) {
        onError(error);
      }
      if (linked < 1_000) await pause(1_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await extendLogChain(pool).catch(onError);
  };
  const ended = work();
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
