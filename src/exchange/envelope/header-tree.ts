import { XmlCData, XmlElement, XmlText } from 'libxml2-wasm';
import { childNodes } from '../../documents/xml-children.ts';
import { NS } from './namespaces.ts';
import { attribute } from './xml-tree.ts';

/** An element of the ebMS header, read once: every question about it is then answered without asking the parser. */
export interface HeaderNode {
  readonly element: XmlElement;
  readonly name: string;
  /** Whether it is in the namespace of ebMS 3.0. */
  readonly isEb: boolean;
  /** Its own text, without white space around it. */
  readonly text: string;
  /** Empty for elements of other namespaces, whose inside is not ours to read. */
  readonly children: readonly HeaderNode[];
}

/** Reads an element with all that is in it. */
export function readNode(element: XmlElement): HeaderNode {
  const isEb = element.namespaceUri === NS.eb;
  const children: HeaderNode[] = [];
  let text = '';
  if (isEb)
    for (const node of childNodes(element)) {
      if (node instanceof XmlElement) children.push(readNode(node));
      else if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
    }
  return { element, name: element.name, isEb, text: text.trim(), children };
}

/** The children of a name, in the namespace of ebMS. */
export function nodes(parent: HeaderNode | undefined, name: string): readonly HeaderNode[] {
  return parent === undefined ? [] : parent.children.filter((child) => child.isEb && child.name === name);
}

/** The only child of a name along a path; undefined where there is none, or several. */
export function onlyNode(parent: HeaderNode | undefined, ...names: readonly string[]): HeaderNode | undefined {
  return names.reduce<HeaderNode | undefined>((node, name) => {
    const found = nodes(node, name);
    return found.length === 1 ? found[0] : undefined;
  }, parent);
}

/** The text of the only child along a path; undefined where there is none, or it is empty. */
export function textAt(parent: HeaderNode | undefined, ...names: readonly string[]): string | undefined {
  const text = onlyNode(parent, ...names)?.text;
  return text === '' ? undefined : text;
}

/** An attribute without namespace and without white space around it; undefined where there is none, or it is empty. */
export function attributeAt(node: HeaderNode | undefined, name: string): string | undefined {
  const value = node === undefined ? undefined : attribute(node.element, name)?.trim();
  return value === '' ? undefined : value;
}
