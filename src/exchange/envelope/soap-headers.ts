import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import { NS } from './namespaces.ts';
import { attributeOf, children, isElement } from './xml-tree.ts';

/** The roles in which an access point acts (SOAP 1.2 Part 1 §2.2): as next node and as ultimate receiver. */
const OUR_ROLES = ['', `${NS.soap12}/role/next`, `${NS.soap12}/role/ultimateReceiver`];

function isForUs(block: XmlElement): boolean {
  return OUR_ROLES.includes((attributeOf(block, NS.soap12, 'role') ?? '').trim());
}

/** The security headers that are addressed to us; one for another role is none of ours (WS-Security 1.1 §5). */
export function securityForUs(header: XmlElement): XmlElement[] {
  return children(header, NS.wsse, 'Security').filter(isForUs);
}

/** The header blocks that are for us, must be understood and are not known here (SOAP 1.2 Part 1 §2.4, §2.6). */
export function notUnderstood(header: XmlElement): { namespace: string; name: string }[] {
  return elementsOf(header)
    .filter((block) => !isElement(block, NS.eb, 'Messaging') && !isElement(block, NS.wsse, 'Security'))
    .filter((block) => ['true', '1'].includes((attributeOf(block, NS.soap12, 'mustUnderstand') ?? '').trim()))
    .filter(isForUs)
    .map((block) => ({ namespace: block.namespaceUri, name: block.name }));
}
