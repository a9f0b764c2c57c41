import { actorOfEvent } from '../../access/actor.ts';
import { type Firm, listFirms, registerFirm } from '../../access/firms.ts';
import type { JsonObject } from '../../documents/json.ts';
import { bodyObject, objectAt, textOf } from '../body.ts';
import type { Route } from '../route.ts';
import { COUNTRY, ID, LINE, listOf, objectOf } from './shapes.ts';

const NEW_FIRM = {
  name: LINE,
  identifier: objectOf({
    scheme: { type: 'string', pattern: '^[A-Z]{2}:[A-Z0-9-]{1,20}$', says: 'a register, such as TH:TIN' },
    value: { type: 'string', pattern: '^[A-Za-z0-9./-]{1,40}$', says: '1 to 40 letters, digits, points, hyphens' },
  }),
  country: COUNTRY,
};
const FIRM = objectOf({ id: ID, ...NEW_FIRM });

function firmJson(firm: Firm): JsonObject {
  const { scheme, value } = firm.identifier;
  return { id: firm.id, name: firm.name, identifier: { scheme, value }, country: firm.country };
}

/** The register of firms that use this node. */
export function firmRoutes(): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/firms',
      operationId: 'registerFirm',
      summary: 'Register a firm',
      tag: 'People and firms',
      right: 'firm.manage',
      requestBody: objectOf(NEW_FIRM),
      replies: { 201: { description: 'Registered.', schema: FIRM } },
      async handle({ actor, body, now, transaction }) {
        const wanted = bodyObject(body);
        const identifier = objectAt(wanted, 'identifier');
        const firm = await registerFirm(
          transaction,
          {
            name: textOf(wanted, 'name'),
            identifier: { scheme: textOf(identifier, 'scheme'), value: textOf(identifier, 'value') },
            country: textOf(wanted, 'country'),
          },
          { actor: actorOfEvent(actor), now },
        );
        return { status: 201, json: firmJson(firm) };
      },
    },
    {
      method: 'GET',
      path: '/api/firms',
      operationId: 'listFirms',
      summary: 'Firms by name, 500 at a time',
      tag: 'People and firms',
      right: 'firm.read',
      query: { after: { ...LINE, description: 'Name of the last firm you have.' } },
      replies: { 200: { description: 'Firms.', schema: listOf(FIRM) } },
      async handle({ query, transaction }) {
        return { status: 200, json: { items: (await listFirms(transaction, query['after'])).map(firmJson) } };
      },
    },
  ];
}
