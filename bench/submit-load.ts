import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

// The clients of the submit benchmark, in a process of their own, over plain sockets so that they cost little of the
// machine: takes its work as JSON on standard input, prints one JSON line with the time and the latencies.
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
const { hostname, port } = new URL(work.address);
const latencies: number[] = [];

/** Sends a request and resolves with the status when the whole answer is there. */
function exchange(socket: Socket, request: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let answer: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      const end = answer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = answer.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (answer.length < end + 4 + length) return;
      socket.off('data', take);
      resolve(Number(head.slice(9, 12)));
    };
    socket.on('data', take);
    socket.once('error', reject);
    socket.write(request, () => socket.off('error', reject));
  });
}

let next = 0;
const begun = performance.now();
await Promise.all(
  Array.from({ length: work.clients }, async () => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    for (let path = work.paths[next++]; path !== undefined; path = work.paths[next++]) {
      const sent = performance.now();
      const status = await exchange(
        socket,
        `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${work.cookie}\r\nIf-Match: "1"\r\nIdempotency-Key: ${randomUUID()}\r\nContent-Length: 0\r\n\r\n`,
      );
      latencies.push(performance.now() - sent);
      if (status !== 200) throw new Error(`${path} was answered with ${status}`);
    }
    socket.destroy();
  }),
);
const milliseconds = performance.now() - begun;
latencies.sort((one, other) => one - other);
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
const cpu = process.cpuUsage();
console.log(JSON.stringify({ milliseconds, p50: at(0.5), p99: at(0.99), cpuMicroseconds: cpu.user + cpu.system }));
