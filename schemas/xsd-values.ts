import type { XmlElement } from 'libxml2-wasm';
import { attributeOf, type Component, partsOf, type XsdComponents } from './xsd-components.ts';

/** The text types of XML Schema that the vocabularies build on. */
export type Primitive = 'string' | 'token' | 'decimal' | 'language' | 'anyURI';

/** What XML Schema says of a text: its primitive type and the facets of every step of its derivation. */
export interface ValueRule {
  readonly primitive: Primitive;
  readonly length?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly totalDigits?: number;
  readonly fractionDigits?: number;
  /** All must match. */
  readonly patterns: readonly string[];
  readonly choices?: readonly string[];
}

/** A text with the attributes that may stand with it. */
export interface TextRule {
  readonly value: ValueRule;
  readonly attributes: ReadonlyMap<string, { readonly value: ValueRule; readonly isRequired: boolean }>;
}

const PRIMITIVES: ReadonlySet<string> = new Set<Primitive>(['string', 'token', 'decimal', 'language', 'anyURI']);

function isPrimitive(name: string): name is Primitive {
  return PRIMITIVES.has(name);
}

function restricted(base: ValueRule, facets: readonly XmlElement[]): ValueRule {
  const rule: { -readonly [Key in keyof ValueRule]: ValueRule[Key] } = { ...base };
  const patterns: string[] = [];
  const choices: string[] = [];
  for (const facet of facets) {
    const value = attributeOf(facet, 'value') ?? '';
    switch (facet.name) {
      case 'pattern':
        patterns.push(value);
        break;
      case 'enumeration':
        choices.push(value);
        break;
      case 'length':
      case 'minLength':
      case 'maxLength':
      case 'totalDigits':
      case 'fractionDigits':
        rule[facet.name] = Number(value);
        break;
      case 'attribute':
        break;
      default:
        throw new Error(`The facet ${facet.name} is not known.`);
    }
  }
  if (patterns.length > 0) rule.patterns = [...base.patterns, patterns.join('|')];
  if (choices.length > 0) rule.choices = choices;
  return rule;
}

/** Reads the rule of a text from the XML Schema's types. */
export class TextRules {
  readonly #components: XsdComponents;

  constructor(components: XsdComponents) {
    this.#components = components;
  }

  /** @param qualified name of a type as it stands in the schema of `at` */
  named(at: XmlElement, qualified: string): TextRule {
    const component = this.#components.find('type', at, qualified);
    if (component !== undefined) return this.of(component);
    const primitive = qualified.slice(qualified.indexOf(':') + 1);
    if (!isPrimitive(primitive)) throw new Error(`The type ${qualified} is not known.`);
    return { value: { primitive, patterns: [] }, attributes: new Map() };
  }

  /** @throws Error when the type holds elements */
  of({ element }: Component): TextRule {
    const [content, ...others] = partsOf(element);
    const step = content?.name === 'simpleContent' ? partsOf(content)[0] : content;
    const base = step === undefined ? undefined : attributeOf(step, 'base');
    if (others.length > 0 || step === undefined || base === undefined) throw new Error('A type of text has no base.');
    const rule = this.named(element, base);
    const attributes = new Map(rule.attributes);
    for (const part of partsOf(step).filter(({ name }) => name === 'attribute')) {
      const { value } = this.named(part, attributeOf(part, 'type') ?? '');
      attributes.set(attributeOf(part, 'name') ?? '', { value, isRequired: attributeOf(part, 'use') === 'required' });
    }
    const facets = partsOf(step).filter(({ name }) => name !== 'attribute');
    return { value: restricted(rule.value, facets), attributes };
  }
}
