import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes that are held: what the collector would free does not count. */
function heldBytes(): number {
  if (typeof collect !== 'function') throw new Error('this engine has no collector to call');
  collect();
  // Only the next round has given back what the one before found free.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Watches how much memory some work holds at a time.
 * @returns what the work gives, and by how many bytes more were held at the worst moment than before
 */
export async function watchMemory<Result>(work: () => Promise<Result>): Promise<{ result: Result; rise: number }> {
  const before = heldBytes();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, heldBytes());
  }, 200);
  try {
    const result = await work();
    return { result, rise: peak - before };
  } finally {
    clearInterval(watch);
  }
}
