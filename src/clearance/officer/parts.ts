import type { DeclarationFacts } from '../../documents/declaration/facts.ts';
import type { Pool, Reader } from '../../store/pool.ts';
import type { ClearanceParts } from '../ports.ts';

/** One step of a certificate's verification as it was stored when the certificate arrived. */
export interface CertificateStep {
  readonly step: string;
  readonly verdict: 'passed' | 'failed' | 'not-checked';
  readonly reason: string;
  readonly code?: string;
}

/** What this node found when it checked a certificate that another country's node sent. */
export interface CertificateEvidence {
  readonly number: string;
  /** State of the certificate now, such as `verified`, `refused`, `cancelled`. */
  readonly state: string;
  readonly issuingCountry: string;
  readonly checkedAt: string;
  readonly steps: readonly CertificateStep[];
  readonly documentDigest: string;
}

/** Reads the stored verification of certificates. */
export interface CertificateEvidenceSource {
  /** Those of the numbers that arrived; of one number the document in use, else the newest. */
  verificationsOf(reader: Reader, numbers: readonly string[]): Promise<readonly CertificateEvidence[]>;
}

/** One thing in which the declaration here says something else than the exporter's. */
export interface ExportDifference {
  readonly code: string;
  /** JSON Pointer into the declaration here; empty for the whole. */
  readonly pointer: string;
  readonly exported: string;
  readonly imported: string;
  /** In a sentence for the officer. */
  readonly words: string;
  /** `minor`: a typing error or another way of writing. */
  readonly weight: 'minor' | 'notable';
}

/** A declaration compared with the export declaration of its consignment, or why it was not. */
export type ExportComparison =
  | { readonly compared: false; readonly reason: string }
  | {
      readonly compared: true;
      /** The exporter's movement reference, and the country that sent it. */
      readonly movementReference: string;
      readonly from: string;
      readonly differences: readonly ExportDifference[];
    };

/** Compares a declaration with the exporter's own, where one was forwarded. */
export interface ExportDeclarations {
  compare(reader: Reader, imported: DeclarationFacts): Promise<ExportComparison>;
}

/** An origin query (J5) about a certificate of this declaration. */
export interface OriginQueryStanding {
  readonly id: string;
  readonly certificateNumber: string;
  readonly state: 'asked' | 'answered' | 'expired';
  readonly askedAt: string;
  readonly answerBy: string;
  /** Of an answer: whether the issuing country confirms the certificate. */
  readonly confirmed: boolean | null;
  readonly words: string;
}

/** The questions that were put to issuing countries. */
export interface OriginQueries {
  standingOf(reader: Reader, declarationId: string, now: Date): Promise<readonly OriginQueryStanding[]>;
}

/** How fresh the directory of the federation is that this node judges by. */
export interface DirectoryStanding {
  readonly state: 'fresh' | 'stale' | 'expired' | 'absent';
  readonly serial: number | null;
  /** ISO moment until which it counts as fresh. */
  readonly freshUntil: string | null;
}

/** What the officer's side needs besides what clearance has. */
export interface OfficerPorts {
  /** The node's database, for uploads, which must not hold a connection while they come in. */
  readonly pool: Pool;
  readonly certificates: CertificateEvidenceSource;
  readonly exportDeclarations: ExportDeclarations;
  readonly originQueries: OriginQueries;
  readonly directory: (now: Date) => DirectoryStanding;
}

export type OfficerParts = ClearanceParts & OfficerPorts;

/** Of a node to which no export declarations are forwarded. */
export const NO_EXPORT_DECLARATIONS: ExportDeclarations = {
  compare: async () => ({ compared: false, reason: 'No export declarations are forwarded to this node.' }),
};

/** Of a node that puts no questions to issuing countries. */
export const NO_ORIGIN_QUERIES: OriginQueries = { standingOf: async () => [] };
