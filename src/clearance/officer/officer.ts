import type { Readable } from 'node:stream';
import type { Upload } from '../../documents/upload.ts';
import { sweepPieces } from '../../store/file-pieces.ts';
import type { Asked } from '../asked.ts';
import type { DeclarationRow } from '../declaration-row.ts';
import { type AssessmentOutcome, assess, confirmAssessment } from './assess.ts';
import { claimDeclaration, handOverDeclaration } from './claims.ts';
import type { DutyStanding } from './duty-standing.ts';
import {
  type InspectionReport,
  type InspectionWish,
  orderInspection,
  recordInspection,
  startInspection,
} from './inspections.ts';
import type { ItemFinding } from './officer-facts.ts';
import type { OfficerParts } from './parts.ts';
import { type PaymentReport, recordPayment } from './payments.ts';
import { answerPermit, openPermit, type PermitAnswer, type PermitWish } from './permits.ts';
import {
  type PreferenceDecision,
  type PreferenceOutcome,
  restorePreference,
  withholdPreference,
} from './preference.ts';
import { answerQuery, askAgain, closeQuery, type Question, raiseQuery } from './queries.ts';
import { addQueryFile, openQueryFile, QUERY_FILE_PIECES, type QueryFile, type QuerySide } from './query-files.ts';
import { listOpenQueries, type OpenQueryLine, type QueriesView, readQueries } from './query-views.ts';
import { readVerdict, type VerdictView } from './read-verdict.ts';
import { release, releaseConditionally, seize } from './releases.ts';
import type { DecisionReason } from './standing.ts';
import { readWorklist, type Worklist } from './worklist.ts';

/**
 * The officer's side of clearance. Every operation throws a `Refusal` when it does not do what was asked; what the actor
 * may not see does not exist for them (`not-found`). `version` is the declaration's that the actor saw (If-Match);
 * another one in the database is refused as `changed-meanwhile`. What was done leaves an event, milestones and a response
 * to the declarant.
 */
export interface Officer {
  worklist(asked: Asked, query: Readonly<Record<string, string>>): Promise<Worklist>;
  verdict(asked: Asked, mrn: string, fromItem?: number): Promise<VerdictView>;
  claim(asked: Asked, mrn: string, version: number): Promise<DeclarationRow>;
  handOver(
    asked: Asked,
    mrn: string,
    version: number,
    handOver: { readonly to: string | null; readonly reason: string },
  ): Promise<DeclarationRow>;

  raiseQuery(
    asked: Asked,
    mrn: string,
    version: number,
    question: Question & { readonly subject: string },
  ): Promise<{ readonly row: DeclarationRow; readonly number: number }>;
  answerQuery(asked: Asked, mrn: string, version: number, number: number, text: string): Promise<DeclarationRow>;
  askAgain(asked: Asked, mrn: string, version: number, number: number, question: Question): Promise<DeclarationRow>;
  closeQuery(asked: Asked, mrn: string, version: number, number: number, remark: string): Promise<DeclarationRow>;
  queries(asked: Asked, mrn: string): Promise<QueriesView>;
  openQueries(asked: Asked): Promise<readonly OpenQueryLine[]>;
  addQueryFile(asked: Asked, mrn: string, number: number, side: QuerySide, upload: Upload): Promise<QueryFile>;
  openQueryFile(
    asked: Asked,
    mrn: string,
    number: number,
    fileId: string,
  ): Promise<{ readonly file: QueryFile; readonly bytes: Readable }>;

  assess(
    asked: Asked,
    mrn: string,
    version: number,
    given: { readonly findings: readonly ItemFinding[]; readonly remark: string | null },
  ): Promise<AssessmentOutcome>;
  confirmAssessment(asked: Asked, mrn: string, version: number, remark: string): Promise<AssessmentOutcome>;
  orderInspection(asked: Asked, mrn: string, version: number, wish: InspectionWish): Promise<DeclarationRow>;
  startInspection(asked: Asked, mrn: string, version: number, number: number): Promise<DeclarationRow>;
  recordInspection(
    asked: Asked,
    mrn: string,
    version: number,
    number: number,
    report: InspectionReport,
  ): Promise<DeclarationRow>;
  withholdPreference(asked: Asked, mrn: string, version: number, one: PreferenceDecision): Promise<PreferenceOutcome>;
  restorePreference(asked: Asked, mrn: string, version: number, one: PreferenceDecision): Promise<PreferenceOutcome>;
  openPermit(asked: Asked, mrn: string, version: number, wish: PermitWish): Promise<DeclarationRow>;
  answerPermit(
    asked: Asked,
    mrn: string,
    version: number,
    number: number,
    answer: PermitAnswer,
  ): Promise<DeclarationRow>;
  recordPayment(
    asked: Asked,
    mrn: string,
    version: number,
    report: PaymentReport,
  ): Promise<{ readonly row: DeclarationRow; readonly duty: DutyStanding }>;
  release(asked: Asked, mrn: string, version: number, reasons: readonly DecisionReason[]): Promise<DeclarationRow>;
  releaseConditionally(
    asked: Asked,
    mrn: string,
    version: number,
    reasons: readonly DecisionReason[],
  ): Promise<DeclarationRow>;
  seize(asked: Asked, mrn: string, version: number, reasons: readonly DecisionReason[]): Promise<DeclarationRow>;

  /** Sweeps uploads that broke off; at start and daily. */
  keepHouse(): Promise<void>;
}

/** Puts the officer's side of one node together. */
export function createOfficer(parts: OfficerParts): Officer {
  return {
    worklist: readWorklist,
    verdict: (asked, mrn, fromItem) => readVerdict(parts, asked, mrn, fromItem),
    claim: (asked, mrn, version) => claimDeclaration(parts, asked, mrn, version),
    handOver: (asked, mrn, version, to) => handOverDeclaration(parts, asked, mrn, version, to),
    raiseQuery: (asked, mrn, version, question) => raiseQuery(parts, asked, mrn, version, question),
    answerQuery: (asked, mrn, version, number, text) => answerQuery(parts, asked, mrn, version, number, text),
    askAgain: (asked, mrn, version, number, question) => askAgain(parts, asked, mrn, version, number, question),
    closeQuery: (asked, mrn, version, number, remark) => closeQuery(parts, asked, mrn, version, number, remark),
    queries: readQueries,
    openQueries: listOpenQueries,
    addQueryFile: (asked, mrn, number, side, upload) => addQueryFile(parts, asked, mrn, number, side, upload),
    openQueryFile: (asked, mrn, number, fileId) => openQueryFile(parts, asked, mrn, number, fileId),
    assess: (asked, mrn, version, given) => assess(parts, asked, mrn, version, given),
    confirmAssessment: (asked, mrn, version, remark) => confirmAssessment(parts, asked, mrn, version, remark),
    orderInspection: (asked, mrn, version, wish) => orderInspection(parts, asked, mrn, version, wish),
    startInspection: (asked, mrn, version, number) => startInspection(parts, asked, mrn, version, number),
    recordInspection: (asked, mrn, version, number, report) =>
      recordInspection(parts, asked, mrn, version, number, report),
    withholdPreference: (asked, mrn, version, one) => withholdPreference(parts, asked, mrn, version, one),
    restorePreference: (asked, mrn, version, one) => restorePreference(parts, asked, mrn, version, one),
    openPermit: (asked, mrn, version, wish) => openPermit(parts, asked, mrn, version, wish),
    answerPermit: (asked, mrn, version, number, answer) => answerPermit(parts, asked, mrn, version, number, answer),
    recordPayment: (asked, mrn, version, report) => recordPayment(parts, asked, mrn, version, report),
    release: (asked, mrn, version, reasons) => release(parts, asked, mrn, version, reasons),
    releaseConditionally: (asked, mrn, version, reasons) => releaseConditionally(parts, asked, mrn, version, reasons),
    seize: (asked, mrn, version, reasons) => seize(parts, asked, mrn, version, reasons),
    keepHouse: () => sweepPieces(parts.pool, QUERY_FILE_PIECES),
  };
}
