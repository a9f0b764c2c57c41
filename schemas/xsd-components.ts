import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { elementsOf } from '../src/documents/xml-children.ts';

const XSD = 'http://www.w3.org/2001/XMLSchema';

/** A declaration of an XML Schema, and the schema it stands in. */
export interface Component {
  readonly element: XmlElement;
  readonly namespace: string;
}

function isXsd(element: XmlElement, name: string): boolean {
  return element.name === name && element.namespaceUri === XSD;
}

/** An attribute of an XSD element, undefined where it is not given. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attrs.find((each) => each.name === name && each.namespaceUri === '')?.value;
}

/** The children of an XSD element that say something about instances. */
export function partsOf(element: XmlElement): readonly XmlElement[] {
  return elementsOf(element).filter((child) => !isXsd(child, 'annotation'));
}

/**
 * The global components of an XML Schema with everything that it includes and imports. As libxml2 does (and XML Schema
 * 1.0 part 1 §4.2.3 allows), a namespace is imported once: the first schema met for it counts.
 */
export class XsdComponents {
  readonly #global = new Map<string, Component>();
  readonly #namespaces = new Set<string>();
  readonly #files = new Set<string>();
  readonly #documents: XmlDocument[] = [];

  /** @param paths schemas that are there together, in this order */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#load(path);
  }

  #load(path: string): void {
    const file = normalize(path);
    if (this.#files.has(file)) return;
    this.#files.add(file);
    const document = XmlDocument.fromBuffer(readFileSync(file));
    this.#documents.push(document);
    const { root } = document;
    const namespace = attributeOf(root, 'targetNamespace') ?? '';
    this.#namespaces.add(namespace);
    for (const element of partsOf(root)) {
      const location = attributeOf(element, 'schemaLocation');
      if (isXsd(element, 'include') && location !== undefined) this.#load(join(dirname(file), location));
      else if (isXsd(element, 'import') && location !== undefined) {
        if (!this.#namespaces.has(attributeOf(element, 'namespace') ?? '')) this.#load(join(dirname(file), location));
      } else {
        const kind = element.name === 'element' || element.name === 'group' ? element.name : 'type';
        const key = `${kind} {${namespace}}${attributeOf(element, 'name')}`;
        if (!this.#global.has(key)) this.#global.set(key, { element, namespace });
      }
    }
  }

  /** The namespace and local name that a prefixed name means in the schema of an element. */
  name(at: XmlElement, qualified: string): { readonly namespace: string; readonly local: string } {
    const colon = qualified.indexOf(':');
    const prefix = colon < 0 ? '' : qualified.slice(0, colon);
    return { namespace: at.doc.root.nsDeclarations[prefix] ?? '', local: qualified.slice(colon + 1) };
  }

  /** A global component by its prefixed name; undefined for the types of XML Schema itself. */
  find(kind: 'type' | 'element' | 'group', at: XmlElement, qualified: string): Component | undefined {
    const { namespace, local } = this.name(at, qualified);
    if (namespace === XSD) return undefined;
    return this.global(kind, namespace, local);
  }

  /** @throws Error when the schema does not have it */
  global(kind: 'type' | 'element' | 'group', namespace: string, local: string): Component {
    const found = this.#global.get(`${kind} {${namespace}}${local}`);
    if (found === undefined) throw new Error(`The XML Schema has no ${kind} {${namespace}}${local}.`);
    return found;
  }

  /** The global elements of a namespace, by local name. */
  elementsOf(namespace: string): readonly string[] {
    const start = `element {${namespace}}`;
    return [...this.#global.keys()].filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
  }

  dispose(): void {
    for (const document of this.#documents) document.dispose();
  }
}
