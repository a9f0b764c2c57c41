import type { ListQuery } from '../store/list-parameters.ts';
import type { Transaction } from '../store/transaction.ts';
import { amendDeclaration } from './amend.ts';
import type { ArrivalReport } from './arrival-note.ts';
import { reportArrival } from './arrive.ts';
import type { Asked } from './asked.ts';
import { certificatesResolved } from './certificates-resolved.ts';
import { checkDeclaration } from './check.ts';
import { declarationLine } from './declaration-line.ts';
import { listDeclarations } from './lists.ts';
import { localDay } from './local-day.ts';
import type { LodgementParts } from './lodgement-parts.ts';
import { declarationHistory, readDeclaration, readDeclarationDocument } from './read.ts';
import { type DeclarationForm, ReceivedDocument } from './received-document.ts';
import { takeMessage } from './take-message.ts';
import type {
  CheckView,
  DeclarationLine,
  DeclarationPage,
  DeclarationView,
  HistoryView,
  MessageView,
} from './views.ts';
import { withdrawDeclaration } from './withdraw.ts';

/**
 * Declarations from their lodgement to their release, except for what officers do. Every operation throws a `Refusal`
 * when it does not do what was asked; what the actor may not see does not exist for them (`not-found`). `version` is the
 * one the actor saw (If-Match); another one in the database is refused as `changed-meanwhile`.
 */
export interface Clearance {
  /** Reads and validates what a declarant sent, by the rules of this day; needs no database. */
  receive(bytes: Buffer, form: DeclarationForm, now: Date): Promise<ReceivedDocument>;
  /** Every fault of a message and what would follow; stores nothing. */
  check(asked: Asked, document: ReceivedDocument): Promise<CheckView>;
  /** Takes a message as what it is: lodges a declaration, or changes the one that it names. */
  take(asked: Asked, document: ReceivedDocument, arrival: ArrivalReport | null): Promise<MessageView>;
  amend(
    asked: Asked,
    mrn: string,
    version: number,
    document: ReceivedDocument,
    reason: string | null,
  ): Promise<DeclarationLine>;
  arrive(asked: Asked, mrn: string, version: number, report: ArrivalReport): Promise<DeclarationLine>;
  withdraw(asked: Asked, mrn: string, version: number, reason: string): Promise<DeclarationLine>;
  list(asked: Asked, query: ListQuery): Promise<DeclarationPage>;
  read(asked: Asked, mrn: string): Promise<DeclarationView>;
  readDocument(
    asked: Asked,
    mrn: string,
    number: number,
  ): Promise<{ readonly bytes: Buffer; readonly contentType: string; readonly digest: string }>;
  history(asked: Asked, mrn: string): Promise<HistoryView>;
  /** What follows when certificates that declarations waited for came; given to the ledger. */
  certificatesResolved(transaction: Transaction, declarationIds: readonly string[], now: Date): Promise<void>;
}

/** Puts the declarations of one node together. */
export function createClearance(parts: LodgementParts): Clearance {
  return {
    async receive(bytes, form, now) {
      const date = localDay(now, parts.customs.timeZone);
      return new ReceivedDocument(bytes, form, date, await parts.taker.take(bytes, form, date));
    },
    check: (asked, document) => checkDeclaration(parts, asked, document),
    async take(asked, document, arrival) {
      const { done, row } = await takeMessage(parts, asked, document, arrival);
      return { ...declarationLine(row), done };
    },
    amend: async (asked, mrn, version, document, reason) =>
      declarationLine(await amendDeclaration(parts, asked, mrn, version, document, reason)),
    arrive: async (asked, mrn, version, report) =>
      declarationLine(await reportArrival(parts, asked, mrn, version, report)),
    withdraw: async (asked, mrn, version, reason) =>
      declarationLine(await withdrawDeclaration(parts, asked, mrn, version, { reason })),
    list: listDeclarations,
    read: (asked, mrn) => readDeclaration(parts, asked, mrn),
    readDocument: readDeclarationDocument,
    history: declarationHistory,
    certificatesResolved: (transaction, ids, now) => certificatesResolved(parts, transaction, ids, now),
  };
}
