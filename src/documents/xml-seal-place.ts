import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from './xml-children.ts';

const EXTENSIONS = 'urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2';
const SIGNATURES = 'urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2';

/** The elements that hold the seal, from the outside (UBL 2.x §5.4 and its signature extension). */
const WAY: readonly (readonly [namespace: string, name: string])[] = [
  [EXTENSIONS, 'UBLExtensions'],
  [EXTENSIONS, 'UBLExtension'],
  [EXTENSIONS, 'ExtensionContent'],
  [SIGNATURES, 'UBLDocumentSignatures'],
];

/** Whether an element is of the vocabulary of extensions. */
export function isExtensions(element: XmlElement): boolean {
  return element.namespaceUri === EXTENSIONS && element.name === 'UBLExtensions';
}

/**
 * Judges the first child of a document's root when it is `ext:UBLExtensions`: it may hold the seal in its place and
 * nothing else. Returns the element that should not be there, or undefined when all is well.
 */
export function strangerInSealPlace(extensions: XmlElement): XmlElement | undefined {
  let at = extensions;
  for (const [depth, [namespace, name]] of WAY.entries()) {
    if (at.namespaceUri !== namespace || at.name !== name) return at;
    if (at.attrs.length > 0) return at;
    if (depth === WAY.length - 1) return undefined;
    const [only, ...others] = elementsOf(at);
    if (only === undefined) return at;
    const other = others[0];
    if (other !== undefined) return other;
    at = only;
  }
  return undefined;
}
