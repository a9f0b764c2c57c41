import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

// The clients of the declarations' benchmark, in a process of their own, over plain sockets so that they cost little of
// the machine: takes its work as JSON on standard input, prints one JSON line with what it saw.

export interface ClientRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
}

/** Requests that some clients make one after the other, each as soon as its answer before is there. */
export interface ClientWork {
  readonly address: string;
  readonly cookie: string;
  readonly clients: number;
  readonly requests: readonly ClientRequest[];
  /** Statuses that are right. */
  readonly expected: readonly number[];
  /** Member of a JSON answer by which answers are counted. */
  readonly countBy?: string;
  /** Another client that asks for the same again and again meanwhile, with a pause. */
  readonly beside?: { readonly path: string; readonly everyMilliseconds: number };
}

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly greatest: number;
}

export interface ClientResult {
  readonly milliseconds: number;
  readonly latencies: Latencies;
  /** Bytes of the largest answer. */
  readonly largestAnswer: number;
  readonly beside: Latencies;
  /** Answers by the member that they are counted by. */
  readonly counted: Readonly<Record<string, number>>;
  /** How often a request was answered with 503 and sent again. */
  readonly sentAgain: number;
  readonly cpuMicroseconds: number;
}

function isWork(value: unknown): value is ClientWork {
  return typeof value === 'object' && value !== null && 'address' in value && 'requests' in value;
}

async function readWork(): Promise<ClientWork> {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const value: unknown = JSON.parse(text);
  if (!isWork(value)) throw new TypeError('no work was given');
  return value;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Sends a request and resolves when the whole answer is there. */
function exchange(socket: Socket, request: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let needed = Number.POSITIVE_INFINITY;
    let headEnd = -1;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (headEnd < 0) {
        const all = chunks.length === 1 ? chunk : Buffer.concat(chunks);
        headEnd = all.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        needed = headEnd + 4 + Number(/content-length: (\d+)/i.exec(all.toString('latin1', 0, headEnd))?.[1] ?? 0);
      }
      if (length < needed) return;
      socket.off('data', take);
      socket.off('error', reject);
      const all = Buffer.concat(chunks);
      resolve({ status: Number(all.toString('latin1', 9, 12)), body: all.subarray(headEnd + 4) });
    };
    socket.on('data', take);
    socket.once('error', reject);
    socket.write(request);
  });
}

function latenciesOf(milliseconds: readonly number[]): Latencies {
  const sorted = milliseconds.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), greatest: sorted.at(-1) ?? 0 };
}

const work = await readWork();
const { hostname, port } = new URL(work.address);

function open(): Socket {
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  return socket;
}

function bytesOf({ method, path, contentType, body }: ClientRequest): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${work.cookie}\r\n`;
  if (method === 'GET') return `${head}\r\n`;
  const content = body === undefined ? '' : `Content-Type: ${contentType ?? 'application/json'}\r\n`;
  return `${head}Idempotency-Key: ${randomUUID()}\r\n${content}Content-Length: ${Buffer.byteLength(body ?? '')}\r\n\r\n${body ?? ''}`;
}

const latencies: number[] = [];
const besides: number[] = [];
const counted: Record<string, number> = {};
let largestAnswer = 0;
let sentAgain = 0;
let next = 0;
let isDone = false;

function note({ body }: Answer): void {
  largestAnswer = Math.max(largestAnswer, body.length);
  if (work.countBy === undefined) return;
  const value: unknown = JSON.parse(body.toString());
  const name = typeof value === 'object' && value !== null ? String(Reflect.get(value, work.countBy)) : 'none';
  counted[name] = (counted[name] ?? 0) + 1;
}

async function lookBeside(): Promise<void> {
  const { beside } = work;
  if (beside === undefined) return;
  const socket = open();
  while (!isDone) {
    const sent = performance.now();
    const { status } = await exchange(socket, bytesOf({ method: 'GET', path: beside.path }));
    if (status !== 200) throw new Error(`${beside.path} was answered with ${status}`);
    besides.push(performance.now() - sent);
    await new Promise((resolve) => setTimeout(resolve, beside.everyMilliseconds));
  }
  socket.destroy();
}

const looking = lookBeside();
const begun = performance.now();
await Promise.all(
  Array.from({ length: work.clients }, async () => {
    const socket = open();
    for (let request = work.requests[next++]; request !== undefined; request = work.requests[next++]) {
      const bytes = bytesOf(request);
      const sent = performance.now();
      let answer = await exchange(socket, bytes);
      // A node that has too much to do says so; the same request with the same key is sent again.
      while (answer.status === 503) {
        sentAgain += 1;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        answer = await exchange(socket, bytes);
      }
      latencies.push(performance.now() - sent);
      if (!work.expected.includes(answer.status))
        throw new Error(
          `${request.path} was answered with ${answer.status}: ${answer.body.toString().slice(0, 2_000)}`,
        );
      note(answer);
    }
    socket.destroy();
  }),
);
const milliseconds = performance.now() - begun;
isDone = true;
await looking;
const { user, system } = process.cpuUsage();
const result: ClientResult = {
  milliseconds,
  latencies: latenciesOf(latencies),
  largestAnswer,
  beside: latenciesOf(besides),
  counted,
  sentAgain,
  cpuMicroseconds: user + system,
};
console.log(JSON.stringify(result));
