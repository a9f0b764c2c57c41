import { hash } from 'node:crypto';
import { XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm';

/** Exclusive XML Canonicalization 1.0 without comments: the only form in which anything is digested or signed here. */
export const EXCLUSIVE_CANONICALISATION = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** SHA-256 as an XML digest method (XML Encryption 1.0 §5.7.2). */
export const SHA256_DIGEST = 'http://www.w3.org/2001/04/xmlenc#sha256';

const EXCLUSIVE = { mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 } as const;

/**
 * The exclusive canonical form of a document or of one element in its place.
 * @param prefixes the `PrefixList` of `ec:InclusiveNamespaces`, `#default` for the default namespace: these are written
 *   as inclusive canonicalisation would (Exclusive XML Canonicalization §3, item 3)
 */
export function canonicalXml(node: XmlDocument | XmlElement, prefixes: readonly string[] = []): string {
  return canonicalBytes(node, prefixes).toString();
}

/** {@link canonicalXml} in UTF-8, which is what is digested and signed: faster than by way of a text. */
export function canonicalBytes(node: XmlDocument | XmlElement, prefixes: readonly string[] = []): Buffer {
  const pieces: Buffer[] = [];
  const collector = {
    write(piece: Uint8Array): number {
      // The piece lies in the memory of the parser, which uses it again.
      pieces.push(Buffer.from(piece));
      return piece.length;
    },
    close: (): boolean => true,
  };
  node.canonicalize(
    collector,
    prefixes.length === 0 ? EXCLUSIVE : { ...EXCLUSIVE, inclusiveNamespacePrefixes: [...prefixes] },
  );
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/**
 * The exclusive canonical form of an element, in UTF-8; it is taken out of its document for good, and with it goes every
 * object that points into it. Several times faster than leaving it in its place, because the rest need not be walked.
 */
export function canonicalBytesTakenOut(element: XmlElement): Buffer {
  const alone = XmlDocument.create();
  try {
    alone.root = element;
    return canonicalBytes(alone);
  } finally {
    alone.dispose();
  }
}

/** SHA-256 of a text in UTF-8 or of bytes, in base64 as a DigestValue has it. */
export function digestOf(content: string | Uint8Array): string {
  return hash('sha256', content, 'base64');
}
