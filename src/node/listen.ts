import type { Server } from 'node:net';
import { Refusal } from '../documents/refusal.ts';

/**
 * Lets a server listen on an address.
 * @throws a Refusal with a sentence when the port is taken or may not be used
 */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const code = 'code' in error ? error.code : undefined;
      const [refusalCode, why] =
        code === 'EADDRINUSE'
          ? ['PORT-BUSY', 'is in use by another program. Choose other ports with --port, or end that program.']
          : code === 'EACCES'
            ? ['PORT-NOT-ALLOWED', 'may not be used by this account. Choose a port above 1024 with --port.']
            : code === 'EADDRNOTAVAIL'
              ? ['ADDRESS-NOT-HERE', 'is not an address of this machine. Correct the host in node.json.']
              : ['PORT-FAILED', `cannot be used: ${error.message}`];
      reject(new Refusal('unavailable', refusalCode ?? 'PORT-FAILED', `${host}:${port} ${why ?? ''}`));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
