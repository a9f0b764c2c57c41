import { randomUUID } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';
import { appendEvent, type EventActor } from '../store/log.ts';
import type { Pool, Reader } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import { type Actor, actorOfEvent } from './actor.ts';
import { forgiveSignIn, refuseTooManyTries } from './guessing.ts';
import { checkNewPassword, hashPassword, passwordMatches } from './passwords.ts';
import { FIRM_ROLES, isRole, ROLES_ASSIGNED_BY, type Role } from './rights.ts';
import { endSessionsOf } from './sessions.ts';
import { revokeTokensOf } from './tokens.ts';

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly name: string;
  readonly role: Role;
  readonly firmId: string | null;
  readonly firmName: string | null;
  readonly office: string | null;
  readonly active: boolean;
  /** Counts up with every change. */
  readonly version: number;
}

/** What makes a person; firm for traders and brokers, office for officials who work in one. */
export interface NewPerson {
  readonly username: string;
  readonly name: string;
  readonly role: Role;
  readonly firmId: string | null;
  readonly office: string | null;
  readonly password: string;
}

interface PersonRow {
  id: string;
  username: string;
  name: string;
  role: string;
  firm_id: string | null;
  firm_name: string | null;
  office: string | null;
  active: boolean;
  version: number;
}

const SELECT = `select p.id, p.username, p.name, p.role, p.firm_id, f.name as firm_name, p.office, p.active, p.version
  from people p left join firms f on f.id = p.firm_id`;

function asPerson(row: PersonRow): Person {
  if (!isRole(row.role)) throw new Error(`the database has a role ${row.role} that this version does not know`);
  return {
    id: row.id,
    username: row.username,
    name: row.name,
    role: row.role,
    firmId: row.firm_id,
    firmName: row.firm_name,
    office: row.office,
    active: row.active,
    version: row.version,
  };
}

/** The one form in which a user name is kept and compared. */
export function plainUsername(typed: string): string {
  return typed.trim().normalize('NFKC').toLowerCase();
}

/** Everybody by user name, at most 500 from `after` on. */
export async function listPeople(reader: Reader, after = ''): Promise<Person[]> {
  const { rows } = await reader.query<PersonRow>({
    name: 'list-people',
    text: `${SELECT} where p.username > $1 order by p.username limit 500`,
    values: [after],
  });
  return rows.map(asPerson);
}

/** @throws a Refusal `PERSON-NOT-FOUND` */
export async function readPerson(reader: Reader, id: string): Promise<Person> {
  const { rows } = await reader.query<PersonRow>({
    name: 'read-person',
    text: `${SELECT} where p.id = $1`,
    values: [id],
  });
  if (rows[0] === undefined) throw new Refusal('not-found', 'PERSON-NOT-FOUND', 'There is no such person.');
  return asPerson(rows[0]);
}

function refuseUnlessAssignable(actor: Actor, ...roles: Role[]): void {
  const assignable = ROLES_ASSIGNED_BY[actor.role];
  const beyond = roles.filter((role) => !assignable.includes(role));
  if (beyond.length > 0)
    throw new Refusal(
      'not-allowed',
      'ROLE-NOT-YOURS-TO-GIVE',
      `As ${actor.role} you cannot give or take the role ${beyond.join(' or ')}.`,
    );
}

function refuseUnlessBelonging(person: Pick<NewPerson, 'role' | 'firmId' | 'office'>): void {
  const ofFirm = FIRM_ROLES.includes(person.role);
  if (ofFirm && (person.firmId === null || person.office !== null))
    throw new Refusal('invalid', 'PERSON-NEEDS-FIRM', `A ${person.role} belongs to a firm and to no office.`);
  if (!ofFirm && person.firmId !== null)
    throw new Refusal('invalid', 'PERSON-NEEDS-OFFICE', `A ${person.role} belongs to an office and to no firm.`);
}

/**
 * Enters a person; for the node's own use (first start, samples). People use {@link employPerson}.
 * @throws Refusals `PASSWORD-TOO-SHORT`, `PERSON-EXISTS`, `PERSON-NEEDS-FIRM`, `PERSON-NEEDS-OFFICE`, `FIRM-NOT-FOUND`
 */
export async function createPerson(
  transaction: Transaction,
  person: NewPerson,
  by: { readonly actor: EventActor; readonly now: Date },
): Promise<Person> {
  refuseUnlessBelonging(person);
  checkNewPassword(person.password);
  const password = await hashPassword(person.password);
  const id = randomUUID();
  const { rows } = await transaction.query<{ firm_known: boolean; inserted: boolean }>({
    name: 'insert-person',
    text: `with firm as (select id from firms where id = $5), entered as (
        insert into people (id, username, name, role, firm_id, office, password, created_at)
        select $1, $2, $3, $4, $5, $6, $7, $8 where $5::uuid is null or exists (select 1 from firm)
        on conflict (username) do nothing returning id)
      select $5::uuid is null or exists (select 1 from firm) as firm_known, exists (select 1 from entered) as inserted`,
    values: [
      id,
      plainUsername(person.username),
      person.name.normalize('NFC'),
      person.role,
      person.firmId,
      person.office,
      password,
      by.now,
    ],
  });
  if (rows[0]?.firm_known !== true) throw new Refusal('invalid', 'FIRM-NOT-FOUND', 'There is no such firm.');
  if (!rows[0].inserted)
    throw new Refusal('conflict', 'PERSON-EXISTS', 'Somebody has this user name already. Choose another one.');
  await appendEvent(transaction, {
    kind: 'person.entered',
    subject: id,
    actor: by.actor,
    occurredAt: by.now,
    data: { role: person.role, firmId: person.firmId, office: person.office },
  });
  return readPerson(transaction, id);
}

/** A person entered by another, who may give only the roles that the table lets them (threats P2). */
export async function employPerson(
  transaction: Transaction,
  actor: Actor,
  person: NewPerson,
  now: Date,
): Promise<Person> {
  refuseUnlessAssignable(actor, person.role);
  return createPerson(transaction, person, { actor: actorOfEvent(actor), now });
}

/** What may be changed of a person by another. */
export interface PersonChange {
  readonly role: Role;
  readonly firmId: string | null;
  readonly office: string | null;
  readonly active: boolean;
}

/**
 * Changes somebody's role, belonging, or whether they are let in. Their sessions and tokens end, so that nothing goes on
 * under the old role. Four eyes: nobody changes their own.
 * @throws Refusals `OWN-ROLE`, `ROLE-NOT-YOURS-TO-GIVE`, `PERSON-NOT-FOUND`, `CHANGED-MEANWHILE`
 */
export async function changePerson(
  transaction: Transaction,
  actor: Actor,
  id: string,
  version: number,
  change: PersonChange,
  now: Date,
): Promise<Person> {
  if (id === actor.personId)
    throw new Refusal(
      'not-allowed',
      'OWN-ROLE',
      'Nobody changes their own role. Ask another supervisor or operator to do it.',
    );
  const before = await readPerson(transaction, id);
  refuseUnlessAssignable(actor, before.role, change.role);
  refuseUnlessBelonging(change);
  const { rowCount } = await transaction.query({
    name: 'change-person',
    text: `update people set role = $3, firm_id = $4, office = $5, active = $6, version = version + 1
      where id = $1 and version = $2`,
    values: [id, version, change.role, change.firmId, change.office, change.active],
  });
  if (rowCount === 0)
    throw new Refusal(
      'changed-meanwhile',
      'CHANGED-MEANWHILE',
      `Somebody changed this person meanwhile: it is version ${before.version} now. Read it again, then decide.`,
    );
  await endSessionsOf(transaction, id);
  await revokeTokensOf(transaction, id, now);
  await appendEvent(transaction, {
    kind: 'person.changed',
    subject: id,
    actor: actorOfEvent(actor),
    occurredAt: now,
    // The firm too: who once belonged to one never decides on its applications (four eyes, threats P2).
    data: {
      fromRole: before.role,
      toRole: change.role,
      active: change.active,
      firmId: change.firmId,
      office: change.office,
    },
  });
  return readPerson(transaction, id);
}

/**
 * A person's new password, against the old one; every session of theirs ends. Not with a token: who steals one must not
 * be able to lock its person out. Wrong tries count as in signing in.
 * @throws Refusals `PASSWORD-BY-TOKEN`, `PASSWORD-WRONG`, `PASSWORD-TOO-SHORT`, `SIGN-IN-TOO-MANY`
 */
export async function changePassword(
  pool: Pool,
  actor: Actor,
  passwords: { readonly current: string; readonly wanted: string },
  address: string,
  now: Date,
): Promise<void> {
  if (actor.via === 'token')
    throw new Refusal('not-allowed', 'PASSWORD-BY-TOKEN', 'Sign in with your password to change it.');
  checkNewPassword(passwords.wanted);
  const { rows } = await pool.query<{ username: string; password: string }>({
    name: 'read-password',
    text: 'select username, password from people where id = $1',
    values: [actor.personId],
  });
  const person = rows[0];
  if (person === undefined) throw new Refusal('not-found', 'PERSON-NOT-FOUND', 'There is no such person.');
  const guess = { username: person.username, address };
  await refuseTooManyTries(pool, guess, now);
  if (!(await passwordMatches(passwords.current, person.password)))
    throw new Refusal('not-allowed', 'PASSWORD-WRONG', 'The current password is another one.');
  const kept = await hashPassword(passwords.wanted);
  await inTransaction(pool, async (transaction) => {
    await forgiveSignIn(transaction, guess);
    await transaction.query({
      name: 'change-password',
      text: 'update people set password = $2, version = version + 1 where id = $1',
      values: [actor.personId, kept],
    });
    await endSessionsOf(transaction, actor.personId);
    await appendEvent(transaction, {
      kind: 'person.password-changed',
      subject: actor.personId,
      actor: actorOfEvent(actor),
      occurredAt: now,
    });
  });
}
