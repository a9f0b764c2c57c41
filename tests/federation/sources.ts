import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that stands for a source. */
export interface TestSource {
  readonly url: string;
  close(): Promise<void>;
}

export async function listen(handle: RequestListener): Promise<TestSource> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/federation/directory`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A source that has a current version and some earlier ones by serial. */
export function listenWith(versions: Readonly<Record<string, Buffer>>): Promise<TestSource> {
  return listen((request, response) => {
    const serial = new URL(request.url ?? '', 'http://source').searchParams.get('serial');
    const bytes = versions[serial ?? 'current'];
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
}
