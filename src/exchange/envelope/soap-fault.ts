import { randomBytes } from 'node:crypto';
import type { XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../../documents/xml-children.ts';
import type { MessageKey } from '../message/message.ts';
import type { SoapFault } from '../signals/ebms-errors.ts';
import { elementReference, writeSecurity, writeSignature } from '../ws-security/security-header.ts';
import { NS } from './namespaces.ts';
import { writeSignalMessage } from './write-envelope.ts';
import { escapeAttribute, escapeText } from './xml-text.ts';
import { wholeText } from './xml-tree.ts';

/** The error signal that goes with a fault. */
interface FaultSignal {
  readonly info: {
    readonly messageId: string;
    readonly timestamp: Date;
    readonly refToMessageId: string | undefined;
  };
  /** The `eb:Error` elements, in canonical form. */
  readonly content: string;
  readonly signing: MessageKey | undefined;
}

/** Tells which envelope is understood (SOAP 1.2 Part 1 §5.4.7). */
const UPGRADE = `<S12:Upgrade xmlns:S12="${NS.soap12}"><S12:SupportedEnvelope qname="S12:Envelope"></S12:SupportedEnvelope></S12:Upgrade>`;

function notUnderstoodBlock({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return namespace === ''
    ? `<S12:NotUnderstood qname="${escapeAttribute(name)}"></S12:NotUnderstood>`
    : `<S12:NotUnderstood xmlns:h="${escapeAttribute(namespace)}" qname="h:${escapeAttribute(name)}"></S12:NotUnderstood>`;
}

function soap12Fault(fault: SoapFault, reason: string, { info, content, signing }: FaultSignal): Buffer {
  const unique = randomBytes(12).toString('hex');
  const isVersion = fault.kind === 'version-mismatch';
  const code = isVersion ? 'VersionMismatch' : 'MustUnderstand';
  const blocks = isVersion ? UPGRADE : fault.notUnderstood.map(notUnderstoodBlock).join('');
  const messaging = writeSignalMessage(`messaging-${unique}`, info, content);
  const body = `<S12:Body xmlns:S12="${NS.soap12}" xmlns:wsu="${NS.wsu}" wsu:Id="body-${unique}"><S12:Fault><S12:Code><S12:Value>S12:${code}</S12:Value></S12:Code><S12:Reason><S12:Text xml:lang="en">${escapeText(reason)}</S12:Text></S12:Reason></S12:Fault></S12:Body>`;
  const references = [elementReference(`messaging-${unique}`, messaging), elementReference(`body-${unique}`, body)];
  const security =
    signing === undefined ? '' : writeSecurity(writeSignature(`signature-${unique}`, references, signing));
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<S12:Envelope xmlns:S12="${NS.soap12}"><S12:Header>${blocks}${security}${messaging}</S12:Header>${body}</S12:Envelope>`,
  );
}

/** Not signed: a sender of SOAP 1.1 is no access point of this network, and reads it with its eyes. */
function soap11Fault(reason: string, { info, content }: FaultSignal): Buffer {
  const messaging = writeSignalMessage('messaging', info, content)
    .replace(`xmlns:S12="${NS.soap12}"`, `xmlns:S11="${NS.soap11}"`)
    .replace('S12:mustUnderstand="true"', 'S11:mustUnderstand="1"');
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<S11:Envelope xmlns:S11="${NS.soap11}"><S11:Header>${UPGRADE}${messaging}</S11:Header><S11:Body><S11:Fault><faultcode>S11:VersionMismatch</faultcode><faultstring xml:lang="en">${escapeText(reason)}</faultstring></S11:Fault></S11:Body></S11:Envelope>`,
  );
}

/**
 * Composes the fault that SOAP 1.2 demands, with the ebMS errors in its header: VersionMismatch with an Upgrade header
 * (Part 1 §5.4.7), in SOAP 1.1 for who speaks it (Part 1, Appendix A); MustUnderstand with a NotUnderstood header for
 * each block (§5.4.8). Both have the status 500 (Part 2 §7.5.2.2, Table 20; SOAP 1.1 §6.2).
 */
export function composeFault(
  fault: SoapFault,
  reason: string,
  signal: FaultSignal,
): { status: number; contentType: string; body: Buffer } {
  if (fault.kind === 'version-mismatch' && fault.answerIn === 'soap11')
    return { status: 500, contentType: 'text/xml; charset=UTF-8', body: soap11Fault(reason, signal) };
  return {
    status: 500,
    contentType: 'application/soap+xml; charset=UTF-8',
    body: soap12Fault(fault, reason, signal),
  };
}

/** The code and the words of a fault of either SOAP; undefined where the Body holds none. */
export function readFault(body: XmlElement): { readonly code: string; readonly reason: string } | undefined {
  const fault = elementsOf(body).find(
    ({ name, namespaceUri }) => name === 'Fault' && (namespaceUri === NS.soap12 || namespaceUri === NS.soap11),
  );
  if (fault === undefined) return undefined;
  const texts = (element: XmlElement): string =>
    `${wholeText(element)} ${elementsOf(element).map(texts).join(' ')}`.replace(/\s+/g, ' ').trim();
  const of = (...names: readonly string[]): string => {
    const element = elementsOf(fault).find(({ name }) => names.includes(name));
    return element === undefined ? '' : texts(element).slice(0, 1_000);
  };
  return { code: of('Code', 'faultcode'), reason: of('Reason', 'faultstring') };
}
