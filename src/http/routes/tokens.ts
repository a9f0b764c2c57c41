import { isRight, RIGHTS } from '../../access/rights.ts';
import { createToken, LONGEST_TOKEN_DAYS, listTokens, revokeToken, type Token } from '../../access/tokens.ts';
import { isArray, type JsonObject } from '../../documents/json.ts';
import { bodyObject, momentOf, textOf } from '../body.ts';
import type { Route } from '../route.ts';
import { ID, LINE, listOf, MOMENT, objectOf, orNull } from './shapes.ts';
import type { AccessParts } from './sign-in.ts';

const ONLY_RIGHTS: JsonObject = {
  type: ['array', 'null'],
  minItems: 1,
  uniqueItems: true,
  items: { type: 'string', enum: Object.keys(RIGHTS) },
  description: 'Narrower than the role of its person; null: every right of the role.',
};

const TOKEN_PROPERTIES = {
  id: ID,
  name: LINE,
  onlyRights: ONLY_RIGHTS,
  createdAt: MOMENT,
  expiresAt: MOMENT,
  lastUsedAt: orNull(MOMENT),
  revokedAt: orNull(MOMENT),
};
const TOKEN = objectOf(TOKEN_PROPERTIES);
const NEW_TOKEN = objectOf(
  { ...TOKEN_PROPERTIES, secret: { type: 'string', description: 'The token itself; shown this once, not kept.' } },
  ['secret'],
);

function tokenJson(token: Token): JsonObject {
  return {
    id: token.id,
    name: token.name,
    onlyRights: token.onlyRights,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt.toISOString(),
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
  };
}

/** Tokens for programs: each person makes and revokes their own. */
export function tokenRoutes({ identities }: AccessParts): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/tokens',
      operationId: 'createToken',
      summary: 'Make a token for a program that acts for you',
      description: `The secret, selat_…, is shown in this answer only, and not in a repetition of it. A token lasts at most ${LONGEST_TOKEN_DAYS} days.`,
      tag: 'Access',
      right: 'token.own',
      requestBody: objectOf({ name: LINE, expiresAt: MOMENT, onlyRights: ONLY_RIGHTS }, ['onlyRights']),
      replies: { 201: { description: 'Made; `secret` is the token.', schema: NEW_TOKEN } },
      async handle({ actor, body, now, transaction }) {
        const wanted = bodyObject(body);
        const rights = wanted['onlyRights'];
        const onlyRights = isArray(rights) ? rights.filter((right) => typeof right === 'string').filter(isRight) : null;
        const terms = { name: textOf(wanted, 'name'), expiresAt: momentOf(wanted, 'expiresAt'), onlyRights };
        const { token, secret } = await createToken(transaction, actor, terms, now);
        return { status: 201, json: tokenJson(token), shownOnce: { secret }, location: `/api/tokens/${token.id}` };
      },
    },
    {
      method: 'GET',
      path: '/api/tokens',
      operationId: 'listTokens',
      summary: 'Your tokens',
      tag: 'Access',
      right: 'token.own',
      replies: { 200: { description: 'Newest first.', schema: listOf(TOKEN) } },
      async handle({ actor, transaction }) {
        return { status: 200, json: { items: (await listTokens(transaction, actor)).map(tokenJson) } };
      },
    },
    {
      method: 'DELETE',
      path: '/api/tokens/:id',
      operationId: 'revokeToken',
      summary: 'Revoke one of your tokens, at once and for good',
      tag: 'Access',
      right: 'token.own',
      params: { id: ID },
      replies: { 204: { description: 'Revoked.' } },
      async handle({ actor, params, now, transaction }) {
        await revokeToken(transaction, actor, params['id'] ?? '', now);
        transaction.afterCommit(() => identities.forget(actor.personId));
        return { status: 204 };
      },
    },
  ];
}
