import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Selection } from '../selectivity/selection.ts';
import { keepDocument } from '../store/documents.ts';
import type { Reader } from '../store/pool.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Assessment } from '../tariff/assessment.ts';
import type { DeclarationForm, ReceivedDocument } from './received-document.ts';

export type VersionKind = 'original' | 'amendment' | 'supplementary';

/** A document of a declaration as it was taken, without its bytes. */
export interface DeclarationVersion {
  readonly number: number;
  readonly kind: VersionKind;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly form: DeclarationForm;
  readonly facts: DeclarationFacts;
  readonly assessment: Assessment;
  /** Null until a channel is assigned for it. */
  readonly selection: Selection | null;
  readonly lodged_at: Date;
  readonly lodged_by_name: string;
  readonly reason: string | null;
}

/** Keeps a document of a declaration, byte for byte, with what was read and computed; travels with the next statement. */
export function insertVersion(
  transaction: Transaction,
  version: {
    readonly declarationId: string;
    readonly number: number;
    readonly kind: VersionKind;
    readonly document: ReceivedDocument;
    readonly facts: DeclarationFacts;
    readonly assessment: Assessment;
    readonly selection: Selection | null;
    readonly lodgedAt: Date;
    readonly lodgedBy: { readonly id: string; readonly name: string };
    readonly reason: string | null;
  },
): void {
  const { document } = version;
  keepDocument(transaction, document.digest, {
    kind: 'declaration',
    contentType: document.contentType,
    bytes: document.bytes,
  });
  transaction.later({
    name: 'insert-declaration-version',
    text: `insert into declaration_versions (declaration_id, number, kind, document_digest, form, facts, assessment,
        selection, lodged_at, lodged_by, lodged_by_name, reason)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      version.declarationId,
      version.number,
      version.kind,
      document.digest,
      document.form,
      JSON.stringify(version.facts),
      JSON.stringify(version.assessment),
      version.selection === null ? null : JSON.stringify(version.selection),
      version.lodgedAt,
      version.lodgedBy.id,
      version.lodgedBy.name,
      version.reason,
    ],
  });
}

/** Keeps the channel of a version that had none, with the rules that fired; it is never changed after that. */
export function noteSelection(
  transaction: Transaction,
  declarationId: string,
  number: number,
  assessment: Assessment,
  selection: Selection,
): void {
  transaction.later({
    name: 'note-selection',
    text: `with noted as (
        update declaration_versions set selection = $3, assessment = $4
        where declaration_id = $1 and number = $2 and selection is null returning 1)
      select must_change(count(*)) from noted`,
    values: [declarationId, number, JSON.stringify(selection), JSON.stringify(assessment)],
  });
}

/** A document of a declaration as it was taken. */
export async function readVersion(reader: Reader, declarationId: string, number: number): Promise<DeclarationVersion> {
  const { rows } = await reader.query<DeclarationVersion>({
    name: 'declaration-version',
    text: `select number, kind, encode(document_digest, 'hex') as digest, form, facts, assessment, selection, lodged_at,
        lodged_by_name, reason
      from declaration_versions where declaration_id = $1 and number = $2`,
    values: [declarationId, number],
  });
  if (rows[0] === undefined) throw new Error(`declaration ${declarationId} has no version ${number}`);
  return rows[0];
}

/** A document in a list: without what was read and computed. */
export type VersionLine = Omit<DeclarationVersion, 'facts' | 'assessment' | 'selection'>;

/** All documents of a declaration, oldest first. */
export async function listVersions(reader: Reader, declarationId: string): Promise<VersionLine[]> {
  const { rows } = await reader.query<VersionLine>({
    name: 'declaration-versions',
    text: `select number, kind, encode(document_digest, 'hex') as digest, form, lodged_at, lodged_by_name, reason
      from declaration_versions where declaration_id = $1 order by number`,
    values: [declarationId],
  });
  return rows;
}
