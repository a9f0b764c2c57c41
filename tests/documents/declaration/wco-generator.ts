import type { ElementsShape, Place, TextShape, WcoShape } from '../../../src/documents/declaration/wco-shape.ts';
import type { JsonObject } from '../../../src/documents/json.ts';
import { isArray, isObject } from '../../../src/documents/json.ts';

/** An element before it is written. */
export interface Node {
  namespace: string;
  local: string;
  attributes: [string, string][];
  children: Node[];
  /** Only where there are no children. */
  text: string;
  readonly hasElements: boolean;
}

/** Numbers from a seed, the same ones every time (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  number(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  is(percent: number): boolean {
    return this.number(100) < percent;
  }

  of<T>(values: readonly T[]): T {
    const value = values[this.number(values.length)];
    if (value === undefined) throw new Error('Nothing to choose from.');
    return value;
  }
}

const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 18, 35, 50, 70, 256, 512];

/** Texts at the edges of what XML Schema's types accept. */
export const TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\t',
    '\n',
    'a',
    ' a',
    'a ',
    ' a  b ',
    '\na\n',
    'a\nb',
    'a\rb',
    'a\tb',
    '&<>"\'',
    ']]>',
    '&amp;',
    '<!--',
  ],
  ...['é', '😀', '😀😀😀', '\u00a0', '\u2028', '\u0085', 'A\u0301', '\ufeff', 'ไทย', 'tiếng Việt'],
  ...['1', '9', '13', '14', '0', '01', '1 3', ' 13 ', '00', '007', '1234', '12345', '123456', '99999999', '999999999'],
  ...['+1', '-1', '-0', '+', '-', '.', '1.', '.5', '-.5', '1.5', ' 1.5 ', '1.500000', '1.5000000', '0.0000001', '1e3'],
  ...['1234567890123456', '12345678901234567', '0001234567890123456', '1234567890123456.0', '123456789012345.6'],
  ...['1234567890.123456', '12345678901.123456', '0.000', '000.000', '1234567.12345', '12345678.12345', '1.2.3', 'INF'],
  ...['0.001', '0.0001', '0.00001', '0.000001', '12345.0', '123456.0', '99999', '100000', '1,5', '١', '1\n', '1 2'],
  ...['20240229', '20240229120000Z', '20240229120000+07', '20240229120000-0700', '19991231', '2024022912', ' 20240229'],
  ...['102', '304', '203', '102 ', 'GBP', 'gbp', 'GB', 'g', 'IM', 'IMA', 'INV', 'KGM', 'en', 'en-GB', 'x_y', '-en'],
  ...LENGTHS.flatMap((length) => [
    'x'.repeat(length),
    '7'.repeat(length),
    `${'x'.repeat(length - 1)} `,
    'é'.repeat(length),
  ]),
  ...LENGTHS.flatMap((length) => ['x'.repeat(length + 1), '7'.repeat(length + 1), ` ${'x'.repeat(length)}`]),
  ...LENGTHS.filter((length) => length > 2).map((length) => `x${' \n '.repeat(3)}${'y'.repeat(length - 2)}`),
];

function fits(text: string, schema: JsonObject): boolean {
  const { pattern, maxLength, minLength, enum: choices } = schema;
  const length = [...text].length;
  if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(text)) return false;
  if (typeof maxLength === 'number' && length > maxLength) return false;
  if (typeof minLength === 'number' && length < minLength) return false;
  return !isArray(choices) || choices.includes(text);
}

const fitting = new Map<string, readonly string[]>();

function fittingTexts(schema: JsonObject): readonly string[] {
  const { pattern, maxLength, minLength, enum: choices } = schema;
  const key = JSON.stringify([pattern, maxLength, minLength, choices]);
  const held = fitting.get(key) ?? TEXTS.filter((text) => fits(text, schema));
  fitting.set(key, held);
  return held;
}

/** Schema of an attribute or of the text itself. */
function propertyOf(shape: TextShape, name: string): JsonObject {
  const properties = shape.schema['properties'];
  const found = isObject(properties) ? properties[name] : undefined;
  return isObject(found) ? found : shape.schema;
}

function required(schema: JsonObject): readonly string[] {
  const names = schema['required'];
  return isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** Makes documents that a shape should accept, and changes of them that it may not. */
export class Generator {
  readonly #chance: Chance;
  readonly #shape: WcoShape;
  /** In percent: how often what may be missing is there. */
  readonly #fullness: number;

  constructor(shape: WcoShape, chance: Chance) {
    this.#shape = shape;
    this.#chance = chance;
    this.#fullness = chance.of([3, 8, 15, 25]);
  }

  #text(place: Place, shape: TextShape): Node {
    const chance = this.#chance;
    const attributes = shape.attributes
      .filter((name) => required(shape.schema).includes(name) || chance.is(6))
      .map((name): [string, string] => [name, this.#attribute(propertyOf(shape, name), name)]);
    return {
      ...this.#named(place),
      attributes,
      text: chance.of(fittingTexts(propertyOf(shape, 'value'))),
      hasElements: false,
    };
  }

  /** Of addresses only such as both judges take: whether any text is one, they see differently. */
  #attribute(schema: JsonObject, name: string): string {
    return name.endsWith('URI') ? 'urn:x' : this.#chance.of(fittingTexts(schema));
  }

  #named({ expanded, local }: Place): Pick<Node, 'namespace' | 'local' | 'children'> {
    return { namespace: expanded.slice(1, expanded.indexOf('}')), local, children: [] };
  }

  #elements(place: Place, shape: ElementsShape): Node {
    const chance = this.#chance;
    const children: Node[] = [];
    for (const each of shape.places) {
      if (!required(shape.schema).includes(each.property) && !chance.is(this.#fullness)) continue;
      const count = each.repeats ? 1 + chance.number(3) : 1;
      for (let index = 0; index < count; index += 1) children.push(this.#place(each));
    }
    return { ...this.#named(place), attributes: [], children, text: '', hasElements: true };
  }

  #place(place: Place): Node {
    return place.shape.kind === 'text' ? this.#text(place, place.shape) : this.#elements(place, place.shape);
  }

  document(): Node {
    return this.#place(this.#shape.root);
  }
}

/** All elements of a tree. */
export function all(node: Node): readonly Node[] {
  return [node, ...node.children.flatMap(all)];
}

/** Changes one thing; what the schemas say of the result is for them to agree on. */
export function mutate(root: Node, chance: Chance): string {
  const nodes = all(root);
  const parents = nodes.filter(({ children }) => children.length > 0);
  const leaves = nodes.filter(({ hasElements }) => !hasElements);
  const parent = chance.of(parents);
  const index = chance.number(parent.children.length);
  const child = parent.children[index];
  if (child === undefined) return 'nothing';
  const kind = chance.of([
    'remove',
    'repeat',
    'swap',
    'rename',
    'namespace',
    'attribute',
    'text',
    'text',
    'text',
    'stray',
    'drop',
  ]);
  switch (kind) {
    case 'remove':
      parent.children.splice(index, 1);
      break;
    case 'repeat':
      parent.children.splice(index, 0, structuredClone(child));
      break;
    case 'swap': {
      const other = chance.number(parent.children.length);
      const second = parent.children[other];
      if (second !== undefined) [parent.children[index], parent.children[other]] = [second, child];
      break;
    }
    case 'rename':
      child.local = chance.of([`${child.local}x`, child.local.toLowerCase(), 'ID', 'TypeCode', 'Declaration']);
      break;
    case 'namespace':
      child.namespace = chance.of(['', 'urn:x', root.namespace, parent.namespace]);
      break;
    case 'attribute':
      child.attributes = [...child.attributes.filter(([name]) => name !== 'unitCode'), ['unitCode', 'KGM']];
      break;
    case 'stray':
      parent.children.splice(index, 0, { ...structuredClone(child), children: [], text: 'x', attributes: [] });
      break;
    case 'drop':
      child.attributes = [];
      break;
    default: {
      if (leaves.length === 0) return 'nothing';
      const leaf = chance.of(leaves);
      const attribute = leaf.attributes.find(([name]) => !name.endsWith('URI') && name !== 'languageID');
      if (attribute !== undefined && chance.is(30)) attribute[1] = chance.of(TEXTS);
      else leaf.text = chance.of(TEXTS);
    }
  }
  return kind;
}

function escaped(text: string, chance: Chance): string {
  return [...text]
    .map((character) => {
      if ('&<>"\r\n\t\''.includes(character) || chance.is(2)) {
        const code = character.codePointAt(0) ?? 0;
        return chance.is(50) ? `&#${code};` : `&#x${code.toString(16)};`;
      }
      return character;
    })
    .join('');
}

function content(text: string, chance: Chance): string {
  const cut = text.length > 1 && chance.is(10) ? chance.number(text.length) : 0;
  const isWhole = text.slice(0, cut).isWellFormed();
  if (cut > 0 && isWhole)
    return (
      content(text.slice(0, cut), chance) +
      chance.of(['<!-- x -->', '<?x y?>', '<!---->']) +
      content(text.slice(cut), chance)
    );
  if (text !== '' && chance.is(8) && !/[\r]|\]\]>/.test(text)) return `<![CDATA[${text}]]>`;
  if (chance.is(30))
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
  return escaped(text, chance);
}

/** Writes a tree as XML in one of the many ways in which one may write it. */
export function written(node: Node, chance: Chance, outer: ReadonlyMap<string, string> = new Map()): string {
  const scope = new Map(outer);
  let prefix = [...scope].find(([, namespace]) => namespace === node.namespace)?.[0];
  let declarations = '';
  if (node.namespace === '') {
    if ((scope.get('') ?? '') !== '') declarations = ' xmlns=""';
    scope.set('', '');
    prefix = '';
  } else if (prefix === undefined || chance.is(5)) {
    prefix = chance.of(['', 'a', 'b', 'p1', 'xsi2']);
    declarations = ` xmlns${prefix === '' ? '' : `:${prefix}`}=${chance.of(['"', "'"])}${node.namespace}`;
    declarations += declarations.includes('"') ? '"' : "'";
    scope.set(prefix, node.namespace);
  }
  const name = prefix === '' ? node.local : `${prefix}:${node.local}`;
  const attributes = node.attributes
    .map(([key, value]) => ` ${key}="${escaped(value, chance)}"`)
    .join(chance.of(['', ' ', '\n']));
  const space = (): string =>
    node.hasElements ? chance.of(['', '', '\n  ', ' ', '<!-- - -->', '<!---> -->', '<?pi x?>']) : '';
  const inner =
    node.children.length > 0
      ? `${space()}${node.children.map((child) => written(child, chance, scope)).join(space())}${space()}`
      : content(node.text, chance);
  const tag = `${name}${declarations}${attributes}${chance.of(['', ' ', '\n'])}`;
  if (inner === '' && chance.is(50)) return `<${tag}/>`;
  return `<${tag}>${inner}</${name}${chance.of(['', ' '])}>`;
}
