import { XmlDocument, XmlElement, type XmlTreeNode, XmlXPath } from 'libxml2-wasm';
import { readXml } from '../documents/read-xml.ts';
import { canonicalBytes, canonicalBytesTakenOut, digestOf } from './canonical-xml.ts';
import { checkUnique, judgeSeal, refusedSeal, type SealFindings, unreadableSeal } from './judge-seal.ts';
import { readOwnTemplate } from './own-template.ts';
import { readOwnForm, type SealToJudge } from './read-own-form.ts';
import { readSeal } from './read-seal.ts';
import { SealFault } from './seal-fault.ts';
import { NAMESPACE } from './seal-form.ts';

const WAY: readonly (readonly [namespace: string, name: string])[] = [
  [NAMESPACE.extensions, 'UBLExtensions'],
  [NAMESPACE.extensions, 'UBLExtension'],
  [NAMESPACE.extensions, 'ExtensionContent'],
  [NAMESPACE.signatures, 'UBLDocumentSignatures'],
  [NAMESPACE.signatureInformation, 'SignatureInformation'],
  [NAMESPACE.xmlSignature, 'Signature'],
];

const ANY_SIGNATURE = XmlXPath.compile('boolean(//ds:Signature)', { ds: NAMESPACE.xmlSignature });
const ANYTHING_OF_A_SEAL = XmlXPath.compile('boolean(//ds:* | //xades:*)', {
  ds: NAMESPACE.xmlSignature,
  xades: NAMESPACE.xades,
});
/** A name that points at an element, whatever the case: nothing outside the seal may have one (S1). */
const ANY_IDENTIFIER = XmlXPath.compile(
  "boolean(//@*[local-name() = 'Id' or local-name() = 'ID' or local-name() = 'id' or local-name() = 'iD'])",
);

/**
 * Verifies the seal of a document by an allow list: ECDSA P-256 with SHA-256, exclusive canonicalisation, the document
 * covered as a whole, the XAdES properties covered, the certificate that they name (XML Signature 1.1 §3.2, EN 319 132-1
 * §6). It believes no key information beyond the certificate, and fetches nothing.
 *
 * Of an XmlDocument that is given, the signature is **taken out**: what remains is exactly what the seal covers, so that
 * whoever reads on reads only what was verified. The caller still disposes it. Bytes are left alone; they are parsed
 * unless every one of them is as the sealer writes it (`readOwnForm`).
 */
export function verifySeal(sealed: Uint8Array | XmlDocument): SealFindings {
  if (sealed instanceof XmlDocument) return verifyIn(sealed);
  return verifyOwnForm(sealed) ?? verifyBytes(sealed);
}

/** Only a seal that holds: where anything is wrong, the parser finds what, and tells it with its line. */
function verifyOwnForm(sealed: Uint8Array): SealFindings | undefined {
  const own = readOwnForm(Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength));
  if (own === undefined) return undefined;
  try {
    const findings = judgeSeal(own);
    return findings.ok ? findings : undefined;
  } catch (error) {
    if (error instanceof SealFault) return undefined;
    throw error;
  }
}

function verifyBytes(sealed: Uint8Array): SealFindings {
  const reading = readXml(sealed);
  if (!reading.ok) return unreadableSeal(reading.faults);
  try {
    return verifyIn(reading.document);
  } finally {
    reading.document.dispose();
  }
}

function verifyIn(document: XmlDocument): SealFindings {
  try {
    const signature = findSignature(document);
    const read = readOwn(signature) ?? readOther(signature);
    signature.remove();
    checkNothingElse(document);
    return judgeSeal({ ...read, documentDigest: digestOf(canonicalBytes(document)) });
  } catch (error) {
    if (error instanceof SealFault) return refusedSeal(error);
    throw error;
  }
}

type ReadSignature = Omit<SealToJudge, 'documentDigest'>;

/**
 * A signature that the parser's own writing shows to be as the sealer writes it: with every declaration, white space,
 * comment and CDATA section that it has, so that what its canonical forms are need not be found out. (Only whether an
 * empty element has two tags is not seen; its canonical form has them always.)
 */
function readOwn(signature: XmlElement): ReadSignature | undefined {
  const text = signature.toString({ format: false, noEmptyTags: true });
  const own = readOwnTemplate(text, 0);
  if (own === undefined || own.end !== text.length) return undefined;
  return {
    seal: own.seal,
    signedInfo: Buffer.from(own.signedInfo),
    propertiesDigest: digestOf(own.signedProperties),
  };
}

function readOther(signature: XmlElement): ReadSignature {
  checkUnique(signature);
  const seal = readSeal(signature);
  // In this order: the texts are read, then the two signed parts are taken out, which leaves no more to be read.
  const propertiesDigest = digestOf(canonicalBytesTakenOut(seal.signedProperties));
  return { seal, signedInfo: canonicalBytesTakenOut(seal.signedInfo), propertiesDigest };
}

function findSignature(document: XmlDocument): XmlElement {
  let at: XmlElement = document.root;
  for (const [depth, [namespace, name]] of WAY.entries()) {
    const [first, ...others] = elementsIn(at);
    const isThere = first !== undefined && first.name === name && first.namespaceUri === namespace;
    if (!isThere) throw notInPlace(document);
    if (depth > 0 && others.length > 0) throw notInPlace(document);
    at = first;
  }
  return at;
}

function notInPlace(document: XmlDocument): SealFault {
  return document.eval(ANY_SIGNATURE) === true
    ? new SealFault('SEAL-MISPLACED', 'There is a signature, but not the one seal in the one place where it must be.')
    : new SealFault('SEAL-MISSING', 'The document is not sealed.');
}

function elementsIn(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (let node: XmlTreeNode | null = parent.firstChild; node !== null; node = node.next) {
    if (node instanceof XmlElement) found.push(node);
    // The root has hundreds of children; its first two elements tell all that is asked.
    if (found.length > 1) break;
  }
  return found;
}

function checkNothingElse(document: XmlDocument): void {
  if (document.eval(ANYTHING_OF_A_SEAL) === true) {
    throw new SealFault('SEAL-MORE-THAN-ONE', 'There are parts of a further signature in the document.');
  }
  if (document.eval(ANY_IDENTIFIER) === true) {
    throw new SealFault(
      'SEAL-ID-AMBIGUOUS',
      'An element outside the seal has an Id; no element of these documents may.',
    );
  }
}
