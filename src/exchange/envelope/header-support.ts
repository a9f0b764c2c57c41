import type { EbmsProblem } from '../signals/ebms-errors.ts';
import type { HeaderContent, HeaderPart } from './user-message-header.ts';

/** The message partition channel of messages that name none (ebMS3 Core §3.4.1). */
export const DEFAULT_MPC = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/defaultMPC';

/** The only compression of AS4 (AS4 Profile §3.1). */
export const GZIP = 'application/gzip';

/** The value of a property of a part; undefined where there is none, or it is empty. */
export function partProperty(part: HeaderPart, name: string): string | undefined {
  const value = part.properties.find((property) => property.name === name)?.value;
  return value === '' ? undefined : value;
}

/** Where a payload lies, as its href tells (ebMS3 Core §5.2.2.13). */
export function placeOf(part: HeaderPart): 'attachment' | 'body' | 'elsewhere' {
  if (part.href === undefined || part.href.startsWith('#')) return 'body';
  return part.href.startsWith('cid:') && part.href.length > 4 ? 'attachment' : 'elsewhere';
}

function partProblems(part: HeaderPart): EbmsProblem[] {
  const found: EbmsProblem[] = [];
  const place = placeOf(part);
  if (place === 'body')
    found.push({
      code: 'EBMS:0008',
      description:
        'A PartInfo without href="cid:…" says that the payload is in the SOAP Body. The Body must be empty: send the payload as an attachment.',
    });
  if (place === 'elsewhere')
    found.push({
      code: 'EBMS:0011',
      description: 'A payload is not in the message itself (href="cid:…"); others are not fetched.',
    });
  const compression = partProperty(part, 'CompressionType');
  if (compression !== undefined && compression !== GZIP)
    found.push({
      code: 'EBMS:0303',
      description: `The compression ${compression.slice(0, 60)} is not known; application/gzip is.`,
    });
  if (compression !== undefined && partProperty(part, 'MimeType') === undefined)
    found.push({
      code: 'EBMS:0003',
      description: 'A part is compressed and has no property MimeType, which says what it is when decompressed.',
    });
  const characterSet = partProperty(part, 'CharacterSet');
  if (characterSet !== undefined && !/^[A-Za-z][A-Za-z0-9._-]{0,39}$/.test(characterSet))
    found.push({
      code: 'EBMS:0003',
      description: `The CharacterSet "${characterSet.slice(0, 60)}" is no name of an encoding (XML 1.0 §4.3.3).`,
    });
  return found;
}

/**
 * What in a legal user message this node does not take: another partition channel (ebMS3 Core §3.4), a payload in the
 * Body or elsewhere (eDelivery AS4 2.0: payloads are attachments, the Body is empty), a part that is not described as AS4
 * Profile §3.1 asks where it is compressed.
 */
export function supportProblems(content: HeaderContent): EbmsProblem[] {
  const channel: EbmsProblem[] =
    content.mpc === undefined || content.mpc === DEFAULT_MPC
      ? []
      : [
          {
            code: 'EBMS:0001',
            description: `The message partition channel ${content.mpc.slice(0, 200)} is not known here; leave mpc out.`,
          },
        ];
  return [...channel, ...content.parts.flatMap(partProblems)];
}
