import type { Fault } from '../documents/fault.ts';
import type { PaperKind, PaperOfKind } from '../documents/paper-types.ts';
import { readPaper, writePaper } from '../documents/papers.ts';
import type { Directory } from '../federation/directory.ts';
import { sealDetached } from '../seal/detached-seal.ts';
import type { Sealer } from '../seal/seal.ts';
import type { VerificationStep } from './steps.ts';
import { verifyDetached } from './verify-detached.ts';

/** The name by which a detached seal refers to a paper. */
const PAPER_NAME = 'paper.json';

/** A paper as it travels: its canonical form, and the detached seal of the country that speaks. */
export interface SealedPaper {
  readonly bytes: Buffer;
  readonly seal: Buffer;
}

/** A paper that was opened, or why it is not believed. */
export type OpenedPaper<K extends PaperKind> =
  | { readonly ok: true; readonly paper: PaperOfKind[K]; readonly signingTime: Date }
  | {
      readonly ok: false;
      /** Stable code of the first thing that is wrong. */
      readonly code: string;
      /** In words for the operator. */
      readonly reason: string;
      readonly steps: readonly VerificationStep[];
      readonly faults: readonly Fault[];
    };

/** Writes a paper in canonical form (RFC 8785) and seals it. */
export function sealPaper<K extends PaperKind>(paper: PaperOfKind[K], by: Sealer): SealedPaper {
  const bytes = writePaper(paper);
  return { bytes, seal: sealDetached({ name: PAPER_NAME, bytes, mediaType: 'application/json' }, by) };
}

/**
 * Opens a delivered paper: seal first, so that nothing is read that nobody vouches for; then schema and texts; then that
 * it speaks for the country that delivered it, to this country.
 */
export function openPaper<K extends PaperKind>(
  kind: K,
  sealed: { readonly bytes: Uint8Array; readonly seal: Uint8Array },
  context: {
    readonly directory: Directory;
    readonly at: Date;
    /** The country that delivered it. */
    readonly from: string;
    /** This country. */
    readonly to: string;
  },
): OpenedPaper<K> {
  const { directory, at, from, to } = context;
  const verdict = verifyDetached({ name: PAPER_NAME, bytes: sealed.bytes }, sealed.seal, {
    directory,
    at,
    sealedBy: from,
  });
  const { steps, signingTime } = verdict;
  const wrong = steps.find((step) => step.verdict === 'failed');
  if (!verdict.established || signingTime === undefined)
    return {
      ok: false,
      code: wrong?.code ?? 'NOT-ESTABLISHED',
      reason: wrong?.reason ?? 'It is not established who sealed the paper.',
      steps,
      faults: [],
    };
  const reading = readPaper(kind, sealed.bytes);
  if (!reading.ok) {
    const [first] = reading.faults;
    return {
      ok: false,
      code: first?.code ?? 'PAPER-UNREADABLE',
      reason: reading.faults.map(({ message }) => message).join(' '),
      steps,
      faults: reading.faults,
    };
  }
  const { paper } = reading;
  if (paper.from !== from || paper.to !== to)
    return {
      ok: false,
      code: 'PAPER-MISDIRECTED',
      reason: `The paper is from ${paper.from} to ${paper.to}; it was delivered by ${from} to ${to}.`,
      steps,
      faults: [],
    };
  return { ok: true, paper, signingTime };
}
