import type { X509Certificate } from 'node:crypto';
import { readXml } from '../../documents/read-xml.ts';
import type { Pool } from '../../store/pool.ts';
import { DEFAULT_MPC } from '../envelope/header-support.ts';
import { NS } from '../envelope/namespaces.ts';
import { onlyMessage, readEnvelope, readMessageInfo } from '../envelope/read-envelope.ts';
import { attribute, children } from '../envelope/xml-tree.ts';
import type { MessageKey } from '../message/message.ts';
import type { StoredMessage } from '../message-store.ts';
import { checkProfile, profileSpoken, type SecurityProfileName } from '../security-profile.ts';
import { noteRefused, raiseAlarm } from '../sending/settle.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';
import { composeError } from '../signals/error-signal.ts';
import type { ExchangePartner, TrustPort } from '../trust-port.ts';
import { verifySignature } from '../ws-security/verify-signature.ts';
import { claimPulled } from './pull-queries.ts';

/** After this a message that was pulled and has no receipt is given again. */
const AGAIN_MILLISECONDS = 60_000;

/** What the answering of PullRequests works with. */
export interface PullParts {
  readonly pool: Pool;
  readonly trust: TrustPort;
  readonly keys: () => { readonly signing: Readonly<Record<SecurityProfileName, MessageKey>> };
  readonly clock: () => Date;
  /** A new AS4 message id. */
  readonly newMessageId: () => string;
}

/** What a PullRequest says, and who signed it. */
interface PullRequest {
  readonly messageId: string;
  readonly channel: string;
  readonly signerCertificate: X509Certificate;
  readonly profile: SecurityProfileName;
}

/** Reads a PullRequest, signed over header and Body; undefined for another signal. */
function readPullRequest(envelope: Buffer, signers: readonly X509Certificate[]): PullRequest | undefined {
  const reading = readXml(envelope);
  if (!reading.ok) return undefined;
  using document = reading.document;
  const { messaging, body, security } = readEnvelope(document);
  const { element } = onlyMessage(messaging);
  const [request] = children(element, NS.eb, 'PullRequest');
  if (request === undefined) return undefined;
  const { messageId } = readMessageInfo(element);
  try {
    if (security === undefined)
      throw new EbmsFailure('EBMS:0103', 'The PullRequest is not signed. Sign it as every message.');
    const channel = attribute(request, 'mpc') ?? DEFAULT_MPC;
    const { signerCertificate, signatureAlgorithm } = verifySignature(document, security, {
      elements: [messaging, body],
      attachmentDigests: new Map(),
      signers,
    });
    return { messageId, channel, signerCertificate, profile: profileSpoken(signatureAlgorithm, undefined) };
  } catch (error) {
    throw error instanceof EbmsFailure ? error.of(messageId) : error;
  }
}

/** The country that signed pulls its own messages, from the one channel there is (ebMS3 Core §7.10). */
function authorise(parts: PullParts, request: PullRequest, partner: ExchangePartner, at: Date): void {
  const { messageId, signerCertificate } = request;
  const signer = parts.trust.judgeSigner({ certificate: signerCertificate, use: 'as4-signing', at });
  if (!signer.trusted)
    throw new EbmsFailure('EBMS:0101', `The signer of the PullRequest is not trusted: ${signer.reason}`, messageId);
  if (signer.country !== partner.country)
    throw new EbmsFailure(
      'EBMS:0101',
      `The connection is of ${partner.country}, but the PullRequest is signed by ${signer.country}.`,
      messageId,
    );
  try {
    checkProfile(request.profile, [partner.profile, parts.trust.ownProfile()]);
  } catch (error) {
    throw error instanceof EbmsFailure ? error.of(messageId) : error;
  }
  if (request.channel !== DEFAULT_MPC)
    throw new EbmsFailure(
      'EBMS:0001',
      `The message partition channel ${request.channel.slice(0, 200)} is not known. Leave mpc out, or give ${DEFAULT_MPC}.`,
      messageId,
    );
}

/** A partner's PullRequest that was refused is kept: its operator will ask. */
async function note(parts: PullParts, failure: EbmsFailure, partner: string, at: Date): Promise<void> {
  const id = failure.refToMessageId;
  const about = {
    messageId: id !== undefined && /^[!-~]{1,250}$/.test(id) ? id : `unreadable signal from ${partner}`,
    conversation: undefined,
    partner,
  };
  const why = { code: failure.code, reason: failure.message };
  await (failure.code === 'EBMS:0101' ? raiseAlarm : noteRefused)(parts.pool, about, why, at);
}

/**
 * Answers a PullRequest of a partner that pulls its messages (One-Way/Pull, ebMS3 Core §2.2.5, AS4 Profile §2.1.2): with
 * the oldest one that waits for it, in the bytes in which it was queued, or with the warning EBMS:0006 when there is
 * none. The receipt comes in a later request, and is judged as any other; until then the message is given again each
 * minute to whoever pulls.
 * @param caller the country at the other end of TLS
 * @returns the message, or the envelope of the warning; undefined for another signal than a PullRequest, and when the
 *   directory does not say that the partner pulls
 * @throws EbmsFailure EBMS:0001 for an unknown channel, EBMS:0101 for another signer, EBMS:0103 for none or another
 *   profile; a Refusal `unavailable` when the database is away
 */
export async function answerPull(
  parts: PullParts,
  envelope: Buffer,
  caller: string,
): Promise<StoredMessage | Buffer | undefined> {
  const now = parts.clock();
  const partner = parts.trust.partner(caller, now);
  if (partner?.pull !== true) return undefined;
  try {
    const request = readPullRequest(envelope, parts.trust.signingCertificates(caller));
    if (request === undefined) return undefined;
    authorise(parts, request, partner, now);
    const message = await claimPulled(parts.pool, caller, now, new Date(now.getTime() - AGAIN_MILLISECONDS));
    return (
      message ??
      composeError(
        new EbmsFailure('EBMS:0006', `No message waits for ${caller}. Pull again later.`, request.messageId),
        {
          messageId: parts.newMessageId(),
          timestamp: now,
          signing: parts.keys().signing[partner.profile],
        },
      )
    );
  } catch (error) {
    if (error instanceof EbmsFailure) await note(parts, error, caller, now);
    throw error;
  }
}
