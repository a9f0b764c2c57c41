import { isArray, isObject, type JsonObject, type JsonValue } from './json.ts';

/**
 * The XML side of a schema, compiled. A schema's object says in its keyword `xml.sequence`, in the order of the XML,
 * which element path holds which property:
 *
 * - `{path, property}`: the property is written there; `property` may lead into an object (`packages/count`);
 *   `[]` behind a step says that this step repeats, once per entry of the array;
 * - `{path, constant}`: always this text; `{path, same: pointer}`: the text that stands at the pointer as well;
 * - `when: {property: [values]}`: only when a property written before has one of these values;
 * - `attributes`: constant attributes.
 *
 * Neighbouring paths that begin with the same steps share these elements.
 */
export interface ElementName {
  /** As written: `cbc:ID`. */
  readonly qualified: string;
  readonly namespace: string;
  readonly local: string;
}

/** Where the text of a leaf comes from. */
export type LeafSource =
  | { readonly kind: 'property'; readonly property: readonly string[] }
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'same'; readonly segments: readonly string[]; readonly pointer: string };

/** How a property's value is laid out in its element. */
export type LeafForm =
  | { readonly kind: 'text' }
  | { readonly kind: 'integer' }
  /** An object of text and attributes, such as a quantity and its unit. */
  | { readonly kind: 'attributed'; readonly text: string; readonly attributes: ReadonlyMap<string, string> };

interface Common {
  readonly name: ElementName;
  readonly when: ReadonlyMap<string, readonly string[]> | undefined;
}
/** Elements that only hold others. */
export interface Container extends Common {
  readonly kind: 'container';
  readonly children: readonly Particle[];
  /** Whether a property stands below: if so, the element is there only together with one. */
  readonly optional: boolean;
}
/** An element with text. */
export interface Leaf extends Common {
  readonly kind: 'leaf';
  readonly source: LeafSource;
  readonly form: LeafForm;
  readonly repeats: boolean;
  /** Elements between `name` and the text, for `cac:AddressLine[]/cbc:Line`. */
  readonly inner: readonly ElementName[];
  readonly attributes: ReadonlyMap<string, string>;
}
/** An element that is an object of its own. */
export interface ObjectElement extends Common {
  readonly kind: 'object';
  readonly property: readonly string[];
  readonly repeats: boolean;
  readonly shape: ObjectShape;
  /** Constant child elements by which it is told from its namesakes. */
  readonly marks: readonly { readonly name: ElementName; readonly text: string }[];
}
export type Particle = Container | Leaf | ObjectElement;

/** The content of an object. */
export interface ObjectShape {
  readonly children: readonly Particle[];
  /** Properties that are required arrays: without any element they are empty, not missing. */
  readonly requiredArrays: readonly string[];
}

/** A whole document. */
export interface DocumentShape extends ObjectShape {
  readonly root: ElementName;
  /** Prefix to namespace; the empty prefix is the root's. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** Gives the schema in a file of `schemas/documents/`. */
export type SchemaReader = (file: string) => JsonObject;
interface Located {
  readonly file: string;
  readonly schema: JsonObject;
}
interface Entry extends Common {
  readonly steps: readonly string[];
  readonly json: JsonObject;
}

function text(value: JsonValue | undefined, what: string): string {
  if (typeof value !== 'string') throw new Error(`In the XML annotation ${what} must be a text.`);
  return value;
}

function textMap(value: JsonValue | undefined): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!isObject(value)) throw new Error('In the XML annotation attributes and namespaces must be objects.');
  return new Map(Object.entries(value).map(([name, each]) => [name, text(each, name)]));
}

class Compiler {
  readonly #read: SchemaReader;
  readonly #namespaces: ReadonlyMap<string, string>;
  readonly #shapes = new Map<JsonObject, ObjectShape>();

  constructor(read: SchemaReader, namespaces: ReadonlyMap<string, string>) {
    this.#read = read;
    this.#namespaces = namespaces;
  }

  name(step: string): ElementName {
    const qualified = step.endsWith('[]') ? step.slice(0, -2) : step;
    const colon = qualified.indexOf(':');
    const prefix = colon < 0 ? '' : qualified.slice(0, colon);
    const namespace = this.#namespaces.get(prefix);
    if (namespace === undefined) throw new Error(`The prefix of ${qualified} is not declared in the XML annotation.`);
    return { qualified, namespace, local: qualified.slice(colon + 1) };
  }

  /** Follows `$ref` to the schema that says something. */
  resolve(at: Located): Located {
    const reference = at.schema['$ref'];
    if (typeof reference !== 'string') return at;
    const [file = '', path = ''] = reference.split('#');
    const target = file === '' ? at.file : file;
    let schema: JsonValue | undefined = this.#read(target);
    for (const segment of path.split('/').slice(1)) schema = isObject(schema) ? schema[segment] : undefined;
    if (!isObject(schema)) throw new Error(`${reference} leads nowhere.`);
    return this.resolve({ file: target, schema });
  }

  #parts(at: Located): readonly Located[] {
    const all = at.schema['allOf'];
    if (!isArray(all)) return [at];
    const below = all.filter(isObject).flatMap((schema) => this.#parts(this.resolve({ file: at.file, schema })));
    return [at, ...below];
  }

  property(at: Located, path: readonly string[]): Located {
    let found = at;
    for (const segment of path) {
      const next = this.#parts(found)
        .map((part) => ({ file: part.file, properties: part.schema['properties'] }))
        .map(({ file, properties }) => ({ file, schema: isObject(properties) ? properties[segment] : undefined }))
        .find(({ schema }) => schema !== undefined);
      if (next === undefined || !isObject(next.schema)) throw new Error(`No property ${path.join('/')} in the schema.`);
      found = this.resolve({ file: next.file, schema: next.schema });
    }
    return found;
  }

  shape(at: Located): ObjectShape {
    const known = this.#shapes.get(at.schema);
    if (known !== undefined) return known;
    const annotation = at.schema['xml'];
    const sequence = isObject(annotation) ? annotation['sequence'] : undefined;
    if (!isArray(sequence)) throw new Error('An object that is written to XML has no sequence.');
    const entries = sequence.filter(isObject).map((json) => this.#entry(json));
    const required = this.#parts(at).flatMap(({ schema }) => {
      const names = schema['required'];
      return isArray(names) ? names.filter((name) => typeof name === 'string') : [];
    });
    const shape: ObjectShape = {
      children: this.#group(at, entries, 0),
      requiredArrays: required.filter((name) => this.property(at, [name]).schema['type'] === 'array'),
    };
    this.#shapes.set(at.schema, shape);
    return shape;
  }

  #entry(json: JsonObject): Entry {
    const steps = text(json['path'], 'path').split('/');
    const conditions = json['when'];
    const when = isObject(conditions)
      ? new Map(
          Object.entries(conditions).map(([name, values]) => [
            name,
            isArray(values) ? values.map((value) => text(value, 'when')) : [],
          ]),
        )
      : undefined;
    return { steps, json, when, name: this.name(steps[0] ?? '') };
  }

  /** Merges neighbours that begin with the same step; a step that ends a path or repeats stands alone. */
  #group(at: Located, entries: readonly Entry[], depth: number): readonly Particle[] {
    const particles: Particle[] = [];
    for (let index = 0; index < entries.length; ) {
      const first = entries[index];
      if (first === undefined) break;
      const step = first.steps[depth] ?? '';
      index += 1;
      if (depth === first.steps.length - 1 || step.endsWith('[]')) {
        particles.push(this.#end(at, first, depth));
        continue;
      }
      const together = [first];
      for (let next = entries[index]; next?.steps[depth] === step; next = entries[index]) {
        if (depth === next.steps.length - 1) break;
        together.push(next);
        index += 1;
      }
      const children = this.#group(at, together, depth + 1);
      const optional = children.some((child) =>
        child.kind === 'container' ? child.optional : child.kind === 'object' || child.source.kind === 'property',
      );
      particles.push({ kind: 'container', name: this.name(step), when: undefined, children, optional });
    }
    return particles;
  }

  #end(at: Located, entry: Entry, depth: number): Particle {
    const step = entry.steps[depth] ?? '';
    const repeats = step.endsWith('[]');
    const inner = entry.steps.slice(depth + 1).map((each) => this.name(each));
    const common = { name: this.name(step), when: entry.when, repeats };
    const leaf = { ...common, kind: 'leaf', inner, attributes: textMap(entry.json['attributes']) } as const;
    const { constant, same } = entry.json;
    if (typeof constant === 'string') {
      return { ...leaf, source: { kind: 'constant', text: constant }, form: { kind: 'text' } };
    }
    if (typeof same === 'string') {
      const segments = same.split('/').slice(1);
      return { ...leaf, source: { kind: 'same', segments, pointer: same }, form: { kind: 'text' } };
    }
    const property = text(entry.json['property'], 'property').split('/');
    let target = this.property(at, property);
    if (repeats) {
      const items = target.schema['items'];
      if (!isObject(items)) throw new Error(`${property.join('/')} repeats in the XML but is no array.`);
      target = this.resolve({ file: target.file, schema: items });
    }
    const source = { kind: 'property', property } as const;
    const type = target.schema['type'];
    if (type === 'integer') return { ...leaf, source, form: { kind: 'integer' } };
    if (type !== 'object') return { ...leaf, source, form: { kind: 'text' } };
    const annotation = target.schema['xml'];
    if (isObject(annotation) && typeof annotation['text'] === 'string') {
      const attributes = textMap(annotation['attributes']);
      return { ...leaf, source, form: { kind: 'attributed', text: annotation['text'], attributes } };
    }
    const shape = this.shape(target);
    const marks = shape.children.flatMap((child) =>
      child.kind === 'leaf' && child.source.kind === 'constant' ? [{ name: child.name, text: child.source.text }] : [],
    );
    return { ...common, kind: 'object', property, shape, marks };
  }
}

/**
 * Compiles the schema of a document to the particles of its XML.
 * @throws Error when the annotations contradict the schema; this shows at start
 */
export function compileDocument(file: string, read: SchemaReader): DocumentShape {
  const schema = read(file);
  const annotation = schema['xml'];
  if (!isObject(annotation)) throw new Error(`${file} has no XML annotation.`);
  const namespaces = textMap(annotation['namespaces']);
  const compiler = new Compiler(read, namespaces);
  const shape = compiler.shape({ file, schema });
  return { ...shape, root: compiler.name(text(annotation['element'], 'element')), namespaces };
}
