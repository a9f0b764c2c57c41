import { readXml } from '../documents/read-xml.ts';
import { canonicalBytesTakenOut, digestOf } from './canonical-xml.ts';
import { signP256 } from './ecdsa-signature.ts';
import { checkUnique, judgeSeal, refusedSeal, type SealFindings, unreadableSeal } from './judge-seal.ts';
import { readSeal } from './read-seal.ts';
import { certificateDigest, certificateText, type Sealer } from './seal.ts';
import { SealFault } from './seal-fault.ts';
import { detachedSignedInfo, NAMESPACE, signature, signedProperties } from './seal-form.ts';

/** A file that is sealed from outside, because its own form has no place for a seal. */
export interface SealedContent {
  /** How the seal refers to it, such as `declaration.xml`: a file name in small letters, digits, points, hyphens. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const NAME = /^[a-z][a-z0-9-]{0,60}(?:\.[a-z0-9-]{1,20}){1,3}$/;
const MEDIA_TYPE = /^[a-z]{1,20}\/[a-z0-9.+-]{1,60}$/;
/** A seal has about 2,500 bytes; a certificate may make it longer. */
const LONGEST_SEAL = 20_000;

/**
 * Seals a file by a detached XAdES baseline-B signature (ETSI EN 319 132-1 §6, XML Signature 1.1 §4.4.3): ECDSA P-256
 * with SHA-256 over the octets of the file as they are. The answer is an XML document of its own in UTF-8 that goes with
 * the file; `xmlsec1` finds the file by its name beside the seal.
 * Throws a RangeError when the key is not P-256, or name or media type have another form.
 */
export function sealDetached(content: SealedContent & { readonly mediaType: string }, by: Sealer): Buffer {
  if (by.privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new RangeError('A document is sealed with a P-256 key.');
  if (!NAME.test(content.name)) throw new RangeError(`"${content.name}" is no name for a sealed file.`);
  if (!MEDIA_TYPE.test(content.mediaType)) throw new RangeError(`"${content.mediaType}" is no media type.`);
  const signingTime = `${by.signingTime.toISOString().slice(0, 19)}Z`;
  const properties = signedProperties(signingTime, certificateDigest(by.certificate), content.mediaType);
  const info = detachedSignedInfo(content.name, digestOf(content.bytes), digestOf(properties));
  const value = signP256(Buffer.from(info), by.privateKey);
  return Buffer.from(
    signature({
      signedInfo: info,
      value: value.toString('base64'),
      certificate: certificateText(by.certificate),
      signedProperties: properties,
    }),
  );
}

/**
 * Verifies a detached seal by the same allow list as an enveloped one (`verifySeal`): exactly this file by its name and
 * without any transform, the XAdES properties, the certificate that they name. Nothing is fetched: the octets are those
 * given. Whether the signer is to be trusted is for the federation to say.
 */
export function verifyDetachedSeal(content: SealedContent, seal: Uint8Array): SealFindings {
  if (seal.length > LONGEST_SEAL) return refusedSeal(tooLong(seal.length));
  const reading = readXml(seal);
  if (!reading.ok) return unreadableSeal(reading.faults);
  const { document } = reading;
  try {
    const { root } = document;
    if (root.name !== 'Signature' || root.namespaceUri !== NAMESPACE.xmlSignature)
      return refusedSeal(new SealFault('SEAL-MISSING', 'What should be the seal is no XML signature.'));
    checkUnique(root);
    const read = readSeal(root, { uri: content.name, transforms: [], words: `the file ${content.name}` });
    const propertiesDigest = digestOf(canonicalBytesTakenOut(read.signedProperties));
    const signedInfo = canonicalBytesTakenOut(read.signedInfo);
    return judgeSeal({ seal: read, signedInfo, propertiesDigest, documentDigest: digestOf(content.bytes) });
  } catch (error) {
    if (error instanceof SealFault) return refusedSeal(error);
    throw error;
  } finally {
    document.dispose();
  }
}

function tooLong(length: number): SealFault {
  return new SealFault('SEAL-STRUCTURE', `The seal has ${length} bytes; at most ${LONGEST_SEAL} are read.`);
}
