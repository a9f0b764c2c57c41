import type { XmlElement } from 'libxml2-wasm';
import type { EbmsProblem } from '../signals/ebms-errors.ts';
import { SHA256, SIGNATURE_ALGORITHMS } from '../ws-security/algorithms.ts';
import { NS } from './namespaces.ts';
import { attribute, children, onlyChild } from './xml-tree.ts';

const policy = (description: string): EbmsProblem => ({ code: 'EBMS:0103', description });

/**
 * What can be seen to be wrong with the security of a message without computing anything: not signed, or with algorithms
 * that no profile allows. For a message that is refused anyway, so that this is told with the rest.
 */
export function visibleSecurityProblems(security: XmlElement | undefined): EbmsProblem[] {
  if (security === undefined) return [policy('The message has no wsse:Security header.')];
  const signature = onlyChild(security, NS.ds, 'Signature');
  const signedInfo = signature === undefined ? undefined : onlyChild(signature, NS.ds, 'SignedInfo');
  if (signedInfo === undefined) return [policy('The message has not exactly one signature.')];
  const method = onlyChild(signedInfo, NS.ds, 'SignatureMethod');
  const signedWith = method === undefined ? '' : (attribute(method, 'Algorithm') ?? '');
  const digests = children(signedInfo, NS.ds, 'Reference').map((reference) => {
    const digest = onlyChild(reference, NS.ds, 'DigestMethod');
    return digest === undefined ? '' : (attribute(digest, 'Algorithm') ?? '');
  });
  const wrongDigest = digests.find((digest) => digest !== SHA256);
  return [
    ...(SIGNATURE_ALGORITHMS.some(({ uri }) => uri === signedWith)
      ? []
      : [policy(`The signature algorithm ${signedWith.slice(0, 100)} is not allowed.`)]),
    ...(wrongDigest === undefined
      ? []
      : [policy(`The digest method ${wrongDigest.slice(0, 100)} is not allowed; use SHA-256.`)]),
  ];
}
