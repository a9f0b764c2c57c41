import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from './xml-children.ts';

/** Prefixes that XPaths in faults use, whatever the document itself used. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2', 'cac'],
  ['urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2', 'cbc'],
  ['urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2', 'ext'],
  ['urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2', 'sig'],
  ['urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2', 'sac'],
  ['urn:oasis:names:specification:ubl:schema:xsd:CertificateOfOrigin-2', 'coo'],
  ['urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2', 'ar'],
  ['http://www.w3.org/2000/09/xmldsig#', 'ds'],
]);

/** A place in an XML input: absolute XPath (prefixes as UBL's own examples use them) and line, counted from 1. */
export interface XmlPlace {
  readonly xpath: string;
  readonly line: number;
}

function stepOf(element: XmlElement): string {
  const { name, namespaceUri } = element;
  const prefix = PREFIXES.get(namespaceUri);
  const step = prefix === undefined ? `*[local-name()='${name}']` : `${prefix}:${name}`;
  const { parent } = element;
  if (parent === null) return step;
  const namesakes = elementsOf(parent).filter((each) => each.name === name && each.namespaceUri === namespaceUri);
  if (namesakes.length < 2) return step;
  return `${step}[${namesakes.findIndex((each) => each.isSameNode(element)) + 1}]`;
}

/** Where an element, or one of its attributes, stands. */
export function placeOf(element: XmlElement, attribute?: string): XmlPlace {
  const steps: string[] = attribute === undefined ? [] : [`@${attribute}`];
  for (let at: XmlElement | null = element; at !== null; at = at.parent) steps.unshift(stepOf(at));
  return { xpath: `/${steps.join('/')}`, line: element.line };
}
