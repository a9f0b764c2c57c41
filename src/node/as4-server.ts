import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { MessageKey } from '../exchange/message/message.ts';

/**
 * The https server that takes AS4 messages. Every caller is asked for a certificate; whether it is to be trusted is
 * judged per message by the directory, because the directory changes while connections stay open.
 */
export function createAs4Server(listener: RequestListener, tls: MessageKey): Server {
  const server = createServer(
    {
      key: tls.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: tls.certificate.toString(),
      minVersion: 'TLSv1.2',
      requestCert: true,
      rejectUnauthorized: false,
      headersTimeout: 10_000,
      // A large message over a slow line may take long; one that comes no further is broken off much earlier.
      requestTimeout: 3_600_000,
      keepAliveTimeout: 60_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
      insecureHTTPParser: false,
    },
    listener,
  );
  server.maxConnections = 500;
  server.maxHeadersCount = 100;
  return server;
}
