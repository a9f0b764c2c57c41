import type { CertificateUse } from '../ports.ts';
import type { CertificateEvidence, CertificateStep, OriginQueryStanding } from './parts.ts';
import {
  type Evidence,
  entry,
  several,
  type VerdictAnswer,
  type VerdictEntry,
  type VerdictQuestion,
  worst,
} from './verdict-entry.ts';

/** What the questions about certificates are answered from. */
export interface CertificateFindings {
  /** Whether an item claims a preference that is not withheld. */
  readonly preferenceClaimed: boolean;
  readonly uses: readonly CertificateUse[];
  readonly certificates: readonly CertificateEvidence[];
  readonly originQueries: readonly OriginQueryStanding[];
}

/** Steps of a verification (documents.md) that answer each question. */
const STEPS_OF = {
  'certificate-authentic': ['seal', 'signer-certificate'],
  'certificate-unaltered': ['unaltered'],
  'certificate-signer-entitled': ['signer-authority'],
  'certificate-in-force': ['schema', 'agreement-and-validity', 'not-cancelled-and-quantity', 'addressed-to-us'],
} as const satisfies Partial<Record<VerdictQuestion, readonly string[]>>;

/** States of a certificate in which nothing more can be drawn from it, with what to say of each. */
const ENDED: Readonly<Record<string, string>> = {
  cancelled: 'was cancelled by its issuing authority',
  replaced: 'was replaced by another certificate',
  expired: 'has expired',
  refused: 'was refused by this node when it arrived',
};

/** The seven questions about certificates of origin: four from verification, then quantity, rule and origin query. */
export function certificateEntries(findings: CertificateFindings): VerdictEntry[] {
  return [
    verified('certificate-authentic', findings),
    verified('certificate-unaltered', findings),
    verified('certificate-signer-entitled', findings),
    verified('certificate-in-force', findings),
    quantity(findings),
    originRule(findings),
    originQuery(findings.originQueries),
  ];
}

/** The certificates that a declaration refers to. */
export function certificateNumbers(uses: readonly CertificateUse[]): string[] {
  return [...new Set(uses.map((use) => use.certificateNumber))];
}

/** Whether any item claims a preference that still stands. */
export function claimsPreference(
  agreements: readonly { readonly sequence: number; readonly agreement: string | null }[],
  withheld: ReadonlySet<number>,
): boolean {
  return agreements.some((item) => item.agreement !== null && !withheld.has(item.sequence));
}

function verified(question: keyof typeof STEPS_OF, findings: CertificateFindings): VerdictEntry {
  const numbers = certificateNumbers(findings.uses);
  if (numbers.length === 0) return withoutCertificate(question, findings);
  const evidence = numbers.flatMap((number) => {
    const certificate = findings.certificates.find((one) => one.number === number);
    return certificate === undefined ? [missing(number, findings.uses)] : stepsOf(question, certificate);
  });
  const answer = worst(evidence.map((one) => one.answer));
  const telling = evidence.filter((one) => one.answer === answer);
  return entry(question, answer, telling[0]?.code ?? codeOf(question, answer), reasonOf(answer, telling), evidence);
}

function withoutCertificate(question: VerdictQuestion, findings: CertificateFindings): VerdictEntry {
  return findings.preferenceClaimed
    ? entry(question, 'no', 'CERTIFICATE-NOT-NAMED', 'A preference is claimed and no certificate of origin is named.')
    : entry(
        question,
        'not-applicable',
        'NO-PREFERENCE-CLAIMED',
        'No preference is claimed and no certificate is named.',
      );
}

/** A certificate that is named and not here: waited for, or refused by the ledger because it cannot be. */
function missing(number: string, uses: readonly CertificateUse[]): Evidence {
  const refused = uses.find((use) => use.certificateNumber === number && use.state === 'refused');
  const shared = {
    kind: 'certificate',
    ...(refused === undefined ? {} : { itemSequence: refused.itemSequence }),
  } as const;
  return refused === undefined
    ? { ...shared, answer: 'waiting', code: 'CERTIFICATE-AWAITED', words: `The certificate ${number} has not arrived.` }
    : {
        ...shared,
        answer: 'not-checked',
        code: refused.code ?? 'CERTIFICATE-REFUSED',
        words: `The certificate ${number} is not here and could not be checked: ${refused.reason}`,
      };
}

function stepsOf(question: keyof typeof STEPS_OF, certificate: CertificateEvidence): Evidence[] {
  const link = `/api/certificates/${encodeURIComponent(certificate.number)}/verification`;
  const steps: Evidence[] = STEPS_OF[question].map((name) => {
    const step = certificate.steps.find((one) => one.step === name);
    return {
      kind: 'verification-step',
      answer: step === undefined ? 'not-checked' : ANSWER_OF[step.verdict],
      words: `${certificate.number}: ${step?.reason ?? `the step “${name}” was not taken.`}`,
      ...(step?.code === undefined ? {} : { code: step.code }),
      link,
    };
  });
  const ended = question === 'certificate-in-force' ? ENDED[certificate.state] : undefined;
  if (ended !== undefined)
    steps.unshift({
      kind: 'certificate',
      answer: 'no',
      code: `CERTIFICATE-${certificate.state.toUpperCase()}`,
      words: `The certificate ${certificate.number} ${ended}.`,
      link,
    });
  return steps;
}

const ANSWER_OF: Readonly<Record<CertificateStep['verdict'], VerdictAnswer>> = {
  passed: 'yes',
  failed: 'no',
  'not-checked': 'not-checked',
};

function codeOf(question: VerdictQuestion, answer: VerdictAnswer): string {
  return `${question.toUpperCase()}-${answer.toUpperCase()}`;
}

function reasonOf(answer: VerdictAnswer, telling: readonly Evidence[]): string {
  const words = several(telling.map((one) => one.words));
  return answer === 'not-checked' ? `Not checked. ${words}` : words;
}

const USE_ANSWER: Readonly<Record<CertificateUse['state'], VerdictAnswer>> = {
  awaited: 'waiting',
  reserved: 'yes',
  'written-off': 'yes',
  'given-back': 'not-applicable',
  refused: 'no',
};

function quantity(findings: CertificateFindings): VerdictEntry {
  if (findings.uses.length === 0) return withoutCertificate('quantity-left', findings);
  const evidence = findings.uses.map(
    (use): Evidence => ({
      kind: 'certificate-use',
      answer: USE_ANSWER[use.state],
      words: `Item ${use.itemSequence}, ${use.certificateNumber}: ${use.reason}`,
      ...(use.code === null ? {} : { code: use.code }),
      itemSequence: use.itemSequence,
      link: `/api/certificates/${encodeURIComponent(use.certificateNumber)}`,
    }),
  );
  const answer = worst(evidence.map((one) => one.answer));
  const telling = evidence.filter((one) => one.answer === answer);
  return entry(
    'quantity-left',
    answer,
    telling[0]?.code ?? codeOf('quantity-left', answer),
    reasonOf(answer, telling),
    evidence,
  );
}

function originRule(findings: CertificateFindings): VerdictEntry {
  if (!findings.preferenceClaimed)
    return entry('origin-rule-met', 'not-applicable', 'NO-PREFERENCE-CLAIMED', 'No preference is claimed.');
  return entry(
    'origin-rule-met',
    'not-checked',
    'ORIGIN-RULES-NOT-EVALUATED',
    'Not checked: rules of origin are not evaluated by this node yet.',
  );
}

function originQuery(queries: readonly OriginQueryStanding[]): VerdictEntry {
  if (queries.length === 0)
    return entry('origin-query', 'not-applicable', 'ORIGIN-NOT-QUERIED', 'The issuing country was not asked.');
  const evidence = queries.map((query): Evidence => {
    const answer: VerdictAnswer =
      query.state === 'asked'
        ? 'waiting'
        : query.state === 'expired' || query.confirmed === null
          ? 'not-checked'
          : query.confirmed
            ? 'yes'
            : 'no';
    return { kind: 'origin-query', answer, words: `${query.certificateNumber}: ${query.words}` };
  });
  const answer = worst(evidence.map((one) => one.answer));
  const telling = evidence.filter((one) => one.answer === answer);
  return entry('origin-query', answer, codeOf('origin-query', answer), reasonOf(answer, telling), evidence);
}
