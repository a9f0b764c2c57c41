import { Decimal } from 'decimal.js';
import type { Channel } from '../selectivity/selection.ts';
import type { Assessment } from '../tariff/assessment.ts';
import type { CertificateUse } from './ports.ts';
import type { RequiredPaper } from './required-papers.ts';

/** Who has to look at what before the goods can go, as it follows from a declaration's content and its channel. */
export interface Outstanding {
  readonly openCertificates: number;
  readonly assessmentOpen: boolean;
  /** Whether the system orders an inspection (red channel). */
  readonly inspection: boolean;
  readonly permits: readonly RequiredPaper[];
  /** As long as nothing is paid. */
  readonly payment: 'none' | 'unknown' | 'due';
  /** Why an officer has to look although the channel asks for nothing, in words. */
  readonly reasons: readonly string[];
}

/**
 * What is outstanding when a declaration is accepted. Green means that nobody looks, so whatever nobody has checked opens
 * the assessment also there: a preference without a certificate that carries it, goods whose permit is only named, a
 * duty that could not be computed.
 */
export function outstanding(given: {
  readonly channel: Channel;
  readonly assessment: Assessment;
  readonly uses: readonly CertificateUse[];
  readonly papers: readonly RequiredPaper[];
}): Outstanding {
  const { channel, assessment, uses, papers } = given;
  const payment = paymentOf(assessment);
  const permits = papers.filter((paper) => paper.kind === 'permit' && paper.standing !== 'given');
  const reasons = [
    ...uses
      .filter((use) => use.state === 'refused')
      .map((use) => `Item ${use.itemSequence}: certificate ${use.certificateNumber} cannot be used. ${use.reason}`),
    ...unsupportedItems(assessment, uses).map(
      (sequence) => `Item ${sequence}: a preference is claimed and no certificate of origin is named.`,
    ),
    ...papers
      .filter((paper) => paper.kind === 'permit' && paper.standing === 'given')
      .map((paper) => `${paper.title} (${paper.agency ?? 'other agency'}): named in the declaration, not checked yet.`),
    ...(payment === 'unknown' ? ['The duty could not be computed for every item.'] : []),
  ];
  return {
    openCertificates: uses.filter((use) => use.state === 'awaited').length,
    assessmentOpen: channel !== 'green' || reasons.length > 0,
    inspection: channel === 'red',
    permits,
    payment,
    reasons,
  };
}

/** What a duty means for whoever has to pay it, before anything is paid. */
export function paymentOf({ claimedTotal }: Assessment): 'none' | 'unknown' | 'due' {
  if (claimedTotal === null) return 'unknown';
  return new Decimal(claimedTotal.amount).isZero() ? 'none' : 'due';
}

function unsupportedItems({ items }: Assessment, uses: readonly CertificateUse[]): number[] {
  const referring = new Set(uses.map((use) => use.itemSequence));
  return items.filter((item) => item.agreement !== null && !referring.has(item.sequence)).map((item) => item.sequence);
}
