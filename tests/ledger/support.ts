import { randomUUID } from 'node:crypto';
import type { Actor } from '../../src/access/actor.ts';
import { makeCertificateNumber } from '../../src/documents/certificate-number.ts';
import { toXml } from '../../src/documents/codec.ts';
import type { CertificateOfOrigin, Quantity } from '../../src/documents/types.ts';
import { inMemory } from '../../src/exchange/message/content.ts';
import type { Directory } from '../../src/federation/directory.ts';
import { insertCertificate } from '../../src/issuance/certificate-queries.ts';
import { createIssuance, type Issuance } from '../../src/issuance/issuance.ts';
import { summarise } from '../../src/issuance/summary.ts';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import type { Claim, ClaimFacts, ClaimItem, LedgerParts } from '../../src/ledger/ports.ts';
import { sealDocument } from '../../src/seal/seal.ts';
import { storeDocument } from '../../src/store/documents.ts';
import type { Pool } from '../../src/store/pool.ts';
import { inTransaction, type Transaction } from '../../src/store/transaction.ts';
import { exampleCertificate } from '../documents/examples.ts';
import { makeCountry, type TestCountry } from '../issuance/support.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** The day after the example certificate was issued. */
export const NOW = new Date('2026-02-27T03:00:00Z');

export function later(minutes: number): Date {
  return new Date(NOW.getTime() + minutes * 60_000);
}

/** A message that a node's ledger wanted to send. */
export type SentDocument = Parameters<LedgerParts['exchange']['send']>[1] & { readonly messageId: string };

/** The ledger of one node on a database of its own; what it tells others is kept. */
export interface LedgerNode {
  readonly country: string;
  readonly keys: TestCountry;
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly ledger: Ledger;
  readonly issuance: Issuance;
  readonly parts: LedgerParts;
  readonly sent: SentDocument[];
  readonly resolved: string[];
  readonly used: { number: string; extent: string; says: string }[];
  change<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

/** Opens the ledger of a country. */
export async function openLedgerNode(
  country: string,
  directory: () => Directory | null = () => null,
  keys?: TestCountry,
  more: Partial<LedgerParts> = {},
): Promise<LedgerNode> {
  const database = await createTestDatabase();
  const { pool } = database;
  const own = keys ?? (await makeCountry(country));
  const sent: SentDocument[] = [];
  const resolved: string[] = [];
  const used: { number: string; extent: string; says: string }[] = [];
  const parts: LedgerParts = {
    country,
    names: { customs: `Customs of ${country}`, authority: `Authority of ${country}` },
    timeZone: 'Asia/Bangkok',
    isCertificateOfOrigin: ({ category, type }) => category === 'N' && type === '954',
    sharesMovementReference: false,
    pool,
    sealingKey: () => own.sealing,
    directory,
    exchange: {
      async send(_transaction, document) {
        const messageId = `${randomUUID()}@${country.toLowerCase()}.example`;
        sent.push({ ...document, messageId });
        return { messageId };
      },
    },
    certificates: {
      see: (asked, number) => issuance.readCertificate(asked, number),
      used: async (transaction, use) => {
        used.push(use);
        await issuance.noteUse(transaction, use);
      },
      takeGranted: (transaction, message, bytes) => issuance.receiveGranted(transaction, message, bytes),
    },
    clearance: {
      certificatesResolved: async (_transaction, ids) => {
        resolved.push(...ids);
      },
    },
    newId: randomUUID,
    log: { warn: (fields, message) => console.error(message, fields) },
    ...more,
  };
  const ledger = createLedger(parts);
  const issuance = createIssuance({
    country,
    authority: {
      name: parts.names.authority,
      timeZone: parts.timeZone,
      offices: [{ code: `${country}-MAIN`, name: 'Main office', place: 'Capital' }],
    },
    pool,
    sealingKey: parts.sealingKey,
    directory,
    exchange: parts.exchange,
    ledger,
    newId: randomUUID,
  });
  return {
    country,
    keys: own,
    database,
    pool,
    ledger,
    issuance,
    parts,
    sent,
    resolved,
    used,
    change: (work) => inTransaction(pool, work),
  };
}

/** Puts a certificate into a node's table as if it had been issued or received, in a given state. */
export async function keepCertificate(
  node: Pick<LedgerNode, 'change' | 'ledger'>,
  certificate: CertificateOfOrigin,
  row: { readonly side?: 'issuing' | 'importing'; readonly state?: string; readonly from?: string } = {},
): Promise<void> {
  const { side = 'importing', state = 'verified', from = certificate.exportingCountry } = row;
  const summary = summarise(certificate);
  await node.change(async (transaction) => {
    const bytes = Buffer.from(toXml('certificate-of-origin', certificate));
    const digest = await storeDocument(transaction, {
      kind: 'certificate-of-origin',
      contentType: 'application/xml',
      bytes,
    });
    await transaction.query({
      text: `insert into certificates (id, side, number, state, scheme, exporting_country, importing_country,
          consignment_reference, search_text, document_digest, content, recorded_at, own_outcome, own_steps, own_checked_at,
          received_from, consignee_scheme, consignee_identifier)
        values ($1, $2, $3, $4, $5, $6, $7, $8, '', decode($9, 'hex'), $10, $11, $12, '[]', $11, $13, $14, $15)`,
      values: [
        randomUUID(),
        side,
        certificate.number,
        state,
        summary.scheme,
        summary.exportingCountry,
        summary.importingCountry,
        summary.consignmentReference,
        digest,
        JSON.stringify(certificate),
        NOW,
        state === 'refused' ? 'refused' : 'verified',
        side === 'importing' ? from : null,
        summary.consignee.identifier?.scheme ?? null,
        summary.consignee.identifier?.value ?? null,
      ],
    });
    if (side === 'importing') await node.ledger.certificateSettled(transaction, certificate.number, NOW);
  });
}

const FACTS: Omit<ClaimFacts, 'items'> = {
  consignmentReference: exampleCertificate().consignmentReference,
  importer: { id: '0101234567', name: 'Importer', country: 'VN' },
  exporter: { id: null, name: 'Siam Motor Works Co., Ltd.', country: 'TH' },
};

let serial = 1000;

function numberOf(one: number): string {
  return makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year: 2026, serial: one });
}

/** A certificate of the example with a number of its own and one item of so many pieces. */
export function certificateOf(quantity: string, overrides: Partial<CertificateOfOrigin> = {}): CertificateOfOrigin {
  serial += 1;
  const example = exampleCertificate();
  const [item] = example.goodsItems;
  if (item === undefined) throw new Error('the example has no goods');
  return {
    ...example,
    number: numberOf(serial),
    goodsItems: [{ ...item, quantity: { value: quantity, unit: 'C62' } }],
    ...overrides,
  };
}

/** What a declaration's item says of its goods and its certificate. */
export function itemOf(
  sequence: number,
  reference: string,
  quantity: Partial<Quantity> | null,
  overrides: Partial<ClaimItem> = {},
): ClaimItem {
  return {
    sequence,
    commodityCode: '85013130',
    originCountry: 'TH',
    preferentialOriginCountry: null,
    netMass: { value: '1240.5', unit: 'KGM' },
    tariffQuantity: null,
    documents: [
      {
        pointer: '',
        category: 'N',
        type: '954',
        id: reference,
        exemption: null,
        quantity: quantity === null ? null : { value: quantity.value ?? '1', unit: quantity.unit ?? null },
      },
    ],
    ...overrides,
  };
}

/** A claim of the consignee of the example. */
export function claimOf(items: readonly ClaimItem[], overrides: Partial<ClaimFacts> = {}): Claim {
  return {
    declarationId: randomUUID(),
    movementReference: '26VN0000000000018X',
    importerIdentifier: '0101234567',
    facts: { ...FACTS, items, ...overrides },
  };
}

/** Issues a certificate at a node as the decision does, with its seal; gives the sealed bytes. */
export async function issue(node: LedgerNode, certificate: CertificateOfOrigin): Promise<Buffer> {
  const { privateKey, certificate: signer } = node.keys.sealing;
  const signingTime = new Date(`${certificate.issueDate}T${certificate.issueTime}`);
  const bytes = sealDocument(toXml('certificate-of-origin', certificate), {
    privateKey,
    certificate: signer,
    signingTime,
  });
  const summary = summarise(certificate);
  await node.change(async (transaction) => {
    const digest = await storeDocument(transaction, {
      kind: 'certificate-of-origin',
      contentType: 'application/xml',
      bytes,
    });
    await insertCertificate(transaction, {
      id: randomUUID(),
      side: 'issuing',
      number: certificate.number,
      state: 'issued',
      summary,
      content: certificate,
      documentDigest: digest,
      recordedAt: NOW,
      issuedAt: NOW,
      own: { outcome: 'verified', steps: [] },
    });
    await node.ledger.certificateIssued(transaction, { certificate, at: NOW });
  });
  return bytes;
}

/** Delivers a certificate to a node, as the exchange does. */
export function deliverCertificate(node: LedgerNode, from: string, bytes: Buffer, at = NOW): Promise<unknown> {
  return node.change((transaction) =>
    node.issuance.receive(transaction, {
      ...envelope(from, at),
      service: 'urn:selat:service:certificate-of-origin',
      action: 'SendCertificate',
      payloads: [{ contentType: 'application/xml', content: inMemory(bytes) }],
    }),
  );
}

/** Delivers to a node what another one's ledger sent, as the exchange does. */
export function deliver(
  node: LedgerNode,
  from: string,
  document: SentDocument,
  at = later(60),
): Promise<{ readonly taken: boolean; readonly code?: string }> {
  return node.change((transaction) => node.ledger.receive(transaction, { ...document, ...envelope(from, at) }));
}

function envelope(fromCountry: string, receivedAt: Date) {
  return { messageId: `${randomUUID()}@node.example`, fromCountry, conversationId: 'UCR-1', receivedAt };
}

/** What the ledger of a node wants to tell now; nothing of it is delivered. */
export async function told(node: LedgerNode, at = later(30)): Promise<SentDocument[]> {
  const before = node.sent.length;
  await node.ledger.tellDue(at);
  return node.sent.slice(before);
}

/** An official of a node. */
export function official(node: LedgerNode, role: 'clearance-officer' | 'issuing-officer' | 'supervisor'): Actor {
  return {
    personId: randomUUID(),
    name: `Official ${role}`,
    role,
    firmId: null,
    firmIdentifier: null,
    office: null,
    country: node.country,
    via: 'session',
    onlyRights: null,
  };
}
