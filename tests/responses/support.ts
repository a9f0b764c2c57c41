import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ResponseContent, ResponseStep } from '../../src/documents/declaration/response-content.ts';
import type { ResponseNotice } from '../../src/responses/ports.ts';

/** Something that a declarant is told. */
export function notice(firmIds: readonly string[], mrn: string, step: ResponseStep, at: Date): ResponseNotice {
  const content: ResponseContent = {
    step,
    responseReference: randomUUID(),
    issuedAt: at.toISOString(),
    movementReference: mrn,
    localReference: `L-${mrn}`,
    documentVersion: 1,
  };
  return {
    declarationId: randomUUID(),
    movementReference: mrn,
    localReference: content.localReference,
    consignmentReference: `U-${mrn}`,
    firmIds,
    content,
  };
}

/** A firm's own program that takes deliveries at a real port. */
export interface Receiver {
  readonly url: string;
  readonly taken: { readonly headers: IncomingMessage['headers']; readonly body: string }[];
  /** How the next deliveries are answered. */
  answer: (response: ServerResponse) => void;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const taken: Receiver['taken'] = [];
  const receiver = { answer: (response: ServerResponse) => void response.writeHead(204).end() };
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      taken.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
      receiver.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${port}/hook`,
    taken,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** Whether a delivery is signed with a secret, as a receiver checks it (Standard Webhooks 1.0.0). */
export function isSignedWith(secret: string, { headers, body }: Receiver['taken'][number]): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
