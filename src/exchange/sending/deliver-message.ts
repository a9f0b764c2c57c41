import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { Content } from '../message/content.ts';
import type { MessageKey } from '../message/message.ts';
import type { ExchangePartner, TrustPort } from '../trust-port.ts';

/** What came back over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** The partner could not be reached, or did not answer as an HTTP server does: the message stays for another try. */
export class ConnectionFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectionFailure';
  }
}

/** How long a try may take, in milliseconds, and how much may come back. */
export interface DeliveryLimits {
  readonly connectMilliseconds: number;
  /** How long nothing may happen: until the partner takes more of a message, or until its whole answer is there. */
  readonly answerMilliseconds: number;
  readonly answerBytes: number;
}

export const DELIVERY_LIMITS: DeliveryLimits = {
  connectMilliseconds: 10_000,
  answerMilliseconds: 60_000,
  answerBytes: 1024 * 1024,
};

/** Writes a message piece by piece, as fast as the partner takes it; ends early when the partner has answered. */
async function write(sent: ClientRequest, body: Content, progress: () => void): Promise<void> {
  const ended = new AbortController();
  sent.once('close', () => ended.abort());
  for await (const piece of body.stream()) {
    if (ended.signal.aborted) return;
    progress();
    if (!sent.write(piece)) await once(sent, 'drain', { signal: ended.signal }).catch(() => undefined);
  }
  sent.end();
}

/** Connections to one partner: mutual TLS, kept open, the other end judged by the directory. */
export class PartnerConnections {
  readonly #agents = new Map<string, { readonly agent: Agent; readonly madeOf: string }>();
  readonly #trust: TrustPort;
  readonly #tls: () => MessageKey;
  readonly #clock: () => Date;
  readonly #limits: DeliveryLimits;

  constructor(trust: TrustPort, tls: () => MessageKey, clock: () => Date, limits: DeliveryLimits = DELIVERY_LIMITS) {
    this.#trust = trust;
    this.#tls = tls;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The agent of a partner; another one when its authorities or our own key changed, so that no old trust stays. */
  #agentOf(partner: ExchangePartner): Agent {
    const tls = this.#tls();
    const madeOf = [tls.certificate, ...partner.tlsAuthorities].map((each) => each.fingerprint256).join();
    const known = this.#agents.get(partner.country);
    if (known?.madeOf === madeOf) return known.agent;
    known?.agent.destroy();
    const agent = new Agent({
      keepAlive: true,
      keepAliveMsecs: 10_000,
      maxSockets: 64,
      // A resumed session would not ask again whether the certificate is still trusted.
      maxCachedSessions: 0,
      key: tls.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: tls.certificate.toString(),
      ca: partner.tlsAuthorities.map((certificate) => certificate.toString()),
      minVersion: 'TLSv1.2',
      checkServerIdentity: (host, certificate) => this.#judgeServer(partner, host, certificate),
    });
    this.#agents.set(partner.country, { agent, madeOf });
    return agent;
  }

  /** The name in the certificate, and that the directory lets it speak for this country (threat C2). */
  #judgeServer(partner: ExchangePartner, host: string, certificate: PeerCertificate): Error | undefined {
    const wrongName = checkServerIdentity(host, certificate);
    if (wrongName !== undefined) return wrongName;
    const judgement = this.#trust.judgeSigner({
      certificate: new X509Certificate(certificate.raw),
      use: 'tls',
      at: this.#clock(),
    });
    if (!judgement.trusted) return new Error(judgement.reason);
    return judgement.country === partner.country
      ? undefined
      : new Error(`the server's certificate is of ${judgement.country}, not of ${partner.country}`);
  }

  /**
   * Sends the bytes of a message once and waits for the answer.
   * @throws ConnectionFailure
   */
  post(partner: ExchangePartner, contentType: string, body: Content): Promise<HttpAnswer> {
    const limits = this.#limits;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        sent.destroy();
        const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
        reject(new ConnectionFailure(`${partner.country} could not be reached${code}: ${error.message}`, error));
      };
      const sent = request(partner.endpoint, {
        method: 'POST',
        agent: this.#agentOf(partner),
        headers: { 'Content-Type': contentType, 'Content-Length': body.size, Accept: 'application/soap+xml' },
        timeout: limits.connectMilliseconds,
      });
      const late = setTimeout(
        () => fail(new Error(`no whole answer within ${limits.answerMilliseconds / 1_000} s`)),
        limits.answerMilliseconds,
      );
      sent.on('close', () => clearTimeout(late));
      sent.on('timeout', () => {
        if (sent.socket?.connecting === true) fail(new Error('no connection in time'));
      });
      sent.on('error', fail);
      sent.on('response', (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('error', fail);
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size > limits.answerBytes) fail(new Error(`the answer has more than ${limits.answerBytes} bytes`));
          else pieces.push(piece);
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }));
        response.on('aborted', () => fail(new Error('the answer broke off')));
      });
      if (body.memory !== undefined) sent.end(body.memory);
      else write(sent, body, () => late.refresh()).catch(fail);
    });
  }

  /** Closes every connection. */
  close(): void {
    for (const { agent } of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}
