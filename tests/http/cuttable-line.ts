import { connect, createServer, type Socket } from 'node:net';

/** A line to the database that a test can cut and mend. */
export interface CuttableLine {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Passes everything on to the server of `url` until it is cut: then connections break and new ones are refused. */
export async function cuttableLine(url: string): Promise<CuttableLine> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
    }
    near.pipe(far);
    far.pipe(near);
  });
  const listen = (port: number): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const line = new URL(url);
  line.hostname = '127.0.0.1';
  line.port = String(port);
  return {
    url: line.href,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
    mend: () => listen(port),
  };
}
