import { randomBytes, randomUUID } from 'node:crypto';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import express from 'express';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError } from '../../src/exchange/signals/error-signal.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { createAs4Server } from '../../src/node/as4-server.ts';
import type { TestMember } from '../exchange/members.ts';
import type { SeededRandom } from './random.ts';

type Answer = { readonly status: number; readonly body: Buffer | string } | ((socket: Socket) => void);

/** Stands where a partner should be, and answers nonsense, or what a stranger would. Nothing it answers is a receipt. */
export class FakePartner {
  readonly #random: SeededRandom;
  readonly #stranger: Pick<TestMember, 'signing'>;
  readonly #server: Server;
  asked = 0;
  port = 0;

  /** @param tls whose name it goes by; @param stranger who signs what looks like an answer */
  constructor(random: SeededRandom, tls: TestMember['tls'], stranger: Pick<TestMember, 'signing'>) {
    this.#random = random;
    this.#stranger = stranger;
    const app = express().disable('x-powered-by');
    app.post('/as4', express.raw({ type: () => true, limit: '30mb' }), (request, response) => {
      this.asked += 1;
      const body: unknown = request.body;
      const answer = this.#answer(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
      if (typeof answer === 'function') answer(request.socket);
      else response.status(answer.status).set('Content-Type', 'application/soap+xml; charset=UTF-8').end(answer.body);
    });
    this.#server = createAs4Server(app, tls);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(message: Buffer): Answer {
    const messageId = /MessageId>([^<]{1,250})</.exec(message.toString('latin1'))?.[1] ?? 'unknown';
    const terms = { messageId: `${randomUUID()}@stranger`, timestamp: new Date(), signing: this.#stranger.signing };
    const receipt = composeReceipt({ messageId, references: [] }, terms);
    return this.#random.pick<() => Answer>([
      () => ({ status: 200, body: '' }),
      () => ({ status: 200, body: '<html><body>It works!</body></html>' }),
      () => ({ status: 500, body: 'Internal Server Error' }),
      () => ({ status: 503, body: '' }),
      () => ({ status: 204, body: '' }),
      () => ({ status: 200, body: randomBytes(2_000) }),
      () => ({ status: 200, body: receipt.subarray(0, receipt.length / 2) }),
      () => ({ status: 200, body: receipt }),
      () => ({
        status: 200,
        body: composeError(new EbmsFailure('EBMS:0009', 'A stranger says so.', messageId), terms),
      }),
      () => (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
      () => (socket) => socket.end('220 mail.example ESMTP\r\n'),
      () => (socket) => socket.destroy(),
    ])();
  }
}
