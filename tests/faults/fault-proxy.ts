import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to the bytes that pass. */
export type Fault =
  | { readonly kind: 'none' }
  /** Nobody there: every connection is closed at once. */
  | { readonly kind: 'refuse' }
  /** Nothing passes and nothing is closed, as when a cable is pulled out; it passes on when the fault ends. */
  | { readonly kind: 'hang' }
  /** The connection breaks when this many bytes passed in that direction. */
  | { readonly kind: 'cut'; readonly direction: 'request' | 'answer'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number };

interface Passage {
  readonly client: Socket;
  readonly target: Socket;
  passed: { request: number; answer: number };
}

/** A TCP proxy on 127.0.0.1 between two parts of a world, which does to the connection what networks do. */
export class FaultProxy {
  #targets: readonly number[];
  readonly #server: Server;
  readonly #passages = new Set<Passage>();
  readonly #hanging = new Set<() => void>();
  #fault: Fault = { kind: 'none' };
  #next = 0;
  /** Connections that were taken so far. */
  connections = 0;
  port = 0;

  /** @param targets ports on 127.0.0.1 among which connections are shared out in turn */
  constructor(targets: readonly number[]) {
    this.#targets = targets;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#open(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  /** Leads elsewhere from now on; what is open is cut, so that nobody goes on with the former target. */
  leadTo(targets: readonly number[]): void {
    this.#targets = targets;
    this.cutAll();
  }

  /** Sets what happens from now on, to open connections as well. */
  set fault(fault: Fault) {
    this.#fault = fault;
    for (const passage of this.#passages) {
      passage.passed = { request: 0, answer: 0 };
      if (fault.kind === 'refuse') close(passage);
    }
    if (fault.kind === 'hang') return;
    for (const goOn of this.#hanging) goOn();
    this.#hanging.clear();
  }

  /** Breaks every connection, and what is waiting in it is lost. */
  cutAll(): void {
    for (const passage of this.#passages) close(passage);
    this.#hanging.clear();
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #open(client: Socket): void {
    this.connections += 1;
    if (this.#fault.kind === 'refuse') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const port = this.#targets[this.#next % this.#targets.length] ?? 0;
    this.#next += 1;
    const target = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const passage: Passage = { client, target, passed: { request: 0, answer: 0 } };
    this.#passages.add(passage);
    for (const socket of [client, target]) {
      socket.on('error', () => close(passage));
      socket.on('close', () => {
        close(passage);
        this.#passages.delete(passage);
      });
    }
    this.#carry(passage, 'request', client, target);
    this.#carry(passage, 'answer', target, client);
  }

  #carry(passage: Passage, direction: 'request' | 'answer', from: Socket, to: Socket): void {
    from.on('data', (piece: Buffer) => {
      from.pause();
      this.#pass(passage, direction, piece, to, () => from.resume());
    });
    from.on('end', () => to.end());
  }

  #pass(passage: Passage, direction: 'request' | 'answer', piece: Buffer, to: Socket, goOn: () => void): void {
    const fault = this.#fault;
    switch (fault.kind) {
      case 'hang':
        this.#hanging.add(() => this.#pass(passage, direction, piece, to, goOn));
        return;
      case 'refuse':
        close(passage);
        return;
      case 'cut':
        if (direction === fault.direction) {
          const left = fault.afterBytes - passage.passed[direction];
          passage.passed[direction] += piece.length;
          if (piece.length > left) {
            to.write(piece.subarray(0, Math.max(left, 0)), () => close(passage));
            return;
          }
        }
        break;
      case 'slow':
        setTimeout(() => write(to, piece, goOn), (piece.length / fault.bytesPerSecond) * 1_000);
        return;
      case 'none':
        break;
    }
    write(to, piece, goOn);
  }
}

function write(to: Socket, piece: Buffer, goOn: () => void): void {
  if (to.destroyed) return;
  if (to.write(piece)) goOn();
  else to.once('drain', goOn);
}

function close({ client, target }: Passage): void {
  for (const socket of [client, target]) {
    if (socket.destroyed) continue;
    // A socket that is still connecting, or has said its end, cannot be reset.
    if (socket.connecting || socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  }
}
