import type { XmlElement } from 'libxml2-wasm';
import { attributeAt, type HeaderNode, nodes, onlyNode, readNode, textAt } from '../envelope/header-tree.ts';
import { NS } from '../envelope/namespaces.ts';
import { type HeaderContent, headerContent, instantOf } from '../envelope/user-message-header.ts';
import { attribute, children, onlyChild, wholeText } from '../envelope/xml-tree.ts';
import { EBMS_ERRORS } from '../signals/ebms-errors.ts';

/** What every unit says of itself. */
interface About {
  readonly messageId: string | null;
  /** As it stands. */
  readonly timestamp: string | null;
  /** The instant that it means, ISO 8601 in UTC; null where it means none. */
  readonly instant: string | null;
  readonly refToMessageId: string | null;
}

/** An error as a message tells it. */
export interface InspectedError {
  readonly code: string;
  /** Its name by the standard; null for a code that it does not have. */
  readonly name: string | null;
  readonly severity: string;
  readonly refToMessageInError: string | null;
  readonly description: string;
}

/** A part as a receipt tells of it. */
export interface ReceiptedPart {
  readonly uri: string;
  readonly digestMethod: string;
  readonly digest: string;
}

/** One unit of a message. */
export type InspectedUnit =
  | (About & { readonly kind: 'user message' } & Omit<
        HeaderContent,
        'messageId' | 'timestamp' | 'refToMessageId' | 'parts'
      >)
  | (About & {
      readonly kind: 'receipt';
      /** Whether it tells digests (non-repudiation), or only that the message arrived. */
      readonly nonRepudiation: boolean;
      readonly parts: readonly ReceiptedPart[];
    })
  | (About & { readonly kind: 'error'; readonly errors: readonly InspectedError[] })
  | (About & { readonly kind: 'pull request'; readonly mpc: string | null })
  | (About & { readonly kind: 'unknown unit'; readonly name: string });

function aboutOf(unit: HeaderNode): About {
  const info = onlyNode(unit, 'MessageInfo');
  const timestamp = textAt(info, 'Timestamp');
  return {
    messageId: textAt(info, 'MessageId') ?? null,
    timestamp: timestamp ?? null,
    instant: (timestamp === undefined ? undefined : instantOf(timestamp))?.toISOString() ?? null,
    refToMessageId: textAt(info, 'RefToMessageId') ?? null,
  };
}

function isKnown(code: string): code is keyof typeof EBMS_ERRORS {
  return Object.hasOwn(EBMS_ERRORS, code);
}

function errorOf(node: HeaderNode): InspectedError {
  const code = attributeAt(node, 'errorCode') ?? '';
  return {
    code,
    name: isKnown(code) ? EBMS_ERRORS[code].name : null,
    severity: attributeAt(node, 'severity') ?? '',
    refToMessageInError: attributeAt(node, 'refToMessageInError') ?? null,
    description:
      textAt(node, 'Description') ?? textAt(node, 'ErrorDetail') ?? attributeAt(node, 'shortDescription') ?? '',
  };
}

function receiptedParts(information: XmlElement | undefined): ReceiptedPart[] {
  const parts = information === undefined ? [] : children(information, NS.ebbp, 'MessagePartNRInformation');
  return parts.slice(0, 1_000).map((part) => {
    const reference = onlyChild(part, NS.ds, 'Reference');
    const method = reference === undefined ? undefined : onlyChild(reference, NS.ds, 'DigestMethod');
    const value = reference === undefined ? undefined : onlyChild(reference, NS.ds, 'DigestValue');
    return {
      uri: (reference === undefined ? undefined : attribute(reference, 'URI')) ?? '',
      digestMethod: (method === undefined ? undefined : attribute(method, 'Algorithm')) ?? '',
      digest: value === undefined ? '' : wholeText(value).trim(),
    };
  });
}

/** Reads one unit of a Messaging header, whatever may be wrong with it. */
export function inspectUnit(element: XmlElement): InspectedUnit {
  const node = readNode(element);
  const about = aboutOf(node);
  if (node.name === 'UserMessage') {
    const { messageId, timestamp, refToMessageId, parts, ...content } = headerContent(node);
    return { kind: 'user message', ...about, ...content };
  }
  const errors = nodes(node, 'Error');
  if (errors.length > 0) return { kind: 'error', ...about, errors: errors.slice(0, 100).map(errorOf) };
  const receipt = onlyNode(node, 'Receipt');
  if (receipt !== undefined) {
    const information = onlyChild(receipt.element, NS.ebbp, 'NonRepudiationInformation');
    return {
      kind: 'receipt',
      ...about,
      nonRepudiation: information !== undefined,
      parts: receiptedParts(information),
    };
  }
  const pull = onlyNode(node, 'PullRequest');
  if (pull !== undefined) return { kind: 'pull request', ...about, mpc: attributeAt(pull, 'mpc') ?? null };
  return { kind: 'unknown unit', ...about, name: node.name.slice(0, 100) };
}
