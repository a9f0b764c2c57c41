import { randomBytes, randomUUID } from 'node:crypto';
import { Decimal } from 'decimal.js';
import type { Response } from 'supertest';
import { createOfficer, type Officer } from '../../src/clearance/officer/officer.ts';
import type {
  CertificateEvidence,
  DirectoryStanding,
  ExportComparison,
  OfficerParts,
  OriginQueryStanding,
} from '../../src/clearance/officer/parts.ts';
import { insertInspection } from '../../src/clearance/officer/system-steps.ts';
import type { CertificateUse, DutyAssessor, StepNotice } from '../../src/clearance/ports.ts';
import type { DeclarationFacts } from '../../src/documents/declaration/facts.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { declarationQueryRoutes } from '../../src/http/routes/declaration-queries.ts';
import { officerActRoutes } from '../../src/http/routes/officer-acts.ts';
import { worklistRoutes } from '../../src/http/routes/worklist.ts';
import type { Selection } from '../../src/selectivity/selection.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import type { Assessment, DutyFinding } from '../../src/tariff/assessment.ts';
import { createMilestoneRecorder } from '../../src/timing/record-milestone.ts';
import { startTestNode, type TestNode, type TestPerson } from '../http/test-node.ts';
import { anItem, someFacts } from '../selectivity/cases.ts';

export const OFFICE = 'VNHPHC';
export const OTHER_OFFICE = 'VNSGNC';

export const NOTHING_CAME: ExportComparison = { compared: false, reason: 'No export declaration came.' };

/** A certificate as the tests' ledger and verification know it. */
export const CERTIFICATE = 'ATIGA-TH-2026-00000417-X';

/** What is declared: value times 5 % without preference, nothing with it. */
const assessor: DutyAssessor = {
  assess: async (_reader, facts, date) => assessed(facts, date),
};

function assessed(facts: DeclarationFacts, date = '2026-03-02'): Assessment {
  const items = facts.items.map((item) => {
    const preferred = item.preferenceCode === '301';
    const value = item.customsValue?.amount ?? '0';
    return {
      sequence: item.sequence,
      commodityCode: item.commodityCode,
      customsValue: { amount: value, currency: 'VND' },
      valueWorking: [],
      originCountry: item.originCountry,
      preferenceCode: item.preferenceCode,
      agreement: preferred ? 'ATIGA-FORM-D' : null,
      claimed:
        item.commodityCode === '99999999'
          ? notUnderstood
          : finding(preferred ? '0' : fivePercent(value), preferred ? '0%' : '5%'),
      mostFavouredNation: finding(fivePercent(value), '5%'),
    };
  });
  return {
    date,
    currency: 'VND',
    items,
    claimedTotal: null,
    mostFavouredNationTotal: null,
    notIncluded: 'Value added tax is not part of it.',
  };
}

const notUnderstood: DutyFinding = {
  computed: false,
  code: 'TARIFF-CELL-NOT-UNDERSTOOD',
  reason: 'The cell of the tariff was not understood.',
  rate: { schedule: 'mfn', words: '', printed: '17%*', source: 'Viet Nam 2026-01', status: 'as-published' },
};

function fivePercent(value: string): string {
  return new Decimal(value).times('0.05').toFixed();
}

function finding(amount: string, words: string): DutyFinding {
  return {
    computed: true,
    duty: { amount, currency: 'VND' },
    rate: { schedule: 'mfn', words, printed: words, source: 'Viet Nam 2026-01, 87087022', status: 'verified' },
    working: [],
  };
}

/** How a declaration of a test begins. */
export interface Case {
  readonly channel?: 'green' | 'yellow' | 'red';
  readonly state?: string;
  readonly office?: string;
  readonly firmId?: string;
  /** Claims the preference of ATIGA with a certificate in that state; without it nothing is claimed. */
  readonly certificate?: CertificateUse['state'];
  readonly items?: number;
  /** Customs value of each item in VND. */
  readonly value?: string;
  readonly commodityCode?: string;
  readonly lodgedAt?: Date;
  readonly targetAt?: Date | null;
  readonly searchText?: string;
}

/** The web of a node with the officer's routes, and what the tests look into. */
export interface OfficerNode {
  readonly web: TestNode;
  readonly officer: Officer;
  /** Uses of certificates by declaration, as the ledger of the tests holds them. */
  readonly uses: Map<string, CertificateUse[]>;
  readonly ledgerActs: string[];
  /** Questions to issuing countries by declaration. */
  readonly originQueries: Map<string, OriginQueryStanding[]>;
  readonly certificates: CertificateEvidence[];
  readonly notices: StepNotice[];
  directory: DirectoryStanding;
  exportComparison: ExportComparison;
  /** Stores a declaration; gives its MRN. */
  lodge(one?: Case): Promise<string>;
  idOf(mrn: string): Promise<string>;
  versionOf(mrn: string): Promise<number>;
  standing(mrn: string): Promise<JsonObject>;
  milestones(mrn: string): Promise<string[]>;
  steps(mrn: string): string[];
  eventsOf(mrn: string): Promise<string[]>;
  as(person: TestPerson): Promise<Hand>;
}

/** Somebody who is signed in. */
export interface Hand {
  readonly person: TestPerson;
  get(path: string): Promise<Response>;
  /** POST with a new Idempotency-Key; `version` defaults to the one that stands. */
  act(mrn: string, path: string, body?: JsonObject, version?: number): Promise<Response>;
  file(mrn: string, path: string, name: string, bytes: Buffer, contentType?: string): Promise<Response>;
}

export async function startOfficerNode(): Promise<OfficerNode> {
  const uses: OfficerNode['uses'] = new Map();
  const ledgerActs: string[] = [];
  const originQueries: OfficerNode['originQueries'] = new Map();
  const certificates: CertificateEvidence[] = [];
  const notices: StepNotice[] = [];
  const recorder = createMilestoneRecorder('VN');
  const state: { directory: DirectoryStanding; exportComparison: ExportComparison; web: TestNode | null } = {
    directory: { state: 'fresh', serial: 7, freshUntil: '2026-12-31T00:00:00Z' },
    exportComparison: NOTHING_CAME,
    web: null,
  };
  const webOf = (): TestNode => {
    if (state.web === null) throw new Error('the node is not started yet');
    return state.web;
  };
  const setAll = (id: string, to: CertificateUse['state'], items?: readonly number[]): void => {
    const own = uses.get(id) ?? [];
    uses.set(
      id,
      own.map((use) => (items === undefined || items.includes(use.itemSequence) ? { ...use, state: to } : use)),
    );
  };
  const parts: OfficerParts = {
    country: 'VN',
    customs: {
      name: 'Viet Nam Customs',
      timeZone: 'Asia/Ho_Chi_Minh',
      currency: 'VND',
      offices: [{ code: OFFICE, name: 'Hai Phong', place: 'Hai Phong' }],
    },
    ledger: {
      preview: async () => [],
      async reserve(_transaction, claim) {
        ledgerActs.push(`reserve ${claim.facts.items.filter((item) => item.documents.length > 0).length}`);
        const claimed = claim.facts.items.filter((item) => item.documents.length > 0).map((item) => item.sequence);
        setAll(claim.declarationId, 'reserved', claimed);
        return uses.get(claim.declarationId) ?? [];
      },
      async writeOff(_transaction, id) {
        ledgerActs.push('write-off');
        setAll(id, 'written-off');
      },
      async giveBack(_transaction, id, _now, items) {
        ledgerActs.push(`give-back ${items?.join(',') ?? 'all'}`);
        setAll(id, 'given-back', items);
      },
      usesOf: async (_reader, id) => uses.get(id) ?? [],
    },
    selectivity: {
      select: async () => {
        throw new Error('nothing is selected here');
      },
      isAuthorised: async () => false,
    },
    duty: assessor,
    responses: { notify: (_transaction, notice) => void notices.push(notice) },
    milestones: recorder,
    forwarder: { accepted: async () => undefined },
    newId: randomUUID,
    get pool() {
      return webOf().pool;
    },
    certificates: {
      verificationsOf: async (_reader, numbers) => certificates.filter((one) => numbers.includes(one.number)),
    },
    exportDeclarations: { compare: async () => state.exportComparison },
    originQueries: { standingOf: async (_reader, id) => originQueries.get(id) ?? [] },
    directory: () => state.directory,
  };
  const officer = createOfficer(parts);
  const web = await startTestNode({
    journeys: [...worklistRoutes(officer), ...declarationQueryRoutes(officer), ...officerActRoutes(officer)],
  });
  state.web = web;
  const firmId = await web.firm();

  const node: OfficerNode = {
    web,
    officer,
    uses,
    ledgerActs,
    originQueries,
    certificates,
    notices,
    get directory() {
      return state.directory;
    },
    set directory(directory) {
      state.directory = directory;
    },
    get exportComparison() {
      return state.exportComparison;
    },
    set exportComparison(comparison) {
      state.exportComparison = comparison;
    },
    lodge: (one = {}) => lodge(web, uses, recorder, { firmId, ...one }),
    async idOf(mrn) {
      const { rows } = await web.pool.query<{ id: string }>({
        text: 'select id from declarations where mrn = $1',
        values: [mrn],
      });
      return rows[0]?.id ?? '';
    },
    async versionOf(mrn) {
      const { rows } = await web.pool.query<{ version: number }>({
        text: 'select version from declarations where mrn = $1',
        values: [mrn],
      });
      return rows[0]?.version ?? 0;
    },
    async standing(mrn) {
      const { rows } = await web.pool.query<JsonObject>({
        text: `select state, payment, waiting_for, open_queries, answered_queries, open_inspections, open_permits,
          refused_permits, open_certificates, assessment_open, claimed_by from declarations where mrn = $1`,
        values: [mrn],
      });
      return rows[0] ?? {};
    },
    async milestones(mrn) {
      const { rows } = await web.pool.query<{ milestone: string }>({
        text: `select milestone from clearance_milestones m join declarations d on d.id = m.declaration_id
          where d.mrn = $1 order by m.id`,
        values: [mrn],
      });
      return rows.map((row) => row.milestone);
    },
    steps: (mrn) => notices.filter((one) => one.movementReference === mrn).map((one) => one.content.step),
    async eventsOf(mrn) {
      const { rows } = await web.pool.query<{ kind: string }>({
        text: 'select kind from events where subject = $1 order by id',
        values: [mrn],
      });
      return rows.map((row) => row.kind);
    },
    async as(person) {
      return handOf(node, person, await web.signIn(person));
    },
  };
  return node;
}

function handOf(node: OfficerNode, person: TestPerson, cookie: string): Hand {
  const { web } = node;
  return {
    person,
    get: async (path) => web.agent().get(path).set('Cookie', cookie),
    act: async (mrn, path, body, version) =>
      web
        .agent()
        .post(`/api/declarations/${mrn}/${path}`)
        .set('Cookie', cookie)
        .set('Idempotency-Key', randomUUID())
        .set('If-Match', `"${version ?? (await node.versionOf(mrn))}"`)
        .send(body),
    file: async (mrn, path, name, bytes, contentType = 'application/pdf') =>
      web
        .agent()
        .post(`/api/declarations/${mrn}/${path}?name=${encodeURIComponent(name)}`)
        .set('Cookie', cookie)
        .set('Idempotency-Key', randomUUID())
        .set('Content-Type', contentType)
        .send(bytes),
  };
}

async function lodge(
  web: TestNode,
  uses: OfficerNode['uses'],
  recorder: ReturnType<typeof createMilestoneRecorder>,
  one: Case & { readonly firmId: string },
): Promise<string> {
  const id = randomUUID();
  const mrn = `26VN${randomBytes(7).toString('hex').toUpperCase()}`;
  const channel = one.channel ?? 'yellow';
  const lodgedAt = one.lodgedAt ?? new Date(web.now.getTime() - 3_600_000);
  const facts = factsOf(one);
  const selection: Selection = {
    channel,
    ruleSetVersion: 1,
    fired: [{ rule: 'new-importer', version: 3, channel, reason: 'First import of this firm.' }],
    at: lodgedAt.toISOString(),
  };
  const assessment = assessed(facts);
  const due = assessment.items.reduce<Decimal | null>(
    (total, item) => (total === null || !item.claimed.computed ? null : total.plus(item.claimed.duty.amount)),
    new Decimal(0),
  );
  const payment = due === null ? 'unknown' : due.isZero() ? 'none' : 'due';
  if (one.certificate !== undefined) {
    const { certificate } = one;
    uses.set(
      id,
      facts.items.map((item) => ({
        id: randomUUID(),
        itemSequence: item.sequence,
        certificateNumber: CERTIFICATE,
        certificateItem: item.sequence,
        quantity: { value: '300', unit: 'KGM' },
        state: certificate,
        code: certificate === 'refused' ? 'CERTIFICATE-QUANTITY-EXCEEDED' : null,
        reason: certificate === 'refused' ? 'Only 200 KGM are left.' : '300 KGM.',
      })),
    );
  }
  const digest = randomBytes(32);
  await inTransaction(web.pool, async (transaction) => {
    await transaction.query({
      text: `with document as (
          insert into documents (digest, kind, content_type, bytes) values ($1, 'declaration', 'application/json', '{}')),
        declaration as (
          insert into declarations (id, mrn, state, channel, procedure, type_code, lrn, ucr, declarant_firm_id,
            lodged_by_firm_id, lodged_by, office, goods_item_count, goods_description, search_text, lodged_at, accepted_at,
            arrived_at, target_at, updated_at, assessment_open, open_inspections, open_certificates, payment, chapter)
          values ($2, $3, $10, $4, 'import', 'IMA', $3, 'UCR-1', $5, $5, $11, $12, $13, 'Wheel rims', $14, $6, $6, $6, $15,
            $6, $16, $17, $18, $19, '87')
          returning id)
        insert into declaration_versions (declaration_id, number, kind, document_digest, form, facts, assessment, selection,
            lodged_at, lodged_by, lodged_by_name)
          select id, 1, 'original', $1, 'json', $7::jsonb, $8::jsonb, $9::jsonb, $6, $5, 'A trader' from declaration`,
      values: [
        digest,
        id,
        mrn,
        channel,
        one.firmId,
        lodgedAt,
        facts,
        assessment,
        selection,
        one.state ?? 'in-clearance',
        randomUUID(),
        one.office ?? OFFICE,
        facts.items.length,
        one.searchText ?? 'wheel rims',
        one.targetAt === undefined ? new Date(lodgedAt.getTime() + 6 * 3_600_000) : one.targetAt,
        channel !== 'green' || payment === 'unknown',
        channel === 'red' ? 1 : 0,
        one.certificate === 'awaited' ? 1 : 0,
        payment,
      ],
    });
    recorder.openCase(
      transaction,
      {
        declarationId: id,
        movementReference: mrn,
        consignmentReference: 'UCR-1',
        procedure: 'import',
        office: one.office ?? OFFICE,
        declarantFirmId: one.firmId,
        borderTransportMode: '1',
        chapter: '87',
        agreement: null,
        authorisedTrader: false,
      },
      lodgedAt,
    );
    if (channel === 'red')
      insertInspection(transaction, {
        id: randomUUID(),
        declarationId: id,
        what: 'Inspection of the goods: red channel.',
        place: null,
        itemSequences: [],
        orderedBy: null,
        orderedByName: 'the system',
        orderedAt: lodgedAt,
      });
  });
  return mrn;
}

function factsOf(one: Case): DeclarationFacts {
  const claims = one.certificate !== undefined;
  const items = Array.from({ length: one.items ?? 1 }, (_, index) => {
    const item = anItem({
      sequence: index + 1,
      pointer: `/declaration/goodsShipment/governmentAgencyGoodsItem/${index}`,
      preferenceCode: claims ? '301' : '100',
      customsValue: { amount: one.value ?? '1000', currency: 'VND' },
      commodityCode: one.commodityCode ?? '87087022',
    });
    return claims ? item : { ...item, documents: [] };
  });
  return someFacts({ items });
}
