import { randomBytes } from 'node:crypto';
import type { Actor } from '../access/actor.ts';
import { findFirm, registerFirm } from '../access/firms.ts';
import { grantMandate } from '../access/mandates.ts';
import { changePerson, createPerson, listPeople, type Person } from '../access/people.ts';
import type { Role } from '../access/rights.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import type { SamplePerson } from './region-folder.ts';
import { type SampleCountry, type SampleFirm, sampleCountry } from './sample-country.ts';

const installer = { id: 'sample-region', name: 'Sample region', role: 'node' };
const year = 365 * 86_400_000;

/** Who is invented on each node: a user name, a role, and for traders and brokers which sample firm is theirs. */
const cast: readonly { username: string; name: string; role: Role; firm?: 'exporter' | 'importer' | 'broker' }[] = [
  { username: 'exporter', name: 'Export manager', role: 'trader', firm: 'exporter' },
  { username: 'importer', name: 'Import manager', role: 'trader', firm: 'importer' },
  { username: 'broker', name: 'Customs broker', role: 'broker', firm: 'broker' },
  { username: 'issuing', name: 'Issuing officer', role: 'issuing-officer' },
  { username: 'clearance', name: 'Clearance officer', role: 'clearance-officer' },
  { username: 'supervisor', name: 'Supervisor', role: 'supervisor' },
  { username: 'supervisor-2', name: 'Second supervisor', role: 'supervisor' },
  { username: 'analyst', name: 'Analyst', role: 'analyst' },
  { username: 'operator', name: 'Operator', role: 'operator' },
];

/** Invents the people of one node who are not there yet, with random passwords of 96 bits. */
export function inventPeople(known: readonly SamplePerson[] = []): SamplePerson[] {
  const missing = cast.filter(({ username }) => known.every((person) => person.username !== username));
  return [
    ...known,
    ...missing.map(({ username, name, role }) => ({
      username,
      name,
      role,
      password: randomBytes(12).toString('base64url'),
    })),
  ];
}

async function ensureFirm(transaction: Transaction, firm: SampleFirm, now: Date): Promise<string> {
  const found = await findFirm(transaction, firm.identifier);
  if (found !== undefined) return found.id;
  const registered = await registerFirm(
    transaction,
    { name: firm.name, identifier: firm.identifier, country: firm.address.country },
    { actor: installer, now },
  );
  return registered.id;
}

/** Clearance officers sit at the customs office, everybody else of the administration at the issuing authority's. */
function officeOf(role: Role, sample: SampleCountry): string {
  return role === 'clearance-officer' ? sample.customs.office.code : sample.office.code;
}

/**
 * In regions made before there were customs offices, the clearance officer sits at the issuing authority's and would see
 * no declaration; the operator moves them.
 */
async function seatClearanceOfficer(pool: Pool, country: string, there: readonly Person[], now: Date): Promise<void> {
  const sample = sampleCountry(country);
  const officer = there.find(({ username, office }) => username === 'clearance' && office === sample.office.code);
  const operator = there.find(({ username }) => username === 'operator');
  if (officer === undefined || operator === undefined) return;
  const actor: Actor = {
    personId: operator.id,
    name: operator.name,
    role: operator.role,
    firmId: null,
    firmIdentifier: null,
    office: operator.office,
    country,
    via: 'session',
    onlyRights: null,
  };
  const { role, firmId, active } = officer;
  const office = sample.customs.office.code;
  await inTransaction(pool, (transaction) =>
    changePerson(transaction, actor, officer.id, officer.version, { role, firmId, active, office }, now),
  );
}

/**
 * Puts the sample firms and people of a country into its node's database, unless they are there: an exporter, an
 * importer, a broker with a mandate of the exporter for a year, officers, two supervisors (four eyes), an analyst and an
 * operator.
 */
export async function ensureSamplePeople(
  pool: Pool,
  country: string,
  people: readonly SamplePerson[],
  now: Date,
): Promise<void> {
  const there = await listPeople(pool);
  await seatClearanceOfficer(pool, country, there, now);
  const known = new Set(there.map((person) => person.username));
  if (people.every((person) => known.has(person.username))) return;
  const sample = sampleCountry(country);
  await inTransaction(pool, async (transaction) => {
    const firms = {
      exporter: await ensureFirm(transaction, sample.exporter, now),
      importer: await ensureFirm(transaction, sample.importer, now),
      broker: await ensureFirm(transaction, sample.broker, now),
    };
    let exporter: { id: string; name: string; role: Role } | undefined;
    for (const person of people) {
      if (known.has(person.username)) continue;
      const part = cast.find((candidate) => candidate.username === person.username);
      const firmId = part?.firm === undefined ? null : firms[part.firm];
      const created = await createPerson(
        transaction,
        { ...person, firmId, office: firmId === null ? officeOf(person.role, sample) : null },
        { actor: installer, now },
      );
      if (part?.firm === 'exporter') exporter = { id: created.id, name: created.name, role: created.role };
    }
    if (exporter === undefined) return;
    await grantMandate(
      transaction,
      {
        personId: exporter.id,
        name: exporter.name,
        role: exporter.role,
        firmId: firms.exporter,
        firmIdentifier: sample.exporter.identifier,
        office: null,
        country,
        via: 'session',
        onlyRights: null,
      },
      {
        principalFirmId: firms.exporter,
        brokerFirmId: firms.broker,
        validFrom: now,
        validUntil: new Date(now.getTime() + year),
      },
      now,
    );
  });
}
