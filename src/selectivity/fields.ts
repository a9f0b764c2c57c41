import type {
  DeclarationFacts,
  DocumentFacts,
  ItemFacts,
  PreviousDocumentFacts,
  ValuationCharge,
} from '../documents/declaration/facts.ts';

/** What a field holds, which says how it can be compared. */
export type FieldKind = 'text' | 'decimal' | 'yes-no';

/** The shape of a value: a field, named fields, or a list of entries of one shape. */
export type Shape = FieldKind | ListShape | { readonly [name: string]: Shape };
export type ListShape = { readonly entries: Shape; readonly isList: true };

function listOf(entries: Shape): ListShape {
  return { entries, isList: true };
}

const PARTY = { id: 'text', name: 'text', country: 'text' } as const;
const MEASURE = { value: 'decimal', unit: 'text' } as const;
const AMOUNT = { amount: 'decimal', currency: 'text' } as const;
const DOCUMENT = {
  category: 'text',
  type: 'text',
  id: 'text',
  exemption: 'text',
  quantity: MEASURE,
} as const satisfies { readonly [name in keyof Omit<DocumentFacts, 'pointer'>]: Shape };

const CHARGE = {
  type: 'text',
  amount: AMOUNT,
} as const satisfies { readonly [name in keyof Omit<ValuationCharge, 'pointer'>]: Shape };

const PREVIOUS_DOCUMENT = {
  category: 'text',
  type: 'text',
  id: 'text',
  item: 'text',
} as const satisfies { readonly [name in keyof Omit<PreviousDocumentFacts, 'pointer'>]: Shape };

const CERTIFICATE_USE = {
  itemSequence: 'decimal',
  certificateNumber: 'text',
  certificateItem: 'decimal',
  quantity: MEASURE,
  /** awaited, reserved, written-off, given-back, refused. */
  state: 'text',
  code: 'text',
} as const;

/** Amounts are in the currency of the country; what could not be computed is not there. */
const DUTY = {
  /** Whether both duties could be computed. */
  computed: 'yes-no',
  claimed: 'decimal',
  mostFavouredNation: 'decimal',
  /** Duty at stake: without preference less than as claimed. */
  difference: 'decimal',
} as const;

const ITEM_FACTS = {
  sequence: 'decimal',
  description: 'text',
  commodityCode: 'text',
  originCountry: 'text',
  preferentialOriginCountry: 'text',
  customsProcedure: 'text',
  preferenceCode: 'text',
  valuationMethod: 'text',
  charges: listOf(CHARGE),
  customsValue: AMOUNT,
  statisticalValue: AMOUNT,
  invoiceAmount: AMOUNT,
  netMass: MEASURE,
  grossMass: MEASURE,
  tariffQuantity: MEASURE,
  packageCount: 'decimal',
  previousDocuments: listOf(PREVIOUS_DOCUMENT),
  documents: listOf(DOCUMENT),
} as const satisfies { readonly [name in keyof Omit<ItemFacts, 'pointer' | 'preferencePointer'>]: Shape };

const DECLARATION = {
  message: 'text',
  functionCode: 'text',
  reason: 'text',
  changeReasonCodes: listOf('text'),
  typeCode: 'text',
  procedure: 'text',
  lodgedAhead: 'yes-no',
  localReference: 'text',
  movementReference: 'text',
  consignmentReference: 'text',
  office: 'text',
  declarant: PARTY,
  agent: PARTY,
  importer: PARTY,
  consignee: PARTY,
  exporter: PARTY,
  seller: PARTY,
  buyer: PARTY,
  exportCountry: 'text',
  destinationCountry: 'text',
  borderTransportMode: 'text',
  arrivalTransport: 'text',
  goodsLocation: 'text',
  containers: listOf('text'),
  tradeTerms: { condition: 'text', place: 'text' },
  charges: listOf(CHARGE),
  invoiceAmount: AMOUNT,
  totalGrossMass: MEASURE,
  totalPackages: 'decimal',
  declaredItemCount: 'decimal',
  previousDocuments: listOf(PREVIOUS_DOCUMENT),
  documents: listOf(DOCUMENT),
} as const satisfies { readonly [name in keyof Omit<DeclarationFacts, 'items'>]: Shape };

/** Every field that a condition can name, from the root of the case (case.ts). */
export const CASE_SHAPE: Shape = {
  declaration: DECLARATION,
  /** The goods items of the declaration, each with its duty and the certificates it refers to. */
  items: listOf({
    ...ITEM_FACTS,
    duty: { ...DUTY, agreement: 'text', customsValue: 'decimal' },
    certificates: listOf(CERTIFICATE_USE),
  }),
  itemCount: 'decimal',
  duty: { ...DUTY, currency: 'text', itemsNotComputed: 'decimal' },
  certificates: listOf(CERTIFICATE_USE),
  trader: { firm: 'text', authorised: 'yes-no' },
  office: 'text',
};

export function isListShape(shape: Shape): shape is ListShape {
  return typeof shape === 'object' && shape['isList'] === true;
}

/**
 * What a path leads to; undefined when there is nothing of that name.
 * @param entry shape of the entry at hand, where the path stands within `some` or `every`
 */
export function shapeAt(path: string, entry: Shape | undefined): Shape | undefined {
  const [first = '', ...rest] = path.split('.');
  let shape: Shape | undefined = first === 'this' ? entry : memberOf(CASE_SHAPE, first);
  for (const name of rest) shape = memberOf(shape, name);
  return shape;
}

function memberOf(shape: Shape | undefined, name: string): Shape | undefined {
  if (typeof shape !== 'object' || isListShape(shape)) return undefined;
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** Every path of the case with its kind, for people who write rules; entries of a list are named `…[]`. */
export function describeFields(shape: Shape = CASE_SHAPE, path = ''): { path: string; kind: FieldKind | 'list' }[] {
  if (typeof shape === 'string') return [{ path, kind: shape }];
  if (isListShape(shape)) return [{ path, kind: 'list' }, ...describeFields(shape.entries, `${path}[]`)];
  return Object.entries(shape).flatMap(([name, member]) =>
    describeFields(member, path === '' ? name : `${path}.${name}`),
  );
}
