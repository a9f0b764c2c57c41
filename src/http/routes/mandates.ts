import { grantMandate, listMandates, type Mandate, revokeMandate } from '../../access/mandates.ts';
import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { bodyObject, momentOf, textOf } from '../body.ts';
import type { Route } from '../route.ts';
import { ID, LINE, listOf, MOMENT, objectOf, orNull } from './shapes.ts';

const MANDATE = objectOf({
  id: ID,
  principalFirmId: ID,
  principalName: LINE,
  brokerFirmId: ID,
  brokerName: LINE,
  validFrom: MOMENT,
  validUntil: MOMENT,
  revokedAt: orNull(MOMENT),
});

function mandateJson(mandate: Mandate): JsonObject {
  return {
    id: mandate.id,
    principalFirmId: mandate.principalFirmId,
    principalName: mandate.principalName,
    brokerFirmId: mandate.brokerFirmId,
    brokerName: mandate.brokerName,
    validFrom: mandate.validFrom.toISOString(),
    validUntil: mandate.validUntil.toISOString(),
    revokedAt: mandate.revokedAt?.toISOString() ?? null,
  };
}

/** Mandates: a firm lets a broker act for it, for a time. */
export function mandateRoutes(): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/mandates',
      operationId: 'grantMandate',
      summary: 'Let a broker act for a firm',
      description: 'A trader grants for their own firm, and may leave principalFirmId out; officials say for which.',
      tag: 'People and firms',
      right: 'mandate.manage',
      requestBody: objectOf({ principalFirmId: ID, brokerFirmId: ID, validFrom: MOMENT, validUntil: MOMENT }, [
        'principalFirmId',
        'validFrom',
      ]),
      replies: { 201: { description: 'Granted.', schema: MANDATE } },
      async handle({ actor, body, now, transaction }) {
        const wanted = bodyObject(body);
        const principalFirmId =
          wanted['principalFirmId'] === undefined ? actor.firmId : textOf(wanted, 'principalFirmId');
        if (principalFirmId === null)
          throw new Refusal('invalid', 'MANDATE-FIRM-UNKNOWN', 'Say for which firm: principalFirmId is missing.');
        const mandate = await grantMandate(
          transaction,
          actor,
          {
            principalFirmId,
            brokerFirmId: textOf(wanted, 'brokerFirmId'),
            validFrom: wanted['validFrom'] === undefined ? now : momentOf(wanted, 'validFrom'),
            validUntil: momentOf(wanted, 'validUntil'),
          },
          now,
        );
        return { status: 201, json: mandateJson(mandate), location: `/api/mandates/${mandate.id}` };
      },
    },
    {
      method: 'GET',
      path: '/api/mandates',
      operationId: 'listMandates',
      summary: 'Mandates that your firm gave or has; officials see all',
      tag: 'People and firms',
      right: 'mandate.read',
      replies: { 200: { description: 'Newest first.', schema: listOf(MANDATE) } },
      async handle({ actor, transaction }) {
        return { status: 200, json: { items: (await listMandates(transaction, actor)).map(mandateJson) } };
      },
    },
    {
      method: 'DELETE',
      path: '/api/mandates/:id',
      operationId: 'revokeMandate',
      summary: 'Revoke a mandate, at once and for good',
      tag: 'People and firms',
      right: 'mandate.manage',
      params: { id: ID },
      replies: { 204: { description: 'Revoked.' } },
      async handle({ actor, params, now, transaction }) {
        await revokeMandate(transaction, actor, params['id'] ?? '', now);
        return { status: 204 };
      },
    },
  ];
}
