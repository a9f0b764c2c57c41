import { AGREEMENTS, monthsLater, timeOfIssue } from './agreements.ts';
import { readCertificateNumber } from './certificate-number.ts';
import type { Partially } from './partial.ts';
import type { Report } from './report.ts';
import type { ApplicationResponse, CertificateOfOrigin } from './types.ts';

type Certificate = Partially<CertificateOfOrigin>;

function reportNumber(certificate: Certificate, report: Report): void {
  const { number, scheme, exportingCountry, issueDate } = certificate;
  if (number === undefined) return;
  const read = readCertificateNumber(number);
  if (read === undefined) {
    const message = 'The check character of the number does not fit: a character of it was mistyped.';
    report('NUMBER-CHECK-CHARACTER', '/number', message, number);
    return;
  }
  const wrong = [
    scheme !== undefined && read.scheme !== scheme ? 'the agreement' : undefined,
    exportingCountry !== undefined && read.country !== exportingCountry ? 'the exporting country' : undefined,
    issueDate !== undefined && String(read.year) !== issueDate.slice(0, 4) ? 'the year of issue' : undefined,
  ].filter((each) => each !== undefined);
  if (wrong.length === 0) return;
  const message = `The number does not have ${wrong.join(' and ')} of this certificate.`;
  report('NUMBER-NOT-OF-CERTIFICATE', '/number', message, number);
}

/** Marked as issued retroactively exactly when it is, and not too late (ATIGA annex 8, rule 10). */
function reportTimeOfIssue(certificate: Certificate, report: Report): void {
  const { issueDate, indications, scheme } = certificate;
  const departureDate = certificate.transport?.departureDate;
  if (issueDate === undefined || departureDate === undefined || scheme === undefined || indications === undefined)
    return;
  const agreement = AGREEMENTS[scheme];
  const isMarked = indications.includes('issued-retroactively');
  const time = timeOfIssue(agreement, departureDate, issueDate);
  if (time === 'too-late') {
    const last = monthsLater(departureDate, agreement.retroactiveMonths);
    const message = `A certificate for a shipment of ${departureDate} can be issued until ${last}, not on ${issueDate}.`;
    report('ISSUED-TOO-LATE', '/issueDate', message, issueDate, `${last} or before`);
  } else if (time === 'retroactive' && !isMarked) {
    const message = 'The certificate is issued after the shipment; box 13 must say "issued retroactively".';
    report('RETROACTIVE-MARK-MISSING', '/indications', message, issueDate, 'issued-retroactively in /indications');
  } else if (time === 'in-time' && isMarked) {
    const message = 'The certificate is issued on or before the day of shipment; it is not issued retroactively.';
    report('RETROACTIVE-MARK-WRONG', '/indications', message, issueDate, `a day after ${departureDate}`);
  }
}

function reportDates(certificate: Certificate, report: Report): void {
  const { issueDate } = certificate;
  const declared = certificate.declaration?.date;
  const endorsed = certificate.endorsement?.date;
  if (issueDate === undefined) return;
  if (declared !== undefined && declared > issueDate) {
    const message = "The exporter's declaration cannot be later than the issue of the certificate.";
    report('DATE-ORDER', '/declaration/date', message, declared, `${issueDate} or before`);
  }
  if (endorsed !== undefined && (endorsed > issueDate || (declared !== undefined && endorsed < declared))) {
    const message = 'The certification of box 12 must lie between the declaration of box 11 and the issue.';
    report('DATE-ORDER', '/endorsement/date', message, endorsed, `${declared ?? ''} to ${issueDate}`);
  }
  for (const [index, invoice] of (certificate.invoices ?? []).entries()) {
    if (invoice?.date === undefined || invoice.date <= issueDate) continue;
    const message = 'An invoice cannot be dated after the issue of the certificate that names it.';
    report('DATE-ORDER', `/invoices/${index}/date`, message, invoice.date, `${issueDate} or before`);
  }
}

/** Reports what does not fit together in what the issuing authority adds to a certificate. */
export function reportIssue(certificate: Certificate, report: Report): void {
  reportNumber(certificate, report);
  reportTimeOfIssue(certificate, report);
  reportDates(certificate, report);
  const { exportingCountry } = certificate;
  const country = certificate.issuer?.country;
  if (country !== undefined && exportingCountry !== undefined && country !== exportingCountry) {
    const message = 'A certificate is issued by an authority of the exporting country.';
    report('ISSUER-COUNTRY', '/issuer/country', message, country, exportingCountry);
  }
}

/** Reports an answer whose outcome does not follow from its steps, or does not fit the quantities it tells. */
export function reportOutcome(response: Partially<ApplicationResponse>, report: Report): void {
  const { outcome, steps } = response;
  const tellsUse = outcome === 'used' || outcome === 'returned' || outcome === 'granted';
  if (outcome !== undefined && tellsUse !== (response.utilisation !== undefined)) {
    const message = tellsUse
      ? 'An answer that tells of use, return or allotment must have the quantities.'
      : 'An answer to a delivery tells no quantities.';
    report('OUTCOME-UTILISATION', '/utilisation', message, outcome);
  }
  if (outcome === undefined || steps === undefined || steps.some((step) => step?.verdict === undefined)) return;
  const hasFailed = steps.some((step) => step?.verdict === 'failed');
  if (hasFailed === (outcome === 'refused')) return;
  const message = hasFailed
    ? `A step failed, yet the outcome is "${outcome}".`
    : 'The outcome is "refused", yet no step failed.';
  report('OUTCOME-STEPS', '/outcome', message, outcome, hasFailed ? 'refused' : 'not refused');
}
