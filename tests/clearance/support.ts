import { randomUUID } from 'node:crypto';
import type supertest from 'supertest';
import type { Actor } from '../../src/access/actor.ts';
import { registerFirm } from '../../src/access/firms.ts';
import { type Clearance, createClearance } from '../../src/clearance/clearance.ts';
import { createDutyAssessor } from '../../src/clearance/duty.ts';
import { recordRate } from '../../src/clearance/exchange-rates.ts';
import type { LodgementParts } from '../../src/clearance/lodgement-parts.ts';
import type { CustomsAdministration } from '../../src/clearance/ports.ts';
import type { DeclarationFacts } from '../../src/documents/declaration/facts.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import type { Route } from '../../src/http/route.ts';
import { declarationRoutes } from '../../src/http/routes/declarations.ts';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import { declarationTaker } from '../../src/node/declaration-documents.ts';
import { createResponses } from '../../src/responses/responses.ts';
import type { Channel } from '../../src/selectivity/selection.ts';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction, type Transaction } from '../../src/store/transaction.ts';
import { createMilestoneRecorder } from '../../src/timing/record-milestone.ts';
import { type ExampleOptions, exportDeclaration, importDeclaration } from '../documents/declaration-examples.ts';
import { PASSWORD, startTestNode, type TestNode, type TestPerson } from '../http/test-node.ts';
import { makeCountry } from '../issuance/support.ts';

/** A day after the example certificate was issued, while the sample tariffs are in force. */
export const NOW = new Date('2026-03-02T03:00:00Z');
export const OFFICE = 'VNHPHC';
export const OTHER_OFFICE = 'VNSGNC';
/** The consignee of the example certificate. */
export const IMPORTER = { scheme: 'VN:MST', value: '0101234567' };

const CUSTOMS: CustomsAdministration = {
  name: 'Customs of Viet Nam',
  timeZone: 'Asia/Ho_Chi_Minh',
  currency: 'VND',
  offices: [
    { code: OFFICE, name: 'Hai Phong', place: 'Hai Phong' },
    { code: OTHER_OFFICE, name: 'Saigon', place: 'Ho Chi Minh City' },
  ],
};

/** Somebody with a session of their own. */
export interface Person extends TestPerson {
  readonly cookie: string;
}

/** A node of Viet Nam: real database, web, ledger, duty, responses and milestones; channels as the test says. */
export interface ClearanceNode extends TestNode {
  readonly clearance: Clearance;
  readonly parts: LodgementParts;
  readonly ledger: Ledger;
  /** What was handed on to the country of destination. */
  readonly forwarded: { readonly mrn: string; readonly version: number; readonly withdrawn: boolean }[];
  /** The channel that the rules give; tests change it. */
  channelOf: (facts: DeclarationFacts) => Channel;
  readonly importer: Person;
  readonly officer: Person;
  readonly importerFirm: string;
  person(role: TestPerson['role'], more?: { readonly firmId?: string; readonly office?: string }): Promise<Person>;
  registered(name: string, identifier: string): Promise<string>;
  mandate(principal: string, broker: string, from?: number, until?: number): Promise<string>;
  change<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  post(person: Person, path: string, body?: object | string, more?: PostTerms): supertest.Test;
  get(person: Person, path: string): supertest.Test;
  /** Lodges an import declaration of the importer; the answer must be 201. */
  lodge(
    options?: ExampleOptions,
    person?: Person,
    query?: string,
  ): Promise<{ mrn: string; version: number; body: Body }>;
  /** Lodges an export declaration of the importer's firm to Thailand. */
  lodgeExport(): Promise<{ mrn: string; version: number; body: Body }>;
  /** Tells clearance what the ledger has decided since; on a node that runs a worker does it. */
  resolveCertificates(): Promise<void>;
  responses(mrn: string): Promise<{ step: string; content: JsonObject }[]>;
  milestones(mrn: string): Promise<string[]>;
}

// biome-ignore lint/suspicious/noExplicitAny: what supertest calls a body
export type Body = any;

export interface PostTerms {
  readonly version?: number;
  readonly key?: string;
  readonly contentType?: string;
}

let consignments = 0;

/** A declaration of the importer with references of its own. */
export function importOf(options: ExampleOptions = {}): JsonObject {
  consignments += 1;
  return importDeclaration({
    localReference: `LRN-${process.pid}-${consignments}`,
    consignmentReference: `6VN0101234567-26-${String(consignments).padStart(6, '0')}`,
    importerId: IMPORTER.value,
    ...options,
  });
}

/**
 * A node that no partner answers and that holds no directory: what is tested on it is also what goes on then.
 * @param more routes of other parts of clearance over the same parts
 */
export async function startClearanceNode(
  more: (parts: LodgementParts, pool: () => Pool) => readonly Route[] = () => [],
): Promise<ClearanceNode> {
  const keys = await makeCountry('VN');
  const state: { pool?: Pool; channelOf: ClearanceNode['channelOf'] } = { channelOf: () => 'green' };
  const pool = (): Pool => {
    if (state.pool === undefined) throw new Error('the node is not started yet');
    return state.pool;
  };
  const forwarded: ClearanceNode['forwarded'] = [];
  const ledger: Ledger = createLedger({
    country: 'VN',
    names: { customs: CUSTOMS.name, authority: 'Authority of Viet Nam' },
    timeZone: CUSTOMS.timeZone,
    isCertificateOfOrigin: ({ category, type }) => category === 'N' && type === '954',
    sharesMovementReference: false,
    get pool() {
      return pool();
    },
    sealingKey: () => keys.sealing,
    directory: () => null,
    // No partner can be reached and there is no directory: nothing of clearance may wait for either.
    exchange: {
      send: async () => {
        throw new Error('the partner is away');
      },
    },
    certificates: {
      see: async () => {
        throw new Error('nobody looks at certificates in these tests');
      },
      used: async () => undefined,
      takeGranted: async () => {
        throw new Error('no grants in these tests');
      },
    },
    clearance: {
      certificatesResolved: (transaction, ids, now) => clearance.certificatesResolved(transaction, ids, now),
    },
    newId: randomUUID,
    log: { warn: () => undefined },
  });
  const responses = createResponses({
    get pool() {
      return pool();
    },
    writeResponse: (content) => Buffer.from(JSON.stringify(content)),
    webhooks: { privateAddresses: 'allowed' },
    clock: () => NOW,
    newId: randomUUID,
    onError: () => undefined,
  });
  const taker = declarationTaker('VN');
  const parts: LodgementParts = {
    country: 'VN',
    customs: CUSTOMS,
    taker,
    ledger,
    selectivity: {
      select: async (_reader, { facts }, now) => ({
        channel: state.channelOf(facts),
        ruleSetVersion: 1,
        fired: [{ rule: 'secret-rule', version: 1, channel: state.channelOf(facts), reason: 'A secret reason.' }],
        at: now.toISOString(),
      }),
      isAuthorised: async () => false,
    },
    duty: createDutyAssessor('VN', CUSTOMS),
    responses,
    milestones: createMilestoneRecorder('VN'),
    forwarder: {
      accepted: async (transaction, { movementReference: mrn, documentVersion: version, withdrawn }) =>
        transaction.afterCommit(() => forwarded.push({ mrn, version, withdrawn })),
    },
    newId: randomUUID,
  };
  const clearance = createClearance(parts);
  const node = await startTestNode({ journeys: [...declarationRoutes(clearance), ...more(parts, pool)] });
  state.pool = node.pool;
  node.now = NOW;
  await inTransaction(node.pool, (transaction) =>
    recordRate(
      transaction,
      { id: 'tests', name: 'tests', role: 'supervisor' },
      'VND',
      {
        currency: 'USD',
        units: '1',
        rate: '25450',
        source: 'State Bank',
        validFrom: '2026-01-01',
        validUntil: null,
        reason: null,
      },
      NOW,
    ),
  );
  return furnish(node, { clearance, parts, ledger, forwarded, state, taker });
}

async function furnish(
  node: TestNode,
  given: Pick<ClearanceNode, 'clearance' | 'parts' | 'ledger' | 'forwarded'> & {
    readonly state: { channelOf: ClearanceNode['channelOf'] };
    readonly taker: { close(): Promise<void> };
  },
): Promise<ClearanceNode> {
  const change = <Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> =>
    inTransaction(node.pool, work);
  const person: ClearanceNode['person'] = async (role, more = {}) => {
    const entered = await node.enter(role, more);
    return { ...entered, cookie: await node.signIn(entered) };
  };
  const registered: ClearanceNode['registered'] = async (name, identifier) => {
    const firm = await change((transaction) =>
      registerFirm(
        transaction,
        { name, identifier: { scheme: 'VN:MST', value: identifier }, country: 'VN' },
        { actor: { id: 'tests', name: 'tests', role: 'node' }, now: node.now },
      ),
    );
    return firm.id;
  };
  const importerFirm = await registered('Song Hong Motors', IMPORTER.value);
  const importer = await person('trader', { firmId: importerFirm });
  const officer = await person('clearance-officer', { office: OFFICE });
  const post: ClearanceNode['post'] = (who, path, body, more = {}) => {
    const request = node
      .agent()
      .post(path)
      .set('Cookie', who.cookie)
      .set('Idempotency-Key', more.key ?? randomUUID())
      .set('Content-Type', more.contentType ?? 'application/json');
    if (more.version !== undefined) request.set('If-Match', `"${more.version}"`);
    return request.send(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  };
  const own = {
    ...given,
    importer,
    officer,
    importerFirm,
    person,
    registered,
    change,
    post,
    async mandate(principal: string, broker: string, from = -60, until = 60) {
      const id = randomUUID();
      const at = (minutes: number): Date => new Date(node.now.getTime() + minutes * 60_000);
      await node.pool.query({
        text: `insert into mandates (id, principal_firm_id, broker_firm_id, valid_from, valid_until, granted_by, granted_at)
          values ($1, $2, $3, $4, $5, $6, $4)`,
        values: [id, principal, broker, at(from), at(until), randomUUID()],
      });
      return id;
    },
    async stop() {
      await given.taker.close();
      await node.stop();
    },
    get: (who: Person, path: string) => node.agent().get(path).set('Cookie', who.cookie),
    async lodge(options: ExampleOptions = {}, who = importer, query = '') {
      const { body } = await post(who, `/api/declarations${query}`, importOf(options)).expect(201);
      return { mrn: String(body.mrn), version: Number(body.version), body };
    },
    async lodgeExport() {
      consignments += 1;
      const declaration = exportDeclaration({
        country: 'VN',
        partner: 'TH',
        localReference: `EXP-${process.pid}-${consignments}`,
        consignmentReference: `6VN0101234567-26-X${consignments}`,
        exporterId: IMPORTER.value,
      });
      const { body } = await post(importer, '/api/declarations', declaration).expect(201);
      return { mrn: String(body.mrn), version: Number(body.version), body };
    },
    async resolveCertificates() {
      await given.ledger.tellDue(node.now);
    },
    async responses(mrn: string) {
      const { rows } = await node.pool.query<{ bytes: Buffer }>({
        text: 'select bytes from responses where mrn = $1 order by position',
        values: [mrn],
      });
      return rows.map(({ bytes }) => {
        const content: JsonObject = JSON.parse(bytes.toString());
        return { step: String(content['step']), content };
      });
    },
    async milestones(mrn: string) {
      const { rows } = await node.pool.query<{ milestone: string }>({
        text: 'select milestone from clearance_milestones where mrn = $1 order by id',
        values: [mrn],
      });
      return rows.map(({ milestone }) => milestone);
    },
  };
  const furnished: ClearanceNode = Object.defineProperties(Object.assign(Object.create(node), own), {
    channelOf: {
      get: () => given.state.channelOf,
      set: (channelOf: ClearanceNode['channelOf']) => {
        given.state.channelOf = channelOf;
      },
    },
    now: {
      get: () => node.now,
      set: (moment: Date) => {
        node.now = moment;
      },
    },
  });
  return furnished;
}

/** Whoever acts in a test that goes by the journey and not by the web. */
export function actorOf(person: Person, office: string | null = null): Actor {
  return {
    personId: person.id,
    name: `A ${person.role}`,
    role: person.role,
    firmId: person.firmId,
    firmIdentifier: null,
    office,
    country: 'VN',
    via: 'session',
    onlyRights: null,
  };
}

export { PASSWORD };
