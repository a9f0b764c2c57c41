import { setTimeout as pause } from 'node:timers/promises';
import { isArray, type JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { entriesAt, fieldOf, textAt } from './answers.ts';
import type { CarriedSample } from './carry-samples.ts';
import type { SampleUser } from './client.ts';
import { controlSample } from './control-sample.ts';
import { sampleCountry } from './sample-country.ts';
import { completeImport, type SampleConsignment, sampleConsignments, sampleExport } from './sample-declaration.ts';
import { ensureSampleRules } from './sample-rules.ts';
import type { SampleUsers } from './sample-users.ts';

/** What the importer was told of a declaration. */
export interface SampleResponse {
  readonly step: string;
  readonly issuedAt: string;
  /** The sentences of the response. */
  readonly words: readonly string[];
}

/** One consignment that was declared on both sides, as it ended. */
export interface ClearedConsignment {
  readonly consignmentReference: string;
  readonly exportMovementReference: string;
  readonly localReference: string;
  readonly movementReference: string;
  /** The channel that the samples mean to show, and the one that the rules gave. */
  readonly expectedChannel: string;
  readonly channel: string;
  readonly state: string;
  readonly waitingFor: string;
  readonly payment: string;
  readonly happened: readonly string[];
  readonly responses: readonly SampleResponse[];
  readonly milliseconds: number;
}

/** What is left of an item of a certificate, by one node's ledger. */
export interface LedgerLine {
  readonly item: string;
  readonly unit: string;
  readonly issued: string;
  readonly setAside: string;
  readonly writtenOff: string;
  readonly left: string;
}

/** A certificate with the consignments that were declared with it. */
export interface ClearedSample {
  readonly certificateNumber: string;
  readonly from: string;
  readonly to: string;
  readonly consignments: readonly ClearedConsignment[];
  readonly ledger: {
    readonly issuing: readonly LedgerLine[];
    readonly importing: readonly LedgerLine[];
    /** Whether both nodes say the same. */
    readonly agree: boolean;
  };
  /** What could not be shown, and why. */
  readonly leftOut: readonly string[];
}

interface Parties {
  readonly exporter: SampleUser;
  readonly importer: SampleUser;
  readonly officer: SampleUser;
}

/**
 * Declares the goods of a sample certificate as its people would, over HTTP: the exporter declares three consignments,
 * their declarations are sent forward, the importer begins from them and declares; the system, the officer and the
 * importer do what the channels ask for. Where the importing node cannot compute the duty, one consignment is declared and
 * left to its officers, and this is said.
 * @param progress told after each step
 */
export async function clearSample(
  users: SampleUsers,
  certificate: CarriedSample,
  progress: (words: string) => void,
): Promise<ClearedSample> {
  const { from, to, number } = certificate;
  await ensureSampleRules(users, to);
  const parties: Parties = {
    exporter: await users.of(from, 'exporter'),
    importer: await users.of(to, 'importer'),
    officer: await users.of(to, 'clearance'),
  };
  const invoice = `INV-${certificate.consignmentReference.split('-').at(-1) ?? ''}`;
  const consignments: ClearedConsignment[] = [];
  const leftOut: string[] = [];
  for (const consignment of sampleConsignments(certificate.consignmentReference, invoice)) {
    const cleared = await clearConsignment(parties, certificate, consignment, progress);
    consignments.push(cleared);
    if (cleared.payment !== 'unknown') continue;
    leftOut.push(
      `${sampleCountry(to).name}: the duty could not be computed, so that officers have to establish it; the other consignments were not declared.`,
    );
    break;
  }
  return {
    certificateNumber: number,
    from,
    to,
    consignments,
    ledger: await ledgers(parties, number),
    leftOut,
  };
}

async function clearConsignment(
  parties: Parties,
  certificate: CarriedSample,
  consignment: SampleConsignment,
  progress: (words: string) => void,
): Promise<ClearedConsignment> {
  const start = performance.now();
  const happened: string[] = [];
  const { importer } = parties;
  const to = sampleCountry(certificate.to);
  const exported = await declareExport(parties, certificate, consignment, happened);
  const draft = await draftFor(importer, consignment.consignmentReference);
  happened.push(`It was sent forward to ${to.name}; the importer began the import declaration from it.`);
  const localReference = `IMP-${consignment.invoice.slice(4)}`;
  const declaration = completeImport(fieldOf(draft, 'content'), {
    to,
    scheme: certificate.scheme,
    localReference,
    certificateNumber: certificate.number,
    consignment,
  });
  const movementReference = await declareImport(importer, declaration, consignment, happened);
  const lodged = await importer.get(`/api/declarations/${movementReference}`);
  const channel = textAt(lodged.body, 'channel');
  if (textAt(lodged.body, 'state') === 'released') happened.push('The system released the goods: nothing was open.');
  else if (textAt(lodged.body, 'payment') === 'unknown')
    happened.push('The duty could not be computed; the declaration waits for an officer.');
  else await controlSample(parties, movementReference, (words) => happened.push(words));
  const { body } = await importer.get(`/api/declarations/${movementReference}`);
  progress(`${to.importer.name} declared ${movementReference}: ${channel}, ${textAt(body, 'state')}`);
  return {
    consignmentReference: consignment.consignmentReference,
    exportMovementReference: exported,
    localReference,
    movementReference,
    expectedChannel: consignment.channel,
    channel,
    state: textAt(body, 'state'),
    waitingFor: textAt(body, 'waitingFor'),
    payment: textAt(body, 'payment'),
    happened,
    responses: await responsesAbout(importer, movementReference, textAt(body, 'state')),
    milliseconds: Math.round(performance.now() - start),
  };
}

async function declareExport(
  { exporter }: Parties,
  certificate: CarriedSample,
  consignment: SampleConsignment,
  happened: string[],
): Promise<string> {
  const from = sampleCountry(certificate.from);
  const document = sampleExport(
    from,
    sampleCountry(certificate.to),
    consignment,
    `EXP-${consignment.invoice.slice(4)}`,
  );
  const { body } = await exporter.post('/api/declarations', document);
  const movementReference = textAt(body, 'mrn');
  happened.push(`${from.exporter.name} declared the export: ${movementReference}, ${textAt(body, 'state')}.`);
  return movementReference;
}

/** Waits until the export declaration is there: asked every 50 ms, for at most half a minute. */
async function draftFor(importer: SampleUser, consignmentReference: string): Promise<JsonObject> {
  const query = new URLSearchParams({ consignmentReference }).toString();
  for (let tries = 0; tries < 600; tries += 1) {
    const { body } = await importer.get(`/api/forwarded-declarations?${query}`);
    const id = textAt(entriesAt(body, 'items')[0], 'id');
    if (id !== '') return (await importer.get(`/api/forwarded-declarations/${id}/import-draft`)).body;
    await pause(50);
  }
  throw new Refusal(
    'unavailable',
    'SAMPLE-UNANSWERED',
    `The export declaration of ${consignmentReference} did not come forward within half a minute; GET /api/partners at the exporting node (as operator) says why.`,
  );
}

/** Pre-check, lodgement, and where the goods were declared ahead their arrival. */
async function declareImport(
  importer: SampleUser,
  declaration: JsonObject,
  { ahead }: SampleConsignment,
  happened: string[],
): Promise<string> {
  const check = await importer.post('/api/declarations/check', declaration);
  if (fieldOf(check.body, 'valid') !== true) {
    const faults = entriesAt(check.body, 'faults').map(
      (fault) => `${textAt(fault, 'code')} ${textAt(fault, 'pointer')}`,
    );
    throw new Error(`the sample declaration has faults: ${faults.join(', ')}`);
  }
  const notChecked = fieldOf(fieldOf(check.body, 'preview'), 'notChecked');
  const open = isArray(notChecked) ? notChecked.filter((words) => typeof words === 'string') : [];
  happened.push(['The pre-check found no fault.', ...open].join(' '));
  const arrival = { at: new Date().toISOString(), precision: 'second' };
  const query = new URLSearchParams({ arrivedAt: arrival.at, arrivalPrecision: arrival.precision }).toString();
  const lodged = await importer.post(ahead ? '/api/declarations' : `/api/declarations?${query}`, declaration);
  const movementReference = textAt(lodged.body, 'mrn');
  if (!ahead) {
    happened.push('The goods were there, and the declaration was accepted.');
    return movementReference;
  }
  happened.push('The declaration was registered ahead of the goods.');
  await importer.post(
    `/api/declarations/${movementReference}/arrival`,
    { ...arrival, at: new Date().toISOString() },
    lodged.version,
  );
  happened.push('The importer reported their arrival, and the declaration was accepted.');
  return movementReference;
}

/**
 * What the importer was told of a declaration. The feed holds back what an older transaction of the server could still
 * precede, so the end of it may come a moment later: of goods that were released it is asked for until the release is in
 * it, for five seconds.
 */
async function responsesAbout(
  importer: SampleUser,
  movementReference: string,
  state: string,
): Promise<SampleResponse[]> {
  const path = `/api/responses?movementReference=${movementReference}`;
  let items = entriesAt((await importer.get(path)).body, 'items');
  const isWhole = (): boolean => state !== 'released' || textAt(items.at(-1), 'step') === 'released';
  for (let tries = 0; tries < 50 && !isWhole(); tries += 1) {
    await pause(100);
    items = entriesAt((await importer.get(path)).body, 'items');
  }
  return items.map((response) => ({
    step: textAt(response, 'step'),
    issuedAt: textAt(response, 'issuedAt'),
    words: entriesAt(response, 'content', 'statements').map((statement) => textAt(statement, 'text')),
  }));
}

/** Both nodes' ledgers of a certificate; the issuing node's once it has the reports, or after ten seconds as it is. */
async function ledgers({ exporter, importer }: Parties, number: string): Promise<ClearedSample['ledger']> {
  const path = `/api/certificates/${number}/ledger`;
  const importing = linesOf((await importer.get(path)).body);
  for (let tries = 0; ; tries += 1) {
    const issuing = linesOf((await exporter.get(path)).body);
    const agree = JSON.stringify(issuing.map(usedOf)) === JSON.stringify(importing.map(usedOf));
    if (agree || tries === 200) return { issuing, importing, agree };
    await pause(50);
  }
}

function usedOf({ item, writtenOff, left }: LedgerLine): string {
  return `${item} ${writtenOff} ${left}`;
}

function linesOf(ledger: JsonObject): LedgerLine[] {
  return entriesAt(ledger, 'items').map((item) => ({
    item: String(fieldOf(item, 'itemNumber') ?? ''),
    unit: textAt(item, 'unit'),
    issued: textAt(item, 'issued'),
    setAside: textAt(item, 'setAside'),
    writtenOff: textAt(item, 'writtenOff'),
    left: textAt(item, 'left'),
  }));
}
