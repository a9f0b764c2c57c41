import { isArray, isObject, type JsonObject } from '../../documents/json.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerView } from '../../ledger/view.ts';
import type { Reply, Route, RouteContext } from '../route.ts';
import { CERTIFICATE_STATES } from './issuance-schemas.ts';
import { COUNTRY, MOMENT, objectOf, WORDS } from './shapes.ts';

const QUANTITY: JsonObject = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,6})?$',
  says: 'a quantity as text with a point, such as "1250.5"',
};
const NUMBER: JsonObject = { type: 'integer', minimum: 1, maximum: 999, says: 'the number of an item, 1 to 999' };
const STANDING = { allotted: QUANTITY, setAside: QUANTITY, writtenOff: QUANTITY, left: QUANTITY } as const;
const LEDGER: JsonObject = objectOf({
  number: { type: 'string' },
  side: { type: 'string', enum: ['issuing', 'importing'] },
  state: { type: 'string', enum: CERTIFICATE_STATES },
  version: { type: 'integer' },
  items: {
    type: 'array',
    items: objectOf({
      itemNumber: NUMBER,
      unit: { type: 'string' },
      issued: QUANTITY,
      ...STANDING,
      countries: {
        type: 'array',
        items: objectOf({ country: COUNTRY, ...STANDING, reportedAt: MOMENT }, ['reportedAt']),
      },
    }),
  },
  uses: {
    type: 'array',
    items: objectOf(
      {
        itemNumber: NUMBER,
        quantity: QUANTITY,
        unit: { type: 'string' },
        state: { type: 'string', enum: ['awaited', 'reserved', 'written-off', 'given-back'] },
        country: COUNTRY,
        at: { type: 'string', description: 'Moment of the last change here, or day of the use as reported.' },
        movementReference: { type: 'string', description: 'Only for those who may see the declaration.' },
        certificateNumber: { type: 'string', description: 'The certificate issued back to back on this one.' },
      },
      ['movementReference', 'certificateNumber'],
    ),
  },
});
const PARTS: JsonObject = {
  type: 'array',
  minItems: 1,
  maxItems: 999,
  items: objectOf({ itemNumber: NUMBER, quantity: QUANTITY }),
  says: 'items with their quantities in the unit of the certificate',
};
const replies = { 200: { description: 'How the certificate stands.', schema: LEDGER } };

/** The ledger of certificates: what is allotted to which country, set aside, written off and left, and who changes it. */
export function ledgerRoutes(ledger: Ledger): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/certificates/:number/ledger',
      operationId: 'readCertificateLedger',
      summary: 'Read how much of a certificate is allotted, set aside, written off and left',
      description:
        'On the node that issued it: what each country was allotted and last reported. On a node that draws on it: its own allotment and the declarations that use it. Whoever sees the certificate sees quantities and dates; declarations are named to officials and to the firms whose they are.',
      tag: 'Certificates',
      right: 'ledger.read',
      replies,
      async handle(context) {
        return reply(await ledger.read(askedOf(context), numberOf(context)));
      },
    },
    {
      method: 'POST',
      path: '/api/certificates/:number/ledger/return',
      operationId: 'returnAllotment',
      summary: 'Give a part of an allotment back to the country that issued the certificate',
      description:
        'For the clearance officer of the importing country, when a certificate is to be used in another country as well: only what is neither set aside nor written off. The issuing country is told by a sealed message and can then allot it anew.',
      tag: 'Certificates',
      right: 'ledger.manage',
      requestBody: objectOf({ items: PARTS, reason: WORDS }),
      ifMatch: 'required',
      replies,
      async handle(context) {
        const { items, reason } = partsOf(context);
        const view = await ledger.returnAllotment(askedOf(context), numberOf(context), context.ifMatch ?? 0, {
          items,
          reason,
        });
        return reply(view);
      },
    },
    {
      method: 'POST',
      path: '/api/certificates/:number/ledger/allot',
      operationId: 'allotToCountry',
      summary: 'Allot to a country what of a certificate is allotted to nobody',
      description:
        'For the issuing officer. The country is sent the certificate with the grant, both sealed. All allotments together never exceed the certificate.',
      tag: 'Certificates',
      right: 'ledger.manage',
      requestBody: objectOf({ country: COUNTRY, items: PARTS, reason: WORDS }),
      ifMatch: 'required',
      replies,
      async handle(context) {
        const request = partsOf(context);
        return reply(await ledger.allot(askedOf(context), numberOf(context), context.ifMatch ?? 0, request));
      },
    },
  ];
}

function askedOf(context: RouteContext): Pick<RouteContext, 'transaction' | 'actor' | 'now'> {
  return { transaction: context.transaction, actor: context.actor, now: context.now };
}

function numberOf(context: RouteContext): string {
  return context.params['number'] ?? '';
}

/** The body after the framework has judged it by its schema. */
function partsOf({ body }: RouteContext): {
  items: { itemNumber: number; quantity: string }[];
  reason: string;
  country: string;
} {
  const content: JsonObject = isObject(body) ? body : {};
  const items = isArray(content['items']) ? content['items'] : [];
  return {
    items: items.flatMap((each) => {
      if (!isObject(each)) return [];
      const { itemNumber, quantity } = each;
      return typeof itemNumber === 'number' && typeof quantity === 'string' ? [{ itemNumber, quantity }] : [];
    }),
    reason: String(content['reason'] ?? ''),
    country: String(content['country'] ?? ''),
  };
}

function reply(view: LedgerView): Reply {
  return { status: 200, json: view, version: view.version };
}
