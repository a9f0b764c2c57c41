import { XmlCData, type XmlDocument, XmlElement, XmlText } from 'libxml2-wasm';
import type { Fault } from './fault.ts';
import type { FaultCode } from './fault-codes.ts';
import { type Growing, putAt } from './growing-json.ts';
import type { JsonObject } from './json.ts';
import { escapeSegment, segmentsOf, shown, valueAt } from './pointer.ts';
import { childNodes, elementsOf } from './xml-children.ts';
import type { DocumentShape, ElementName, Leaf, ObjectElement, Particle } from './xml-particles.ts';
import { placeOf, type XmlPlace } from './xml-places.ts';
import { isExtensions, strangerInSealPlace } from './xml-seal-place.ts';

/** What was read: the JSON form as far as it could be read, what the document should not have had, and where. */
export interface XmlContent {
  readonly json: JsonObject;
  readonly faults: readonly Fault[];
  /**
   * Where a value, or else the nearest one that holds it, stands in the XML. Works until the XML document is disposed.
   */
  locate(pointer: string): XmlPlace;
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const MOST_FAULTS = 200;
const BLANK = /^[ \t\r\n]*$/;

function is(element: XmlElement, name: ElementName): boolean {
  return element.name === name.local && element.namespaceUri === name.namespace;
}

/** Reads one document; see `readContent`. */
class Reader {
  readonly faults: Fault[] = [];
  readonly places = new Map<string, { readonly element: XmlElement; readonly attribute?: string }>();
  readonly #derived: { element: XmlElement; pointer: string; segments: readonly string[]; text: string }[] = [];

  fault(code: FaultCode, pointer: string, at: XmlElement, message: string, more: Partial<Fault> = {}): void {
    if (this.faults.length < MOST_FAULTS) this.faults.push({ code, pointer, ...placeOf(at), message, ...more });
  }

  /** The text of an element that may hold only text: comments and processing instructions aside, all of it. */
  #text(element: XmlElement, pointer: string): string {
    const first = element.firstChild;
    if (first === null) return '';
    if (first instanceof XmlText && first.next === null) return first.content;
    let text = '';
    for (const node of childNodes(element)) {
      if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
      else if (node instanceof XmlElement) this.#unknown(node, pointer);
    }
    return text;
  }

  #unknown(element: XmlElement, pointer: string): void {
    if (isExtensions(element)) {
      this.fault('XML-EXTENSION', pointer, element, 'An extension stands where none may stand.');
      return;
    }
    const message = `The element ${element.name} is not part of this document.`;
    const found = element.namespaceUri === '' ? element.name : `{${element.namespaceUri}}${element.name}`;
    this.fault('XML-ELEMENT-UNKNOWN', pointer, element, message, { found: shown(found) });
  }

  /** Hands out the attributes that are known, reports the others; where schemas are said to lie is never looked at. */
  #attributes(element: XmlElement, pointer: string, known: ReadonlySet<string>): ReadonlyMap<string, string> {
    const values = new Map<string, string>();
    for (const attribute of element.attrs) {
      const { name, namespaceUri, value } = attribute;
      if (namespaceUri === XSI && (name === 'schemaLocation' || name === 'noNamespaceSchemaLocation')) continue;
      if (namespaceUri === '' && known.has(name)) {
        values.set(name, value);
        continue;
      }
      const message = `The attribute ${name} of ${element.name} is not part of this document.`;
      this.fault('XML-ATTRIBUTE-UNKNOWN', pointer, element, message, { found: shown(value) });
    }
    return values;
  }

  #isWanted(particle: Particle, value: Growing): boolean {
    for (const [name, allowed] of particle.when ?? []) {
      const found = value[name];
      if (typeof found !== 'string' || !allowed.includes(found)) return false;
    }
    return true;
  }

  /** Of several particles of the same element, the one whose constants stand in it. */
  #choose(candidates: readonly number[], particles: readonly Particle[], element: XmlElement): number | undefined {
    if (candidates.length === 1) return candidates[0];
    const marked = candidates.filter((index) => {
      const particle = particles[index];
      if (particle?.kind !== 'object') return true;
      for (const node of childNodes(element)) {
        if (!(node instanceof XmlElement)) continue;
        const child = node;
        const mark = particle.marks.find(({ name }) => name.local.endsWith('Code') && is(child, name));
        if (mark !== undefined && child.content === mark.text) return true;
      }
      return false;
    });
    return marked[0] ?? candidates[0];
  }

  /** Reads the children of an element into `value`, in the order of the particles; true when a property was found. */
  children(
    element: XmlElement,
    particles: readonly Particle[],
    value: Growing,
    pointer: string,
    aside?: XmlElement,
  ): boolean {
    let position = 0;
    let found = false;
    const seen = new Set<Particle>();
    for (const node of childNodes(element)) {
      if (node instanceof XmlText || node instanceof XmlCData) {
        if (!BLANK.test(node.content)) {
          const message = `Text stands in ${element.name}, where only elements may stand.`;
          this.fault('XML-TEXT-NOT-ALLOWED', pointer, element, message, { found: shown(node.content.trim()) });
        }
        continue;
      }
      if (!(node instanceof XmlElement)) continue;
      const child = node;
      if (aside?.isSameNode(child)) continue;
      const { name, namespaceUri } = child;
      const candidates: number[] = [];
      for (let index = position; index < particles.length; index += 1) {
        const particle = particles[index];
        if (particle?.name.local !== name || particle.name.namespace !== namespaceUri) continue;
        if (this.#isWanted(particle, value)) candidates.push(index);
      }
      const index = this.#choose(candidates, particles, child);
      const particle = index === undefined ? undefined : particles[index];
      if (index === undefined || particle === undefined) {
        this.#misplaced(child, particles, seen, pointer);
        continue;
      }
      position = particle.kind !== 'container' && particle.repeats ? index : index + 1;
      seen.add(particle);
      if (this.#particle(child, particle, value, pointer)) found = true;
    }
    for (const particle of particles) {
      if (seen.has(particle) || particle.kind === 'object') continue;
      const isMissing = particle.kind === 'container' ? !particle.optional : particle.source.kind !== 'property';
      if (!isMissing) continue;
      const { local } = particle.name;
      this.fault('XML-ELEMENT-MISSING', pointer, element, `${element.name} must have the element ${local}.`, {
        expected: particle.name.qualified,
      });
    }
    return found;
  }

  #misplaced(child: XmlElement, particles: readonly Particle[], seen: ReadonlySet<Particle>, pointer: string): void {
    const namesakes = particles.filter(({ name }) => is(child, name));
    if (namesakes.length === 0) this.#unknown(child, pointer);
    else if (namesakes.every((particle) => seen.has(particle))) {
      this.fault('XML-ELEMENT-REPEATED', pointer, child, `The element ${child.name} stands more often than allowed.`);
    } else if (namesakes.every(({ when }) => when !== undefined)) {
      const names = namesakes.flatMap(({ when }) => [...(when?.keys() ?? [])]);
      const message = `The element ${child.name} does not fit what is said of: ${names.join(', ')}.`;
      this.fault('XML-ELEMENT-UNFIT', pointer, child, message);
    } else {
      const message = `The element ${child.name} stands at the wrong place: the order of elements is fixed.`;
      this.fault('XML-ELEMENT-ORDER', pointer, child, message);
    }
  }

  #particle(element: XmlElement, particle: Particle, value: Growing, pointer: string): boolean {
    if (particle.kind === 'container') {
      this.#attributes(element, pointer, new Set());
      const found = this.children(element, particle.children, value, pointer);
      if (particle.optional && !found) {
        this.fault('XML-ELEMENT-EMPTY', pointer, element, `The element ${element.name} holds nothing of use.`);
      }
      return found;
    }
    if (particle.kind === 'object') {
      this.#object(element, particle, value, pointer);
      return true;
    }
    return this.#leaf(element, particle, value, pointer);
  }

  #object(element: XmlElement, particle: ObjectElement, value: Growing, pointer: string): void {
    const object: Growing = {};
    const here = putAt(value, particle.property, particle.repeats, object, pointer);
    this.places.set(here, { element });
    this.#attributes(element, here, new Set());
    this.children(element, particle.shape.children, object, here);
    for (const name of particle.shape.requiredArrays) object[name] ??= [];
  }

  #leaf(outer: XmlElement, leaf: Leaf, value: Growing, pointer: string): boolean {
    let element = outer;
    for (const name of leaf.inner) {
      this.#attributes(element, pointer, new Set());
      let next: XmlElement | undefined;
      for (const node of childNodes(element)) {
        if (!(node instanceof XmlElement)) continue;
        if (next === undefined && is(node, name)) next = node;
        else if (is(node, name)) {
          this.fault('XML-ELEMENT-REPEATED', pointer, node, `The element ${name.local} may stand there only once.`);
        } else this.#unknown(node, pointer);
      }
      if (next === undefined) {
        this.fault('XML-ELEMENT-EMPTY', pointer, element, `${element.name} must have the element ${name.local}.`);
        return true;
      }
      element = next;
    }
    const { form, source } = leaf;
    const known = new Set(leaf.attributes.keys());
    if (form.kind === 'attributed') for (const name of form.attributes.keys()) known.add(name);
    const attributes = this.#attributes(element, pointer, known);
    for (const [name, expected] of leaf.attributes) {
      const found = attributes.get(name);
      if (found === expected) continue;
      const message = `The attribute ${name} of ${element.name} must be "${expected}".`;
      this.fault(found === undefined ? 'XML-ATTRIBUTE-MISSING' : 'XML-VALUE-DIFFERS', pointer, element, message, {
        expected,
        ...(found === undefined ? {} : { found: shown(found) }),
      });
    }
    const text = this.#text(element, pointer);
    if (source.kind === 'constant') {
      if (text !== source.text) this.#differs(element, pointer, text, source.text);
      return false;
    }
    if (source.kind === 'same') {
      this.#derived.push({ element, pointer: source.pointer, segments: source.segments, text });
      return false;
    }
    if (form.kind === 'attributed') {
      const object: Growing = {};
      const here = putAt(value, source.property, leaf.repeats, object, pointer);
      object[form.text] = text;
      this.places.set(here, { element });
      for (const [attribute, key] of form.attributes) {
        const found = attributes.get(attribute);
        if (found !== undefined) object[key] = found;
        this.places.set(`${here}/${escapeSegment(key)}`, { element, attribute });
      }
      return true;
    }
    const isNumber = form.kind === 'integer' && /^(0|[1-9][0-9]{0,14})$/.test(text);
    const here = putAt(value, source.property, leaf.repeats, isNumber ? Number(text) : text, pointer);
    this.places.set(here, { element });
    return true;
  }

  #differs(element: XmlElement, pointer: string, found: string, expected: string): void {
    const message = `The element ${element.name} must hold "${shown(expected)}".`;
    this.fault('XML-VALUE-DIFFERS', pointer, element, message, { found: shown(found), expected: shown(expected) });
  }

  /** Elements that repeat what stands elsewhere must say the same. */
  checkDerived(json: JsonObject): void {
    for (const { element, pointer, segments, text } of this.#derived) {
      const expected = valueAt(json, segments);
      if (typeof expected === 'string' && expected !== text) this.#differs(element, pointer, text, expected);
    }
  }

  document(root: XmlElement, shape: DocumentShape): Growing {
    const json: Growing = {};
    this.places.set('', { element: root });
    this.#attributes(root, '', new Set());
    this.children(root, shape.children, json, '', this.#sealPlace(root));
    for (const name of shape.requiredArrays) json[name] ??= [];
    this.#checkDerived(json);
    return json;
  }

  /** Elements that repeat what stands elsewhere must say the same. */
  #checkDerived(json: JsonObject): void {
    for (const { element, pointer, segments, text } of this.#derived) {
      const expected = valueAt(json, segments);
      if (typeof expected === 'string' && expected !== text) this.#differs(element, pointer, text, expected);
    }
  }

  /** The extension that holds the seal is left aside; any other is reported. */
  #sealPlace(root: XmlElement): XmlElement | undefined {
    const first = elementsOf(root)[0];
    if (first === undefined || !isExtensions(first)) return undefined;
    const stranger = strangerInSealPlace(first);
    if (stranger !== undefined) {
      const message = 'The only extension allowed is the one that holds the seal, as the first element.';
      this.fault('XML-EXTENSION', '', stranger, message, { found: shown(stranger.name) });
    }
    return first;
  }
}

/**
 * Reads a document of a known kind. White space between elements, comments, processing instructions, prefixes and
 * xsi:schemaLocation are aside; everything else that the shape does not know is a fault (XPath and line with it).
 * What a property must be like is not judged here but by the schema afterwards.
 * @param document with the root element of the shape
 */
export function readContent(shape: DocumentShape, document: XmlDocument): XmlContent {
  const reader = new Reader();
  const json = reader.document(document.root, shape);
  return {
    json,
    faults: reader.faults,
    locate(pointer) {
      const segments = segmentsOf(pointer);
      for (let length = segments.length; ; length -= 1) {
        const at = segments.slice(0, length).map((segment) => `/${escapeSegment(segment)}`);
        const place = reader.places.get(at.join(''));
        if (place !== undefined) return placeOf(place.element, place.attribute);
        if (length === 0) return placeOf(document.root);
      }
    },
  };
}
