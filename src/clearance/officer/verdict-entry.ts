/** The questions of a verdict, in the order in which an officer reads them. */
export const VERDICT_QUESTIONS = {
  'document-valid': 'Is the declaration valid?',
  'certificate-authentic': 'Is the certificate of origin authentic?',
  'certificate-unaltered': 'Is it unaltered?',
  'certificate-signer-entitled': 'Was its signer entitled to issue it?',
  'certificate-in-force': 'Is it in force and addressed to us?',
  'quantity-left': 'Is enough quantity left on it, and may it be used for these goods?',
  'origin-rule-met': 'Is the rule of origin met?',
  'origin-query': 'Does the issuing country confirm it, where it was asked?',
  'permits-granted': 'Are the permits of other agencies there?',
  'duty-computed': 'Is the duty known?',
  'export-agrees': "Does the declaration agree with the exporter's?",
  risk: 'May the goods go without a control?',
  'queries-answered': 'Are all queries to the declarant closed?',
  'inspection-conforming': 'Did the inspection find what was declared?',
  'payment-covered': 'Is the duty paid or secured?',
  'directory-fresh': 'Is the directory of the federation fresh?',
} as const;

export type VerdictQuestion = keyof typeof VERDICT_QUESTIONS;

/** `not-checked` is an answer of its own and never counts as good; `waiting` says that somebody has to move first. */
export type VerdictAnswer = 'yes' | 'no' | 'not-checked' | 'waiting' | 'not-applicable';

/** What an answer rests on. */
export type Evidence = {
  readonly kind:
    | 'declaration'
    | 'certificate'
    | 'verification-step'
    | 'certificate-use'
    | 'origin-query'
    | 'permit'
    | 'duty'
    | 'difference'
    | 'rule'
    | 'query'
    | 'inspection'
    | 'payment'
    | 'directory';
  readonly answer: VerdictAnswer;
  readonly words: string;
  readonly code?: string;
  readonly itemSequence?: number;
  /** JSON Pointer into the declaration. */
  readonly pointer?: string;
  /** Address on this node, where there is something to open. */
  readonly link?: string;
};

/** One question with its answer. */
export type VerdictEntry = {
  readonly question: VerdictQuestion;
  readonly words: string;
  readonly answer: VerdictAnswer;
  readonly code: string;
  readonly reason: string;
  /** What weighs most first, at most {@link MOST_EVIDENCE}. */
  readonly evidence: readonly Evidence[];
  /** How many more there are. */
  readonly evidenceLeftOff: number;
};

/** Most pieces of evidence of one answer: a screen for a declaration of thousands of items. */
export const MOST_EVIDENCE = 100;

/** An entry in the words of its question. */
export function entry(
  question: VerdictQuestion,
  answer: VerdictAnswer,
  code: string,
  reason: string,
  evidence: readonly Evidence[] = [],
): VerdictEntry {
  const ordered = evidence.toSorted((one, other) => SEVERITY.indexOf(one.answer) - SEVERITY.indexOf(other.answer));
  return {
    question,
    words: VERDICT_QUESTIONS[question],
    answer,
    code,
    reason,
    evidence: ordered.slice(0, MOST_EVIDENCE),
    evidenceLeftOff: Math.max(0, ordered.length - MOST_EVIDENCE),
  };
}

const SEVERITY: readonly VerdictAnswer[] = ['no', 'not-checked', 'waiting', 'yes', 'not-applicable'];

/** Of several answers the one that an officer has to know first; of none, `not-applicable`. */
export function worst(answers: readonly VerdictAnswer[]): VerdictAnswer {
  return SEVERITY.find((answer) => answers.includes(answer)) ?? 'not-applicable';
}

/** Several things in a sentence; beyond five their number. */
export function several(sentences: readonly string[]): string {
  const shown = sentences.slice(0, 5);
  const more = sentences.length - shown.length;
  return more > 0 ? `${shown.join(' ')} And ${more} more.` : shown.join(' ');
}
