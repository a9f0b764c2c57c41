import { inventPassword } from '../../access/passwords.ts';
import { changePerson, employPerson, listPeople, type Person, readPerson } from '../../access/people.ts';
import { isRole, ROLES, type Role } from '../../access/rights.ts';
import type { JsonObject } from '../../documents/json.ts';
import { Refusal } from '../../documents/refusal.ts';
import { bodyObject, textOf, textOrNull } from '../body.ts';
import type { Route } from '../route.ts';
import { ID, LINE, listOf, objectOf, orNull } from './shapes.ts';
import type { AccessParts } from './sign-in.ts';

const USERNAME: JsonObject = {
  type: 'string',
  pattern: '^[a-z0-9][a-z0-9._@-]{1,63}$',
  says: 'a user name of 2 to 64 small letters, digits and . _ @ -',
};
const ROLE: JsonObject = { type: 'string', enum: ROLES };
const BELONGING = { role: ROLE, firmId: orNull(ID), office: orNull(LINE) };
const NEW_PERSON = objectOf({ username: USERNAME, name: LINE, ...BELONGING }, ['firmId', 'office']);
const CHANGE = objectOf({ ...BELONGING, active: { type: 'boolean' } }, ['firmId', 'office', 'active']);

const PERSON_PROPERTIES = {
  id: ID,
  username: USERNAME,
  name: LINE,
  ...BELONGING,
  firmName: orNull(LINE),
  active: { type: 'boolean' },
  version: { type: 'integer' },
};
const PERSON = objectOf(PERSON_PROPERTIES);
const ENTERED = objectOf(
  { ...PERSON_PROPERTIES, password: { type: 'string', description: 'The first password; shown this once, not kept.' } },
  ['password'],
);

function personJson(person: Person): JsonObject {
  return {
    id: person.id,
    username: person.username,
    name: person.name,
    role: person.role,
    firmId: person.firmId,
    firmName: person.firmName,
    office: person.office,
    active: person.active,
    version: person.version,
  };
}

function roleIn(body: JsonObject): Role {
  const role = textOf(body, 'role');
  if (!isRole(role)) throw new Refusal('invalid', 'BODY-INVALID', 'There is no such role.');
  return role;
}

/** The people of this node. */
export function peopleRoutes({ identities }: AccessParts): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/people',
      operationId: 'enterPerson',
      summary: 'Enter a person, with a first password that is shown once',
      description: 'An operator enters anybody; a supervisor anybody but supervisors and operators.',
      tag: 'People and firms',
      right: 'person.manage',
      requestBody: NEW_PERSON,
      replies: { 201: { description: 'Entered; hand the first password over in person.', schema: ENTERED } },
      async handle({ actor, body, now, transaction }) {
        const wanted = bodyObject(body);
        const password = inventPassword();
        const person = await employPerson(
          transaction,
          actor,
          {
            username: textOf(wanted, 'username'),
            name: textOf(wanted, 'name'),
            role: roleIn(wanted),
            firmId: textOrNull(wanted, 'firmId'),
            office: textOrNull(wanted, 'office'),
            password,
          },
          now,
        );
        return {
          status: 201,
          json: personJson(person),
          shownOnce: { password },
          version: person.version,
          location: `/api/people/${person.id}`,
        };
      },
    },
    {
      method: 'GET',
      path: '/api/people',
      operationId: 'listPeople',
      summary: 'People by user name, 500 at a time',
      tag: 'People and firms',
      right: 'person.read',
      query: { after: { ...LINE, description: 'User name of the last person you have.' } },
      replies: { 200: { description: 'People.', schema: listOf(PERSON) } },
      async handle({ query, transaction }) {
        return { status: 200, json: { items: (await listPeople(transaction, query['after'])).map(personJson) } };
      },
    },
    {
      method: 'GET',
      path: '/api/people/:id',
      operationId: 'readPerson',
      summary: 'One person',
      tag: 'People and firms',
      right: 'person.read',
      params: { id: ID },
      replies: { 200: { description: 'The person; the ETag is their version.', schema: PERSON } },
      async handle({ params, transaction }) {
        const person = await readPerson(transaction, params['id'] ?? '');
        return { status: 200, json: personJson(person), version: person.version };
      },
    },
    {
      method: 'PUT',
      path: '/api/people/:id/role',
      operationId: 'changeRole',
      summary: 'Change what a person is here, or whether they are let in',
      description: 'Never your own. Their sessions and tokens end.',
      tag: 'People and firms',
      right: 'person.manage',
      params: { id: ID },
      ifMatch: 'required',
      requestBody: CHANGE,
      replies: { 200: { description: 'The person as they are now.', schema: PERSON } },
      async handle({ actor, params, body, ifMatch, now, transaction }) {
        const wanted = bodyObject(body);
        const change = {
          role: roleIn(wanted),
          firmId: textOrNull(wanted, 'firmId'),
          office: textOrNull(wanted, 'office'),
          active: wanted['active'] !== false,
        };
        const person = await changePerson(transaction, actor, params['id'] ?? '', ifMatch ?? 0, change, now);
        transaction.afterCommit(() => identities.forget(person.id));
        return { status: 200, json: personJson(person), version: person.version };
      },
    },
  ];
}
