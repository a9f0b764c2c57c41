import { readXml } from '../../documents/read-xml.ts';
import { visibleSecurityProblems } from '../envelope/header-security.ts';
import { NS } from '../envelope/namespaces.ts';
import { messageIdOf, messagingProblems } from '../envelope/read-envelope.ts';
import { securityForUs } from '../envelope/soap-headers.ts';
import { children, isElement } from '../envelope/xml-tree.ts';
import { contentTypeOf, splitMultipart } from '../inspect/mime-capture.ts';
import { EbmsFailure } from '../signals/ebms-errors.ts';

/**
 * A message whose packaging is wrong (EBMS:0007) is refused before its envelope is read. Where the envelope can be found
 * all the same, the failure is told of the message that it names, with what is wrong with its header besides.
 */
export function withHeaderProblems(failure: EbmsFailure, contentType: string | undefined, body: Buffer): EbmsFailure {
  if (failure.code !== 'EBMS:0007' || failure.refToMessageId !== undefined) return failure;
  const boundary = contentTypeOf(contentType ?? '').parameters.get('boundary');
  const [root] = boundary === undefined ? [] : splitMultipart(body, boundary).parts;
  const reading = root === undefined ? undefined : readXml(root.bytes);
  if (reading?.ok !== true) return failure;
  using document = reading.document;
  const header = isElement(document.root, NS.soap12, 'Envelope')
    ? children(document.root, NS.soap12, 'Header')[0]
    : undefined;
  const messaging = header === undefined ? undefined : children(header, NS.eb, 'Messaging')[0];
  if (header === undefined || messaging === undefined) return failure;
  const problems = messagingProblems(messaging);
  const besides = problems.length === 0 ? [] : visibleSecurityProblems(securityForUs(header)[0]);
  return new EbmsFailure(failure.code, failure.message, messageIdOf(messaging), {
    further: [...failure.further, ...problems, ...besides].slice(0, 19),
  });
}
