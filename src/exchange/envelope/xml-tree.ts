import { XmlCData, type XmlElement, XmlText } from 'libxml2-wasm';
import { childNodes, elementsOf } from '../../documents/xml-children.ts';

/** Whether an element has this name. */
export function isElement(element: XmlElement, namespace: string, name: string): boolean {
  return element.name === name && element.namespaceUri === namespace;
}

/** The child elements of a name. */
export function children(parent: XmlElement, namespace: string, name: string): XmlElement[] {
  return elementsOf(parent).filter((element) => isElement(element, namespace, name));
}

/** The only child element of a name; undefined when there is none or several. */
export function onlyChild(parent: XmlElement, namespace: string, name: string): XmlElement | undefined {
  const found = children(parent, namespace, name);
  return found.length === 1 ? found[0] : undefined;
}

/**
 * The child elements of several names, found in one pass: where many are asked for, each pass costs.
 * @returns all of each name, in the order of `names`
 */
export function childrenOf<const Names extends readonly (readonly [namespace: string, name: string])[]>(
  parent: XmlElement,
  names: Names,
): { [Index in keyof Names]: XmlElement[] } {
  const found = names.map((): XmlElement[] => []);
  for (const element of elementsOf(parent)) {
    const name = element.name;
    const index = names.findIndex((each) => each[1] === name && each[0] === element.namespaceUri);
    found[index]?.push(element);
  }
  return found as { [Index in keyof Names]: XmlElement[] };
}

/** The only one of a list; undefined when there is none or several. */
export function only<Each>(found: readonly Each[]): Each | undefined {
  return found.length === 1 ? found[0] : undefined;
}

/** Follows a path of only children, all of one namespace. */
export function onlyDescendant(
  parent: XmlElement | undefined,
  namespace: string,
  ...names: readonly string[]
): XmlElement | undefined {
  return names.reduce<XmlElement | undefined>(
    (element, name) => (element === undefined ? undefined : onlyChild(element, namespace, name)),
    parent,
  );
}

/** The whole text of an element, as canonicalisation sees it: comments and instructions inside do not cut it. */
export function wholeText(element: XmlElement): string {
  let text = '';
  for (const node of childNodes(element)) if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
  return text;
}

/** An attribute without namespace. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name && each.namespaceUri === '')?.value;
}

/** An attribute of a namespace. */
export function attributeOf(element: XmlElement, namespace: string, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name && each.namespaceUri === namespace)?.value;
}

/** Base64 text without its white space; undefined when it is not base64. */
export function base64Of(element: XmlElement): Buffer | undefined {
  const text = wholeText(element).replace(/[\t\n\r ]/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined;
}
