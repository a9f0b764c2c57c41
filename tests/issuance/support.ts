import { randomUUID } from 'node:crypto';
import type { Actor, FirmIdentifier } from '../../src/access/actor.ts';
import type { CertificateApplication } from '../../src/documents/types.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { Directory, Member } from '../../src/federation/directory.ts';
import type { Asked } from '../../src/issuance/asked.ts';
import { createIssuance, type Issuance } from '../../src/issuance/issuance.ts';
import type { DeliveredMessage, IssuanceParts, OutgoingDocument, Reception } from '../../src/issuance/ports.ts';
import {
  type CertifiedKey,
  createNationalAuthority,
  generatePrivateKey,
  issueCertificate,
  publicKeyOf,
} from '../../src/pki/certificate-authority.ts';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction, type Transaction } from '../../src/store/transaction.ts';
import { exampleApplication } from '../documents/examples.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** The day before the goods of the example leave, and long after the keys were made. */
export const NOW = new Date('2026-02-27T03:00:00Z');

/** The moment some minutes later. */
export function later(minutes: number): Date {
  return new Date(NOW.getTime() + minutes * 60_000);
}

/** A firm in the register of a node. */
export interface TestFirm {
  readonly id: string;
  readonly name: string;
  readonly identifier: FirmIdentifier;
}

/** The keys of one country. */
export interface TestCountry {
  readonly country: string;
  readonly authority: CertifiedKey;
  readonly sealing: CertifiedKey;
}

/** One node with its database; what it sends is kept in `sent` until a test delivers it. */
export interface TestNode {
  readonly country: string;
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly issuance: Issuance;
  readonly sent: { messageId: string; document: OutgoingDocument }[];
  readonly parts: IssuanceParts;
  asked(actor: Actor, now?: Date): Asked;
  /** Runs one operation in a transaction of its own, as the http framework does. */
  change<Result>(actor: Actor, work: (asked: Asked) => Promise<Result>, now?: Date): Promise<Result>;
  deliver(message: DeliveredMessage): Promise<Reception>;
}

/** Makes the keys of a country. */
export async function makeCountry(country: string): Promise<TestCountry> {
  const notBefore = new Date('2025-01-01T00:00:00Z');
  const authority = await createNationalAuthority({ country, name: `Customs of ${country}`, notBefore, years: 10 });
  const privateKey = await generatePrivateKey('sealing');
  const certificate = issueCertificate(authority, {
    use: 'sealing',
    country,
    commonName: `Seal of ${country}`,
    publicKey: publicKeyOf(privateKey),
    notBefore,
    notAfter: new Date('2029-01-01T00:00:00Z'),
  });
  return { country, authority, sealing: { privateKey, certificate } };
}

/** A directory of these countries, each of which may issue certificates under both schemes. */
export function directoryOf(countries: readonly TestCountry[], more: Partial<Directory> = {}): Directory {
  return {
    serial: 1,
    issuedAt: '2026-01-01T00:00:00Z',
    freshUntil: '2027-06-01T00:00:00Z',
    expiresAt: '2027-12-01T00:00:00Z',
    previousDigest: null,
    members: countries.map(memberOfCountry),
    revocations: [],
    schemaSet: { digest: '0'.repeat(64), version: '1' },
    ...more,
  };
}

function memberOfCountry(keys: TestCountry): Member {
  const { country } = keys;
  return {
    country,
    name: `Customs of ${country}`,
    partyId: `urn:selat:party:${country}`,
    endpoint: `https://${country.toLowerCase()}.example/as4`,
    profile: 'edelivery-2.0-common-usage',
    authorities: [
      {
        certificate: keys.authority.certificate.raw.toString('base64'),
        validFrom: '2025-01-01T00:00:00Z',
        validUntil: '2034-01-01T00:00:00Z',
      },
    ],
    certificates: [{ use: 'sealing', certificate: keys.sealing.certificate.raw.toString('base64') }],
    mayIssue: [
      { kind: 'certificate-of-origin', scheme: 'ATIGA-FORM-D', from: '2025-01-01T00:00:00Z' },
      { kind: 'certificate-of-origin', scheme: 'RCEP', from: '2025-01-01T00:00:00Z' },
    ],
  };
}

/** Opens a node of a country over a fresh database. */
export async function openNode(keys: TestCountry, directory: () => Directory | null): Promise<TestNode> {
  const database = await createTestDatabase();
  const { pool } = database;
  const { country } = keys;
  const sent: TestNode['sent'] = [];
  const parts: IssuanceParts = {
    country,
    authority: {
      name: `Issuing authority of ${country}`,
      timeZone: 'Asia/Bangkok',
      offices: [
        { code: `${country}-MAIN`, name: 'Main office', place: 'Capital' },
        { code: `${country}-PORT`, name: 'Port office', place: 'Port' },
      ],
    },
    pool,
    sealingKey: () => keys.sealing,
    directory,
    exchange: {
      async send(_transaction, document) {
        const messageId = `${randomUUID()}@${country.toLowerCase()}.example`;
        sent.push({ messageId, document });
        return { messageId };
      },
    },
    ledger: { certificateIssued: async () => undefined, certificateSettled: async () => undefined },
    newId: randomUUID,
  };
  const issuance = createIssuance(parts);
  const reader: Transaction = {
    query: pool.query,
    later: () => {
      throw new Error('a reader changes nothing');
    },
    savepoint: (work) => work(),
    afterCommit: (work) => work(),
  };
  return {
    country,
    database,
    pool,
    issuance,
    sent,
    parts,
    asked: (actor, now = NOW) => ({ transaction: reader, actor, now }),
    change: (actor, work, now = NOW) => inTransaction(pool, (transaction) => work({ transaction, actor, now })),
    deliver: (message) => inTransaction(pool, (transaction) => issuance.receive(transaction, message)),
  };
}

/** The one payload of a document that was sent. */
export function bytesOf(document: TestNode['sent'][number]['document'] | undefined): Buffer {
  const bytes = document?.payloads[0]?.content.memory;
  if (bytes === undefined) throw new Error('no document was sent');
  return bytes;
}

/** Takes what one node sent as what another one is delivered. */
export function asDelivery(
  from: TestNode,
  one: TestNode['sent'][number] | undefined,
  receivedAt = later(10),
  bytes?: Buffer,
): DeliveredMessage {
  if (one === undefined) throw new Error('nothing was sent');
  const { messageId, document } = one;
  return {
    messageId,
    fromCountry: from.country,
    conversationId: document.conversationId,
    service: document.service,
    action: document.action,
    payloads: [{ contentType: 'application/xml', content: inMemory(bytes ?? bytesOf(document)) }],
    receivedAt,
  };
}

/** Enters a firm in a node's register. */
export async function registerFirm(node: TestNode, name: string, identifier: FirmIdentifier): Promise<TestFirm> {
  const id = randomUUID();
  await node.pool.query({
    text: `insert into firms (id, name, identifier_scheme, identifier_value, country, created_at)
      values ($1, $2, $3, $4, $5, $6)`,
    values: [id, name, identifier.scheme, identifier.value, node.country, NOW],
  });
  return { id, name, identifier };
}

/** Notes a mandate between two firms. */
export async function giveMandate(
  node: TestNode,
  principal: TestFirm,
  broker: TestFirm,
  from = later(-60),
  until = later(60),
): Promise<string> {
  const id = randomUUID();
  await node.pool.query({
    text: `insert into mandates (id, principal_firm_id, broker_firm_id, valid_from, valid_until, granted_by, granted_at)
      values ($1, $2, $3, $4, $5, $6, $4)`,
    values: [id, principal.id, broker.id, from, until, randomUUID()],
  });
  return id;
}

/** A person of a firm. */
export function firmPerson(node: TestNode, firm: TestFirm, role: 'trader' | 'broker' = 'trader'): Actor {
  return {
    personId: randomUUID(),
    name: `Person of ${firm.name}`,
    role,
    firmId: firm.id,
    firmIdentifier: firm.identifier,
    office: null,
    country: node.country,
    via: 'session',
    onlyRights: null,
  };
}

/** An official of an office. */
export function official(node: TestNode, role: Actor['role'], office: string | null = `${node.country}-MAIN`): Actor {
  return {
    personId: randomUUID(),
    name: `Official ${role}`,
    role,
    firmId: null,
    firmIdentifier: null,
    office,
    country: node.country,
    via: 'session',
    onlyRights: null,
  };
}

/** The firm of the example application. */
export const EXPORTER = {
  name: 'Siam Motor Works Co., Ltd.',
  identifier: { scheme: 'TH:TIN', value: '0105536000315' },
};

/** A faultless application, each with its own consignment. */
export function application(
  serial = '000417',
  overrides: Partial<CertificateApplication> = {},
): CertificateApplication {
  return exampleApplication({ consignmentReference: `6TH0105536000315-26-${serial}`, ...overrides });
}

/** Creates and submits an application; gives its id and version. */
export async function submitted(
  node: TestNode,
  trader: Actor,
  content: CertificateApplication = application(),
): Promise<{ id: string; version: number }> {
  const draft = await node.change(trader, (asked) => node.issuance.create(asked, { content }));
  return node.change(trader, (asked) => node.issuance.submit(asked, draft.id, draft.version), later(1));
}
