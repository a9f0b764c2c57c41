import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

// The clients of the submit benchmark, in a process of their own: takes its work as JSON on standard input, prints one
// JSON line with the time it took and each request's latency.
interface Work {
  readonly address: string;
  readonly cookie: string;
  readonly clients: number;
  readonly paths: readonly string[];
}

function isWork(value: unknown): value is Work {
  return typeof value === 'object' && value !== null && 'address' in value && 'paths' in value;
}

async function readWork(): Promise<Work> {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const value: unknown = JSON.parse(text);
  if (!isWork(value)) throw new TypeError('no work was given');
  return value;
}

const work = await readWork();
const agent = new Agent({ keepAlive: true, maxSockets: work.clients });
const latencies: number[] = [];

function post(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const sent = request(
      new URL(path, work.address),
      {
        method: 'POST',
        agent,
        headers: {
          Cookie: work.cookie,
          'Content-Length': 0,
          'If-Match': '"1"',
          'Idempotency-Key': randomUUID(),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          latencies.push(performance.now() - begun);
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${path} was answered with ${response.statusCode}`));
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

let next = 0;
const begun = performance.now();
await Promise.all(
  Array.from({ length: work.clients }, async () => {
    for (;;) {
      const path = work.paths[next];
      next += 1;
      if (path === undefined) return;
      await post(path);
    }
  }),
);
const milliseconds = performance.now() - begun;
latencies.sort((one, other) => one - other);
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
console.log(JSON.stringify({ milliseconds, p50: at(0.5), p99: at(0.99) }));
agent.destroy();
