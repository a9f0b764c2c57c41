import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts';

/** An element that holds a text, and attributes with it. */
export interface TextShape {
  readonly kind: 'text';
  /** Attributes that may stand with the text, in the order in which they are written. */
  readonly attributes: readonly string[];
  /** Whether the JSON form is an object also without attributes. */
  readonly isObject: boolean;
  readonly schema: JsonObject;
}

/** An element that holds others, in this order. */
export interface ElementsShape {
  readonly kind: 'elements';
  readonly places: readonly Place[];
  /** Index in `places` by `expandedName`. */
  readonly byName: ReadonlyMap<string, number>;
  readonly byProperty: ReadonlyMap<string, Place>;
  readonly schema: JsonObject;
}

/** Where an element stands in its parent. */
export interface Place {
  readonly expanded: string;
  readonly local: string;
  /** With the prefix that is used in writing and in XPaths. */
  readonly qualified: string;
  readonly property: string;
  readonly repeats: boolean;
  /** Most entries, where it repeats; undefined where there is no end. */
  readonly most: number | undefined;
  readonly shape: TextShape | ElementsShape;
}

/** A whole document of the WCO vocabularies. */
export interface WcoShape {
  readonly root: Place;
  readonly elements: ElementsShape;
  /** Prefix to namespace. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** Namespace to prefix. */
  readonly prefixes: ReadonlyMap<string, string>;
  /** Every element that the vocabularies have: namespace, then local name, to expanded name. */
  readonly names: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** A name with its namespace as one text. */
export function expandedName(namespace: string, local: string): string {
  return `{${namespace}}${local}`;
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw new Error('The XML annotation of a WCO schema lacks a text.');
  return value;
}

function object(value: JsonValue | undefined): JsonObject {
  if (!isObject(value)) throw new Error('A WCO schema lacks an object.');
  return value;
}

/** Compiles a schema that `schemas/generate-declaration.ts` made to the shape of its XML. */
export function compileWcoShape(schema: JsonObject): WcoShape {
  const definitions = object(schema['$defs']);
  const annotation = object(schema['xml']);
  const namespaces = new Map(Object.entries(object(annotation['namespaces'])).map(([name, uri]) => [name, text(uri)]));
  const known = new Map<JsonObject, TextShape | ElementsShape>();
  const names = new Map<string, Map<string, string>>();

  function resolved(value: JsonValue | undefined): JsonObject {
    const found = object(value);
    const reference = found['$ref'];
    return typeof reference === 'string' ? object(definitions[reference.slice('#/$defs/'.length)]) : found;
  }

  function named(prefix: string, local: string): string {
    const namespace = text(namespaces.get(prefix));
    const expanded = expandedName(namespace, local);
    const held = names.get(namespace);
    if (held === undefined) names.set(namespace, new Map([[local, expanded]]));
    else held.set(local, expanded);
    return expanded;
  }

  function place(path: string, property: string, value: JsonValue | undefined): Place {
    const repeats = path.endsWith('[]');
    const qualified = repeats ? path.slice(0, -2) : path;
    const [prefix = '', local = ''] = qualified.split(':');
    const list = object(value);
    const most = list['maxItems'];
    const shape = shapeOf(resolved(repeats ? list['items'] : list));
    return {
      expanded: named(prefix, local),
      local,
      qualified,
      property,
      repeats,
      most: typeof most === 'number' ? most : undefined,
      shape,
    };
  }

  function elements(of: JsonObject): ElementsShape {
    const sequence = object(of['xml'])['sequence'];
    const properties = object(of['properties']);
    const places = (isArray(sequence) ? sequence : []).map((each) => {
      const { path, property } = object(each);
      return place(text(path), text(property), properties[text(property)]);
    });
    const byName = new Map(places.map(({ expanded }, index) => [expanded, index]));
    const byProperty = new Map(places.map((each) => [each.property, each]));
    return { kind: 'elements', places, byName, byProperty, schema: of };
  }

  function shapeOf(of: JsonObject): TextShape | ElementsShape {
    const held = known.get(of);
    if (held !== undefined) return held;
    const xml = of['xml'];
    let shape: TextShape | ElementsShape;
    if (isObject(xml) && isArray(xml['sequence'])) shape = elements(of);
    else {
      const attributes = isObject(xml) ? Object.keys(object(xml['attributes'])) : [];
      shape = { kind: 'text', attributes, isObject: of['type'] === 'object', schema: of };
    }
    known.set(of, shape);
    return shape;
  }

  const whole = elements(schema);
  const qualified = text(annotation['element']);
  const [prefix = '', local = ''] = qualified.split(':');
  const expanded = named(prefix, local);
  return {
    root: { expanded, local, qualified, property: '', repeats: false, most: undefined, shape: whole },
    elements: whole,
    namespaces,
    prefixes: new Map([...namespaces].map(([name, uri]) => [uri, name])),
    names,
  };
}
