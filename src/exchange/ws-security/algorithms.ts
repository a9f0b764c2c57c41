import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { NS } from '../envelope/namespaces.ts';

/** Digest and canonicalisation, the same in every profile. */
export const SHA256 = `${NS.xenc}sha256`;
export const EXCLUSIVE_C14N = NS.ec;

/** A way to sign: how it is called on the wire, which keys it takes, how it is done. */
export interface SignatureAlgorithm {
  readonly uri: string;
  /** Undefined when the key is good enough, else why not. */
  refuses(publicKey: KeyObject): string | undefined;
  sign(signed: string, privateKey: KeyObject): Buffer;
  verify(signed: Buffer, publicKey: KeyObject, signature: Buffer): boolean;
}

const ed25519: SignatureAlgorithm = {
  uri: `${NS.dsigMore}eddsa-ed25519`,
  refuses: (key) => (key.asymmetricKeyType === 'ed25519' ? undefined : 'the key is not an Ed25519 key'),
  sign: (signed, key) => sign(null, Buffer.from(signed), key),
  verify: (signed, key, signature) => verify(null, signed, key, signature),
};

const ecdsaP256: SignatureAlgorithm = {
  uri: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  refuses: (key) =>
    key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
      ? undefined
      : 'the key is not an EC key on the curve P-256',
  sign: (signed, key) => sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }),
  verify: (signed, key, signature) => verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
};

const rsa: SignatureAlgorithm = {
  uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  refuses: (key) =>
    key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
      ? undefined
      : 'the key is not an RSA key of at least 2048 bits',
  sign: (signed, key) => sign('sha256', Buffer.from(signed), { key, padding: constants.RSA_PKCS1_PADDING }),
  verify: (signed, key, signature) =>
    verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
};

/** The allow list (eDelivery AS4 2.0 §3.2.6.2, 1.15): what is not here is refused, whatever a message says. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = [ed25519, ecdsaP256, rsa];

/** The algorithm that fits a signing key; the key decides, nothing is negotiated. */
export function algorithmFor(publicKey: KeyObject): SignatureAlgorithm {
  const found = SIGNATURE_ALGORITHMS.find((algorithm) => algorithm.refuses(publicKey) === undefined);
  if (found === undefined) throw new RangeError('AS4 messages are signed with Ed25519, P-256 or RSA keys');
  return found;
}
