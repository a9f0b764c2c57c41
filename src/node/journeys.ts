import { randomUUID } from 'node:crypto';
import { type Clearance, createClearance } from '../clearance/clearance.ts';
import { findDeclaration } from '../clearance/declaration-row.ts';
import type { LodgementParts } from '../clearance/lodgement-parts.ts';
import { createOfficer, type Officer } from '../clearance/officer/officer.ts';
import type { CertificateEvidenceSource, OfficerParts } from '../clearance/officer/parts.ts';
import { originAnswered } from '../clearance/origin-answered.ts';
import { originAsked } from '../clearance/origin-asked.ts';
import { type Correspondence, createCorrespondence } from '../correspondence/correspondence.ts';
import { CORRESPONDENCE_SERVICE, PAPER_KINDS, type PaperHandlers } from '../correspondence/ports.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ExchangeMeter } from '../exchange/meter.ts';
import type { DirectoryKeeper } from '../federation/directory-keeper.ts';
import { createForwarding, type Forwarding } from '../forwarding/forwarding.ts';
import { heldCertificates } from '../issuance/held-certificates.ts';
import { createIssuance, type Issuance } from '../issuance/issuance.ts';
import { CERTIFICATE_ACTION, CERTIFICATE_SERVICE, RESPONSE_ACTION } from '../issuance/ports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createOriginQueries, type OriginQueries } from '../origin-queries/origin-queries.ts';
import type { NodeKeys } from '../pki/key-store.ts';
import { createResponses, type Responses } from '../responses/responses.ts';
import type { Pool } from '../store/pool.ts';
import { createMilestoneRecorder } from '../timing/record-milestone.ts';
import type { Timing } from '../timing/timing.ts';
import { createTracing, type Tracing } from '../tracing/tracing.ts';
import type { NodeConfiguration } from './configuration.ts';
import { declarationTaker, type NodeTaker, responseWriter } from './declaration-documents.ts';
import { dutyOf } from './duty.ts';
import { exchangeOf } from './exchange-of-node.ts';
import { LEDGER_SERVICE, ledgerOf } from './ledger.ts';
import type { NodeTerms } from './node-terms.ts';
import { seesConsignment } from './sees-consignment.ts';
import { selectivityOf } from './selectivity.ts';
import { timingOfNode } from './timing-of-node.ts';

/** What the journeys of a node are put together from. */
export interface JourneyParts {
  readonly pool: Pool;
  readonly keys: NodeKeys;
  readonly keeper: DirectoryKeeper;
  readonly meter: ExchangeMeter;
}

/** The journeys of a node with the exchange that joins them to those of other nodes. */
export interface Journeys {
  readonly exchange: Exchange;
  readonly issuance: Issuance;
  readonly ledger: Ledger;
  readonly correspondence: Correspondence;
  readonly forwarding: Forwarding;
  readonly originQueries: OriginQueries;
  readonly tracing: Tracing;
  readonly timing: Timing;
  readonly responses: Responses;
  readonly clearance: Clearance;
  readonly officer: Officer;
  readonly taker: NodeTaker;
  readonly duty: ReturnType<typeof dutyOf>;
  readonly selectivity: Awaited<ReturnType<typeof selectivityOf>>;
}

/**
 * Puts the journeys of one node together. They know each other only by the ports that each of them states; where two need
 * one another, the later one is asked for when it is needed.
 */
export async function journeysOf(
  configuration: NodeConfiguration,
  terms: NodeTerms,
  parts: JourneyParts,
): Promise<Journeys> {
  const { country, customs } = configuration;
  const { pool, keys, keeper } = parts;
  const { clock, log } = terms;
  const newId = randomUUID;
  const directory = () => keeper.held?.directory ?? null;
  const sealingKey = () => keys.sealing;
  const warn =
    (words: string) =>
    (error: unknown): void =>
      log.warn({ err: error }, words);

  const exchange = exchangeOf(configuration, terms, {
    ...parts,
    services: [
      {
        service: CERTIFICATE_SERVICE,
        actions: [CERTIFICATE_ACTION, RESPONSE_ACTION],
        take: (transaction, delivery) => issuance.receive(transaction, delivery),
      },
      { ...LEDGER_SERVICE, take: (transaction, delivery) => ledger.receive(transaction, delivery) },
      {
        service: CORRESPONDENCE_SERVICE,
        actions: PAPER_KINDS,
        take: (transaction, delivery) => correspondence.receive(transaction, delivery),
      },
    ],
    receipted: [
      (transaction, receipt) => issuance.receipted(transaction, receipt),
      (transaction, receipt) => correspondence.receipted(transaction, receipt),
      (transaction, receipt) => originQueries.receipted(transaction, receipt),
    ],
  });
  const issuance = createIssuance({
    country,
    authority: configuration.authority,
    pool,
    sealingKey,
    directory,
    exchange,
    ledger: {
      certificateIssued: (transaction, issued) => ledger.certificateIssued(transaction, issued),
      certificateSettled: (transaction, number, now) => ledger.certificateSettled(transaction, number, now),
    },
    newId,
  });
  const ledger = ledgerOf(configuration, { ...parts, exchange, issuance, log, clearance: () => clearance });
  const handlers: PaperHandlers = {
    'export-declaration-notice': (transaction, received) => forwarding.take(transaction, received),
    'origin-query': (transaction, received) => originQueries.takeQuery(transaction, received),
    'origin-answer': (transaction, received) => originQueries.takeAnswer(transaction, received),
    'origin-determination': (transaction, received) => originQueries.takeDetermination(transaction, received),
    'consignment-events': (transaction, received) => tracing.take(transaction, received),
  };
  const correspondence = createCorrespondence({
    country,
    sealingKey,
    directory,
    exchange,
    handlers: () => handlers,
    newId,
  });
  const taker = declarationTaker(country);
  const forwarding = createForwarding({
    country,
    correspondence,
    readDeclaration: (bytes, mediaType, date) => taker.takeForwarded(bytes, mediaType, date),
    newId,
  });
  const timing = timingOfNode(configuration);
  const responses = createResponses({
    pool,
    writeResponse: responseWriter({ country, agency: customs.name }),
    webhooks: { privateAddresses: configuration.sample ? 'allowed' : 'refused' },
    clock,
    newId,
    onError: warn('webhooks wait'),
  });
  const duty = dutyOf(configuration);
  const selectivity = await selectivityOf(pool, terms);
  const lodgement: LodgementParts = {
    country,
    customs,
    taker,
    ledger,
    selectivity: selectivity.selectivity,
    duty: duty.assessor,
    responses,
    milestones: createMilestoneRecorder(country),
    forwarder: forwarding,
    newId,
  };
  const clearance = createClearance(lodgement);
  const originQueries = createOriginQueries({
    country,
    correspondence,
    async findCase(reader, actor, now, movementReference) {
      const row = await findDeclaration(reader, actor, now, movementReference);
      const uses = await ledger.usesOf(reader, row.id);
      return {
        declarationId: row.id,
        movementReference: row.mrn,
        certificateNumbers: [...new Set(uses.map(({ certificateNumber }) => certificateNumber))],
      };
    },
    async findCertificate(reader, side, number) {
      const [held] = await heldCertificates(reader, side, [number]);
      if (held === undefined || held.state === 'refused') return undefined;
      return { ...held, issuingCountry: held.exportingCountry };
    },
    asked: (transaction, question, now) => originAsked(lodgement, transaction, question, now),
    answered: (transaction, answer, now) => originAnswered(lodgement, transaction, answer, now),
    newId,
  });
  const tracing = createTracing({
    country,
    pool,
    correspondence,
    seesConsignment,
    clock,
    onError: warn('sharing of timelines waits'),
  });
  const officerParts: OfficerParts = {
    ...lodgement,
    pool,
    certificates: EVIDENCE,
    exportDeclarations: forwarding,
    originQueries,
    directory: () => {
      const held = keeper.held?.directory;
      const state = keeper.state();
      return {
        state: state === 'none' ? 'absent' : state,
        serial: held?.serial ?? null,
        freshUntil: held?.freshUntil ?? null,
      };
    },
  };
  const officer = createOfficer(officerParts);
  return {
    exchange,
    issuance,
    ledger,
    correspondence,
    forwarding,
    originQueries,
    tracing,
    timing,
    responses,
    clearance,
    officer,
    taker,
    duty,
    selectivity,
  };
}

/** What this node found when certificates came to it. */
const EVIDENCE: CertificateEvidenceSource = {
  async verificationsOf(reader, numbers) {
    const held = await heldCertificates(reader, 'importing', numbers);
    return held.map((one) => ({
      number: one.number,
      state: one.state,
      issuingCountry: one.exportingCountry,
      checkedAt: one.checkedAt.toISOString(),
      steps: one.steps,
      documentDigest: one.documentDigest,
    }));
  },
};
