import type { EbmsProblem } from '../signals/ebms-errors.ts';
import type { HeaderNode } from './header-tree.ts';
import { attribute } from './xml-tree.ts';

/** How often a child may stand in an element. */
type Occurrence = 'one' | 'optional' | 'some' | 'any';

/** What an element of the header may hold. */
interface Shape {
  readonly children?: Readonly<Record<string, readonly [Occurrence, Shape]>>;
  /** Whether it holds text, and whether that may be empty. */
  readonly text?: 'required' | 'optional';
  readonly attributes?: readonly string[];
  /** Whether elements of other namespaces may stand in it (`xsd:any`). */
  readonly open?: true;
}

const text: Shape = { text: 'required' };
const property: Shape = { text: 'optional', attributes: ['name'] };
const party: Shape = { children: { PartyId: ['some', text], Role: ['one', text] } };

const messageInfo: Shape = {
  children: { Timestamp: ['one', text], MessageId: ['one', text], RefToMessageId: ['optional', text] },
};

/**
 * A user message as the schema of ebMS 3.0 Core (Appendix A) has it. The order of elements is not looked at: the schema
 * lets most of them stand in any, and nothing hangs on it.
 */
const userMessage: Shape = {
  children: {
    MessageInfo: ['one', messageInfo],
    PartyInfo: ['one', { children: { From: ['one', party], To: ['one', party] } }],
    CollaborationInfo: [
      'one',
      {
        children: {
          AgreementRef: ['optional', text],
          Service: ['one', text],
          Action: ['one', text],
          ConversationId: ['one', text],
        },
      },
    ],
    MessageProperties: ['optional', { children: { Property: ['some', property] } }],
    PayloadInfo: [
      'optional',
      {
        children: {
          PartInfo: [
            'some',
            {
              children: {
                Schema: ['optional', { text: 'optional', attributes: ['location'] }],
                Description: ['optional', { text: 'optional' }],
                PartProperties: ['optional', { children: { Property: ['some', property] } }],
              },
            },
          ],
        },
      },
    ],
  },
};

const signalMessage: Shape = {
  open: true,
  children: {
    MessageInfo: ['one', messageInfo],
    PullRequest: ['optional', { open: true }],
    Receipt: ['optional', { open: true }],
    Error: [
      'any',
      {
        attributes: ['errorCode', 'severity'],
        children: { Description: ['optional', { text: 'optional' }], ErrorDetail: ['optional', { text: 'optional' }] },
      },
    ],
  },
};

/** Characters that a value of the header may have. */
const MOST_CHARACTERS = 1_000;
const MOST_FAULTS = 20;

function countProblem(place: string, name: string, occurrence: Occurrence, count: number): string | undefined {
  if (count === 0 && (occurrence === 'one' || occurrence === 'some')) return `${place} has no eb:${name}.`;
  if (count > 1 && (occurrence === 'one' || occurrence === 'optional'))
    return `${place} has ${count} eb:${name} elements; there may be one.`;
  return undefined;
}

function textProblem(node: HeaderNode, place: string, shape: Shape): string | undefined {
  if (shape.text === 'required' && node.text === '') return `${place} is empty.`;
  if (shape.text !== undefined && node.text.length > MOST_CHARACTERS)
    return `${place} has more than ${MOST_CHARACTERS} characters.`;
  return shape.text === undefined && shape.open === undefined && node.text !== ''
    ? `${place} holds text beside its elements.`
    : undefined;
}

function walk(node: HeaderNode, place: string, shape: Shape, found: string[]): void {
  const wrong = textProblem(node, place, shape);
  if (wrong !== undefined) found.push(wrong);
  for (const name of shape.attributes ?? [])
    if ((attribute(node.element, name) ?? '').trim() === '') found.push(`${place} has no attribute ${name}.`);
  const known = shape.children ?? {};
  const counts = new Map<string, number>();
  for (const child of node.children) {
    if (found.length >= MOST_FAULTS) return;
    const entry = child.isEb && Object.hasOwn(known, child.name) ? known[child.name] : undefined;
    if (entry === undefined) {
      if (child.isEb || shape.open === undefined)
        found.push(`${child.isEb ? 'eb:' : ''}${child.name.slice(0, 100)} does not belong in ${place}.`);
      continue;
    }
    counts.set(child.name, (counts.get(child.name) ?? 0) + 1);
    walk(child, `${place}/${child.name}`, entry[1], found);
  }
  for (const [name, [occurrence]] of Object.entries(known)) {
    const problem = countProblem(place, name, occurrence, counts.get(name) ?? 0);
    if (problem !== undefined) found.push(problem);
  }
}

/**
 * Everything in which a UserMessage or SignalMessage is not built as the schema of ebMS 3.0 Core has it, each with the
 * name of the element: all EBMS:0009.
 */
export function shapeProblems(unit: HeaderNode): EbmsProblem[] {
  const found: string[] = [];
  walk(unit, unit.name, unit.name === 'UserMessage' ? userMessage : signalMessage, found);
  return found.map((description) => ({ code: 'EBMS:0009', description }));
}
