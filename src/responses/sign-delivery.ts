import { createHmac } from 'node:crypto';

/** Begins every secret as it is shown to people (Standard Webhooks 1.0.0). */
const SECRET_PREFIX = 'whsec_';

/** A secret as it is shown, once, to the person who makes a webhook. */
export function shownSecret(secret: Uint8Array): string {
  return `${SECRET_PREFIX}${Buffer.from(secret).toString('base64')}`;
}

/**
 * The header fields by which a receiver knows that a delivery is from this node and is no replay (Standard Webhooks
 * 1.0.0): id, time in seconds, and for each secret `v1,` with HMAC-SHA-256 over `id.time.body` in base64.
 * @param secrets the one in force first, then one that was changed lately
 */
export function signatureFields(
  secrets: readonly Uint8Array[],
  delivery: { readonly id: string; readonly at: Date; readonly body: Uint8Array },
): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(delivery.at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${delivery.id}.${seconds}.`).update(delivery.body);
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'webhook-id': delivery.id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.join(' '),
  };
}
