import type { DeclarationFacts } from '../../documents/declaration/facts.ts';
import { isObject, type JsonObject, type JsonValue } from '../../documents/json.ts';
import type { Selection } from '../../selectivity/selection.ts';
import type { Reader } from '../../store/pool.ts';
import type { Assessment } from '../../tariff/assessment.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import type { CertificateUse } from '../ports.ts';
import { type CaseFile, readCaseFile } from './case-file.ts';
import { type DutyStanding, dutyStanding, withheldItems } from './duty-standing.ts';
import type { OfficerParts, OriginQueryStanding } from './parts.ts';
import type { DecisionRecord, EstablishedDuty, OfficerAssessment, PaymentRecord } from './standing.ts';

/** The newest document of a declaration as it was taken. */
export interface TakenDocument {
  readonly number: number;
  readonly kind: string;
  readonly digest: string;
  readonly facts: DeclarationFacts;
  /** The duty as computed from it. */
  readonly assessment: Assessment;
  /** The channel that stands, with the rules that fired; null while none was assigned. */
  readonly selection: Selection | null;
}

/** A declaration with everything an officer's act or verdict goes by. */
export interface WorkingCase {
  readonly document: TakenDocument;
  readonly file: CaseFile;
  readonly uses: readonly CertificateUse[];
  readonly originQueries: readonly OriginQueryStanding[];
  readonly withheld: ReadonlySet<number>;
  readonly officer: OfficerAssessment | null;
  readonly duty: DutyStanding;
}

/** Reads a declaration's newest document, its case file and its certificates, and how its duty stands. */
export async function readWorkingCase(
  parts: OfficerParts,
  reader: Reader,
  row: DeclarationRow,
  now: Date,
): Promise<WorkingCase> {
  const [document, file, uses, originQueries] = await Promise.all([
    selectDocument(reader, row.id, row.document_version),
    readCaseFile(reader, row.id),
    parts.ledger.usesOf(reader, row.id),
    parts.originQueries.standingOf(reader, row.id, now),
  ]);
  const withheld = withheldItems(file.decisions);
  const officer = officerAssessment(file.decisions, row.document_version);
  return {
    document,
    file,
    uses,
    originQueries,
    withheld,
    officer,
    duty: dutyStanding({
      declared: document.assessment,
      officer,
      withheld,
      uses,
      payments: file.payments,
      doubted: doubtedBy(originQueries),
    }),
  };
}

/** How the duty of a case would stand after a change of what it goes by. */
export function dutyAfter(
  working: WorkingCase,
  change: {
    readonly officer?: OfficerAssessment;
    readonly withheld?: ReadonlySet<number>;
    readonly uses?: readonly CertificateUse[];
    readonly payments?: readonly PaymentRecord[];
  },
): DutyStanding {
  return dutyStanding({
    declared: working.document.assessment,
    officer: change.officer ?? working.officer,
    withheld: change.withheld ?? working.withheld,
    uses: change.uses ?? working.uses,
    payments: change.payments ?? working.file.payments,
    doubted: doubtedBy(working.originQueries),
  });
}

function doubtedBy(queries: readonly OriginQueryStanding[]): ReadonlySet<string> {
  return new Set(queries.filter((query) => query.state === 'asked').map((query) => query.certificateNumber));
}

/** The officer's assessment that counts: the latest about the newest document; an amended declaration is assessed anew. */
export function officerAssessment(
  decisions: readonly DecisionRecord[],
  documentVersion: number,
): OfficerAssessment | null {
  const latest = decisions.filter((one) => one.kind === 'assessment' && one.documentVersion === documentVersion).at(-1);
  return latest === undefined ? null : assessmentIn(latest.detail);
}

/** What a decision about an assessment keeps, as it was written by {@link assessmentDetail}. */
export function assessmentIn(detail: JsonObject): OfficerAssessment | null {
  const { assessment, established } = detail;
  if (!isAssessment(assessment)) return null;
  return { assessment, established: isEstablished(established) ? established : [] };
}

function isAssessment(value: JsonValue | undefined): value is Assessment {
  return isObject(value) && Array.isArray(value['items']) && typeof value['currency'] === 'string';
}

function isEstablished(value: unknown): value is readonly EstablishedDuty[] {
  return Array.isArray(value);
}

async function selectDocument(reader: Reader, declarationId: string, version: number): Promise<TakenDocument> {
  const { rows } = await reader.query<TakenDocument>({
    name: 'taken-document',
    text: `select v.number, v.kind, encode(v.document_digest, 'hex') as digest, v.facts, v.assessment,
        (select s.selection from declaration_versions s where s.declaration_id = $1 and s.selection is not null
          order by s.number desc limit 1) as selection
      from declaration_versions v where v.declaration_id = $1 and v.number = $2`,
    values: [declarationId, version],
  });
  const [found] = rows;
  if (found === undefined) throw new Error(`declaration ${declarationId} has no document ${version}`);
  return found;
}
