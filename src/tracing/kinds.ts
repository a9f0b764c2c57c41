/** Who is waited for after an event; `nobody` ends a wait, undefined changes nothing. */
export type WaitedFor = 'trader' | 'issuing-authority' | 'customs' | 'exchange' | 'arrival' | 'nobody';

/** Which thing of a consignment an event is about: each is waited for on its own. */
export type Strand = 'certificate' | 'declaration' | 'export-declaration' | 'origin-query';

/** How an event of the log stands in the timeline of its consignment. */
export interface TimelineKind {
  /** In words for everybody who sees the consignment. */
  readonly words: string;
  readonly strand: Strand;
  readonly waits?: WaitedFor;
  /** Whether the other country is told of it. */
  readonly shared: boolean;
}

const kind = (strand: Strand, words: string, waits?: WaitedFor, shared = true): TimelineKind => ({
  words,
  strand,
  shared,
  ...(waits === undefined ? {} : { waits }),
});

/**
 * Every kind of event that stands in a timeline. What is not here stays out of it and is told to nobody: reasons of
 * selectivity, findings, names, and everything that comes later and nobody has thought about.
 */
export const TIMELINE_KINDS: Readonly<Record<string, TimelineKind>> = {
  'application.created': kind('certificate', 'Application for a certificate of origin begun', 'trader', false),
  'application.submitted': kind('certificate', 'Certificate of origin applied for', 'issuing-authority'),
  'application.returned': kind('certificate', 'Application returned for correction', 'trader'),
  'application.rejected': kind('certificate', 'Application rejected', 'nobody'),
  'application.withdrawn': kind('certificate', 'Application withdrawn', 'nobody'),
  'certificate.issued': kind('certificate', 'Certificate of origin issued and sealed', 'exchange'),
  'certificate.sent': kind('certificate', 'Certificate sent'),
  'certificate.delivered': kind('certificate', 'Certificate delivered and receipted', 'customs'),
  'certificate.received': kind('certificate', 'Certificate received', 'customs'),
  'certificate.verified': kind('certificate', 'Certificate verified', 'nobody'),
  'certificate.refused': kind('certificate', 'Certificate refused', 'nobody'),
  'certificate.used': kind('certificate', 'Certificate used'),
  'certificate.cancelled': kind('certificate', 'Certificate cancelled', 'nobody'),
  'certificate.replaced': kind('certificate', 'Certificate replaced', 'nobody'),
  'export-declaration.received': kind(
    'export-declaration',
    'Export declaration received from the exporting country',
    undefined,
    false,
  ),
  'export-declaration.amended': kind('export-declaration', 'Amended export declaration received', undefined, false),
  'export-declaration.withdrawn': kind(
    'export-declaration',
    'Export declaration withdrawn by the exporting country',
    undefined,
    false,
  ),
  'declaration.registered': kind('declaration', 'Declaration lodged ahead of arrival', 'arrival'),
  'declaration.accepted': kind('declaration', 'Declaration accepted', 'customs'),
  'declaration.arrived': kind('declaration', 'Arrival reported'),
  'declaration.amended': kind('declaration', 'Declaration amended'),
  'declaration.supplemented': kind('declaration', 'Supplementary data given'),
  'declaration.withdrawn': kind('declaration', 'Declaration withdrawn', 'nobody'),
  'declaration.claimed': kind('declaration', 'An officer took it up', undefined, false),
  'declaration.query-raised': kind('declaration', 'Customs asked the declarant', 'trader'),
  'declaration.query-asked-again': kind('declaration', 'Customs asked the declarant again', 'trader'),
  'declaration.query-answered': kind('declaration', 'The declarant answered', 'customs'),
  'declaration.query-closed': kind('declaration', 'Query closed', 'customs', false),
  'declaration.assessed': kind('declaration', 'Assessed'),
  'declaration.inspection-ordered': kind('declaration', 'Inspection ordered', 'customs'),
  'declaration.inspection-started': kind('declaration', 'Inspection began'),
  'declaration.inspection-recorded': kind('declaration', 'Inspection ended', 'customs'),
  'declaration.permit-opened': kind('declaration', 'Another agency was asked', undefined),
  'declaration.permit-answered': kind('declaration', 'The other agency answered', 'customs'),
  'declaration.payment-recorded': kind('declaration', 'Payment or security recorded', 'customs'),
  'declaration.certificates-resolved': kind('declaration', 'The certificate that was awaited came', 'customs'),
  'declaration.conditionally-released': kind('declaration', 'Released against security', 'customs'),
  'declaration.released': kind('declaration', 'Released', 'nobody'),
  'declaration.cleared': kind('declaration', 'Cleared', 'nobody'),
  'declaration.seized': kind('declaration', 'Seized', 'nobody'),
  'milestone.reported': kind('declaration', 'A milestone was reported', undefined, false),
  'origin-query.asked': kind(
    'origin-query',
    'The issuing authority was asked to check the certificate',
    'issuing-authority',
  ),
  'origin-query.received': kind('origin-query', 'Asked to check the certificate', 'issuing-authority'),
  'origin-query.answered': kind('origin-query', 'The issuing authority answered', 'customs'),
  'origin-query.determined': kind('origin-query', 'Origin determined', 'nobody'),
  'origin-query.withdrawn': kind('origin-query', 'The query was withdrawn', 'nobody'),
};

/** The kinds that a partner is told of. */
export const SHARED_KINDS: readonly string[] = Object.entries(TIMELINE_KINDS)
  .filter(([, { shared }]) => shared)
  .map(([name]) => name);

/** Whose act it was, for those who need no name. */
export function roleOf(role: string): 'trader' | 'issuing-authority' | 'customs' | 'node' {
  switch (role) {
    case 'trader':
    case 'broker':
      return 'trader';
    case 'issuing-officer':
      return 'issuing-authority';
    case 'clearance-officer':
    case 'supervisor':
      return 'customs';
    default:
      return 'node';
  }
}
