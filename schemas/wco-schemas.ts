import { join } from 'node:path';
import type { XmlElement } from 'libxml2-wasm';
import { propertyOfElement } from '../src/documents/declaration/property-names.ts';
import type { JsonObject, JsonValue } from '../src/documents/json.ts';
import { valueSchema } from './value-schemas.ts';
import { attributeOf, type Component, partsOf, XsdComponents } from './xsd-components.ts';
import { type TextRule, TextRules } from './xsd-values.ts';

const METADATA = 'urn:wco:datamodel:WCO:DocumentMetaData-DMS:2';
const DECLARATION = 'urn:wco:datamodel:WCO:DEC-DMS:2';
const RESPONSE = 'urn:wco:datamodel:WCO:RES-DMS:2';
/** Prefixes by which the schemas write element names. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  [METADATA, 'md'],
  [DECLARATION, 'dec'],
  ['urn:wco:datamodel:WCO:Declaration_DS:DMS:2', 'dds'],
  [RESPONSE, 'res'],
  ['urn:wco:datamodel:WCO:Response_DS:DMS:2', 'rds'],
]);

/** What one schema is about. */
export interface SchemaHead {
  readonly title: string;
  readonly description: string;
  /** The XML Schemas that belong together, below the folder of them. */
  readonly files: readonly string[];
  /** The namespace of what the wrapper holds. */
  readonly content: string;
}

export const DECLARATION_HEAD: SchemaHead = {
  title: 'Customs declaration',
  description:
    'A declaration to customs, or a request about one: the declaration of the WCO Data Model 3.6 (DEC-DMS:2) in its wrapper. Generated from the XML Schema by schemas/generate-declaration.ts; what a country requires beyond it is in its national profile.',
  files: ['declaration/DocumentMetaData_2_DMS.xsd', 'declaration/WCO_DEC_2_DMS.xsd'],
  content: DECLARATION,
};

export const RESPONSE_HEAD: SchemaHead = {
  title: 'Response to a customs declaration',
  description:
    'What customs answers to a declarant: responses of the WCO Data Model 3.6 (RES-DMS:2) in their wrapper. Generated from the XML Schema by schemas/generate-declaration.ts.',
  files: ['notification/DocumentMetaData_2_DMS.xsd', 'notification/WCO_RES_2_DMS.xsd'],
  content: RESPONSE,
};

/** An element of a sequence, with how often it stands there. */
interface Place {
  readonly namespace: string;
  readonly local: string;
  readonly least: number;
  readonly most: number;
  readonly schema: JsonObject;
}

class Generator {
  readonly #components: XsdComponents;
  readonly #texts: TextRules;
  readonly #head: SchemaHead;
  readonly #names = new Map<string, string>();
  readonly #definitions = new Map<string, JsonObject>();
  readonly #prefixes = new Set<string>();

  constructor(components: XsdComponents, head: SchemaHead) {
    this.#components = components;
    this.#texts = new TextRules(components);
    this.#head = head;
  }

  /** The same content has one definition, by the first name that it was asked for. */
  #defined(wish: string, schema: JsonObject): JsonObject {
    const key = JSON.stringify(schema);
    let name = this.#names.get(key);
    for (let count = 1; name === undefined; count += 1) {
      const candidate = count === 1 ? wish : `${wish}-${count}`;
      if (!this.#definitions.has(candidate)) name = candidate;
    }
    this.#names.set(key, name);
    this.#definitions.set(name, schema);
    return { $ref: `#/$defs/${name}` };
  }

  #text(rule: TextRule): JsonObject {
    const value = valueSchema(rule.value);
    const size = rule.value.maxLength ?? rule.value.length ?? rule.value.totalDigits;
    const named = (kind: string): string => `${kind}${size === undefined ? '' : size}`;
    if (rule.attributes.size === 0) return this.#defined(named(rule.value.primitive), value);
    const names = [...rule.attributes.keys()];
    const annotation = { text: 'value', attributes: Object.fromEntries(names.map((name) => [name, name])) };
    const properties: Record<string, JsonValue> = { value };
    for (const [name, attribute] of rule.attributes) properties[name] = valueSchema(attribute.value);
    const required = names.filter((name) => rule.attributes.get(name)?.isRequired === true);
    const object = { properties, required: ['value', ...required], additionalProperties: false };
    const kind = ['currencyID', 'unitCode', 'formatCode', 'listID', 'schemeID'].find((name) => names.includes(name));
    if (rule.value.primitive === 'decimal' || required.length > 0) {
      const name = kind === 'currencyID' ? 'amount' : kind === 'unitCode' ? 'measure' : 'dateTime';
      return this.#defined(named(name), { type: 'object', ...object, xml: annotation });
    }
    const name = kind === 'listID' ? 'code' : kind === 'schemeID' ? 'identifier' : 'text';
    const says = 'a text, or an object of the text and its attributes';
    return this.#defined(named(name), {
      says,
      ...value,
      type: ['string', 'object'],
      minProperties: 2,
      ...object,
      xml: annotation,
    });
  }

  #type(element: XmlElement, local: string, namespace: string): JsonObject {
    const named = attributeOf(element, 'type');
    const inline = partsOf(element)[0];
    const component: Component | undefined =
      named === undefined ? inline && { element: inline, namespace } : this.#components.find('type', element, named);
    if (component === undefined) return this.#text(this.#texts.named(element, named ?? ''));
    const [content, ...others] = partsOf(component.element);
    if (content?.name !== 'sequence' && content?.name !== 'choice') return this.#text(this.#texts.of(component));
    if (others.length > 0) throw new Error(`${local} has attributes besides elements.`);
    return this.#defined(local, this.#object(this.#sequence(content, component.namespace)));
  }

  #sequence(group: XmlElement, namespace: string): readonly Place[] {
    const parts = partsOf(group);
    const isLone = group.name === 'choice' && parts.length > 1;
    if (isLone && !parts.every(({ name }) => name === 'group')) throw new Error('A choice is not known.');
    return parts.flatMap((part): readonly Place[] => {
      const least = Number(attributeOf(part, 'minOccurs') ?? 1);
      const limit = attributeOf(part, 'maxOccurs') ?? '1';
      const most = limit === 'unbounded' ? Number.POSITIVE_INFINITY : Number(limit);
      if (part.name === 'element') return [this.#element(part, namespace, least, most)];
      if (part.name === 'group') {
        const group = this.#components.find('group', part, attributeOf(part, 'ref') ?? '');
        return group === undefined ? [] : partsOf(group.element).flatMap((each) => this.#contents(each, least, most));
      }
      if (part.name === 'choice' || part.name === 'sequence') return this.#sequence(part, namespace);
      throw new Error(`${part.name} is not known.`);
    });
  }

  /** What the wrapper may hold here: the global elements of the namespace that this schema is about. */
  #contents(group: XmlElement, least: number, most: number): readonly Place[] {
    return partsOf(group)
      .filter((any) => any.name === 'any' && attributeOf(any, 'namespace') === this.#head.content)
      .flatMap(() =>
        this.#components.elementsOf(this.#head.content).map((local) => {
          const { element } = this.#components.global('element', this.#head.content, local);
          return this.#element(element, this.#head.content, least, most);
        }),
      );
  }

  #element(element: XmlElement, namespace: string, least: number, most: number): Place {
    const reference = attributeOf(element, 'ref');
    const global = reference === undefined ? undefined : this.#components.find('element', element, reference);
    const { element: target, namespace: home } = global ?? { element, namespace };
    const local = attributeOf(target, 'name') ?? '';
    return { namespace: home, local, least, most, schema: this.#type(target, local, home) };
  }

  #object(places: readonly Place[]): JsonObject {
    const properties: Record<string, JsonValue> = {};
    const required: string[] = [];
    const sequence = places.map(({ namespace, local, least, most, schema }) => {
      const prefix = PREFIXES.get(namespace);
      if (prefix === undefined) throw new Error(`The namespace ${namespace} has no prefix.`);
      this.#prefixes.add(prefix);
      const plain = propertyOfElement(local);
      const property = Object.hasOwn(properties, plain) ? `original${local}` : plain;
      if (Object.hasOwn(properties, property)) throw new Error(`The property ${property} stands twice.`);
      const repeats = most > 1;
      properties[property] = repeats
        ? {
            type: 'array',
            items: schema,
            minItems: Math.max(least, 1),
            ...(Number.isFinite(most) ? { maxItems: most } : {}),
          }
        : schema;
      if (least > 0) required.push(property);
      return { path: `${prefix}:${local}${repeats ? '[]' : ''}`, property };
    });
    return {
      type: 'object',
      properties,
      ...(required.length > 0 ? { required } : {}),
      additionalProperties: false,
      xml: { sequence },
    };
  }

  schema(): JsonObject {
    const { element, namespace } = this.#components.global('element', METADATA, 'MetaData');
    const content = partsOf(element)[0];
    const sequence = content === undefined ? undefined : partsOf(content)[0];
    if (sequence === undefined) throw new Error('The wrapper has no sequence.');
    const object = this.#object(this.#sequence(sequence, namespace));
    const used = [...PREFIXES].filter(([, prefix]) => this.#prefixes.has(prefix));
    const namespaces = Object.fromEntries(used.map(([uri, prefix]) => [prefix, uri]));
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: this.#head.title,
      description: this.#head.description,
      ...object,
      xml: { element: 'md:MetaData', namespaces, ...(object['xml'] as JsonObject) },
      $defs: Object.fromEntries([...this.#definitions].sort(([one], [other]) => (one < other ? -1 : 1))),
    };
  }
}

/**
 * The JSON Schema of a kind of WCO document, derived from its XML Schema: every element and attribute with order, number
 * and facets, and in the keyword `xml` the names of the XML (see `src/documents/xml-particles.ts`).
 * @param folder of the XML Schemas, with `declaration` and `notification` in it
 */
export function wcoSchema(folder: string, head: SchemaHead): JsonObject {
  const components = new XsdComponents(head.files.map((file) => join(folder, file)));
  try {
    return new Generator(components, head).schema();
  } finally {
    components.dispose();
  }
}
