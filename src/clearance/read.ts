import { mayDo, type Right } from '../access/rights.ts';
import { isObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { readDocument } from '../store/documents.ts';
import { eventsOf, type StoredEvent } from '../store/log.ts';
import type { Reader } from '../store/pool.ts';
import type { Asked } from './asked.ts';
import { declarationLine } from './declaration-line.ts';
import { type DeclarationRow, findDeclaration } from './declaration-row.ts';
import { selectDecisions, selectPayments } from './officer/case-file.ts';
import { dutyStanding, withheldItems } from './officer/duty-standing.ts';
import { releaseHindrances } from './officer/hindrances.ts';
import { WAITING_FOR, type WaitingFor } from './officer/standing.ts';
import { officerAssessment } from './officer/working.ts';
import type { CertificateUse, ClearanceParts } from './ports.ts';
import { MEDIA_TYPES } from './received-document.ts';
import { releaseStanding } from './release.ts';
import { type DeclarationStep, stepsFrom } from './states.ts';
import { type DeclarationVersion, listVersions, readVersion, type VersionLine } from './versions.ts';
import type { ChargesView, DeclarationView, HistoryView, VersionView } from './views.ts';
import { waitsOf } from './waits.ts';

/**
 * A declaration as its reader may know it: how it stands, its documents, its certificates and duty, what is open and who
 * has to move; for officials also why it has its channel.
 * @throws the refusal `DECLARATION-NOT-FOUND`.
 */
export async function readDeclaration(parts: ClearanceParts, asked: Asked, mrn: string): Promise<DeclarationView> {
  const { transaction: reader, actor, now } = asked;
  const row = await findDeclaration(reader, actor, now, mrn);
  const [current, versions, certificates, payments, decisions, declarant] = await Promise.all([
    readVersion(reader, row.id, row.document_version),
    listVersions(reader, row.id),
    parts.ledger.usesOf(reader, row.id),
    selectPayments(reader, row.id),
    selectDecisions(reader, row.id),
    firmOf(reader, row.declarant_firm_id),
  ]);
  const withheld = withheldItems(decisions);
  const officer = officerAssessment(decisions, row.document_version);
  const standing = dutyStanding({ declared: current.assessment, officer, withheld, uses: certificates, payments });
  const official = actor.firmId === null;
  return {
    ...declarationLine(row),
    declarant,
    versions: versions.map(versionView),
    certificates: certificates.map((use) => ({ ...use })),
    duty: current.assessment,
    charges: chargesView(standing),
    open: openMatters(row, certificates, withheld),
    actions: actionsOf(asked, row),
    ...(official ? { selection: await newestSelection(reader, row) } : {}),
  };
}

/** What is due and what of it is covered. */
function chargesView(standing: ReturnType<typeof dutyStanding>): ChargesView {
  const { currency, due, paid, secured, missing } = standing;
  return { currency, due, paid, secured, missing };
}

function openMatters(row: DeclarationRow, uses: readonly CertificateUse[], withheld: ReadonlySet<number>) {
  if (row.closed_at !== null) return [];
  return releaseHindrances(releaseStanding(row), uses, withheld).map((one) => ({ ...one }));
}

/** Steps that a declarant takes by a route of their own, with the right that it needs. */
const ROUTES: readonly { readonly step: DeclarationStep; readonly action: string; readonly right: Right }[] = [
  { step: 'amend', action: 'amend', right: 'declaration.amend' },
  { step: 'withdraw', action: 'withdraw', right: 'declaration.withdraw' },
  { step: 'arrive', action: 'report-arrival', right: 'arrival.report' },
];

/** What the reader can do next; what officers decide is told by the verdict. */
function actionsOf({ actor }: Asked, row: DeclarationRow): readonly string[] {
  const possible = stepsFrom(row.state, actor.firmId === null ? 'customs' : 'declarant');
  const actions = ROUTES.filter(({ step, right }) => possible.includes(step) && mayDo(actor, right));
  const asked = row.closed_at === null && row.open_queries > row.answered_queries;
  const unanswered = asked && mayDo(actor, 'query.answer');
  return [...actions.map(({ action }) => action), ...(unanswered ? ['answer-query'] : [])];
}

/** The channel that stands: that of the newest version that was given one. */
async function newestSelection(reader: Reader, row: DeclarationRow): Promise<DeclarationVersion['selection']> {
  const { rows } = await reader.query<{ selection: DeclarationVersion['selection'] }>({
    name: 'newest-selection',
    text: `select selection from declaration_versions where declaration_id = $1 and selection is not null
      order by number desc limit 1`,
    values: [row.id],
  });
  return rows[0]?.selection ?? null;
}

async function firmOf(reader: Reader, firmId: string): Promise<DeclarationView['declarant']> {
  const { rows } = await reader.query<{ name: string; identifier: string }>({
    name: 'firm-of-declaration',
    text: 'select name, identifier_value as identifier from firms where id = $1',
    values: [firmId],
  });
  return rows[0] ?? { name: '', identifier: '' };
}

function versionView(version: VersionLine): VersionView {
  return {
    number: version.number,
    kind: version.kind,
    form: version.form,
    digest: version.digest,
    lodgedAt: version.lodged_at.toISOString(),
    lodgedBy: version.lodged_by_name,
    ...(version.reason === null ? {} : { reason: version.reason }),
  };
}

/**
 * The bytes of one document of a declaration, as they came.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `VERSION-NOT-FOUND`.
 */
export async function readDeclarationDocument(
  asked: Asked,
  mrn: string,
  number: number,
): Promise<{ readonly bytes: Buffer; readonly contentType: string; readonly digest: string }> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const version = (await listVersions(asked.transaction, row.id)).find((one) => one.number === number);
  const stored = version === undefined ? undefined : await readDocument(asked.transaction, version.digest);
  if (version === undefined || stored === undefined)
    throw new Refusal('not-found', 'VERSION-NOT-FOUND', 'This declaration has no document with this number.');
  return { bytes: stored.bytes, contentType: MEDIA_TYPES[version.form], digest: version.digest };
}

/**
 * What happened to a declaration, in order, and who waited for whom.
 * @throws the refusal `DECLARATION-NOT-FOUND`.
 */
export async function declarationHistory(asked: Asked, mrn: string): Promise<HistoryView> {
  const row = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const events = await eventsOf(asked.transaction, [row.mrn]);
  return {
    entries: events.map(({ occurredAt, kind, actor, reason }) => ({
      at: occurredAt.toISOString(),
      kind,
      by: { name: actor.name, role: actor.role },
      ...(reason === undefined ? {} : { reason }),
    })),
    waits: waitsOf(events.flatMap(changeOfWait), asked.now),
  };
}

function changeOfWait({ occurredAt, data }: StoredEvent): { readonly at: string; readonly waitingFor: WaitingFor }[] {
  const waited = isObject(data) ? data['waitingFor'] : undefined;
  return isWaitingFor(waited) ? [{ at: occurredAt.toISOString(), waitingFor: waited }] : [];
}

function isWaitingFor(value: JsonValue | undefined): value is WaitingFor {
  return WAITING_FOR.some((one) => one === value);
}
