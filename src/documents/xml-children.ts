import { XmlElement, type XmlNode, XmlTreeNode } from 'libxml2-wasm';

/**
 * The child nodes of an element, in order. Processing instructions of libxml2-wasm know no next sibling, so where one
 * stands the list is made by XPath.
 */
export function childNodes(parent: XmlElement): readonly XmlNode[] {
  const nodes: XmlNode[] = [];
  let node: XmlNode | null = parent.firstChild;
  while (node !== null) {
    if (!(node instanceof XmlTreeNode)) return parent.find('node()');
    nodes.push(node);
    node = node.next;
  }
  return nodes;
}

/** The child elements of an element, in order. */
export function elementsOf(parent: XmlElement): readonly XmlElement[] {
  return childNodes(parent).filter((node) => node instanceof XmlElement);
}
