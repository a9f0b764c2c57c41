import { AGREEMENTS, timeOfIssue } from '../documents/agreements.ts';
import { makeCertificateNumber } from '../documents/certificate-number.ts';
import type { CertificateContent, CertificateOfOrigin } from '../documents/types.ts';
import { type LocalTime, localTime } from './local-time.ts';
import type { IssuingAuthority, IssuingOffice } from './ports.ts';

/** What the decision adds to the applicant's content. */
export interface Issue {
  readonly country: string;
  readonly authority: IssuingAuthority;
  readonly office: IssuingOffice;
  readonly officer: string;
  readonly remarks?: string;
  readonly at: Date;
  /** From the series of the scheme and the year of issue. */
  readonly serial: number;
}

/** The day and hour of issue where the authority is; its year decides from which series the number comes. */
export function issueTime(authority: IssuingAuthority, at: Date): LocalTime {
  return localTime(at, authority.timeZone);
}

/**
 * The certificate in JSON form: the applicant's content, the number, the authority and its endorsement. A certificate
 * issued after the day of shipment is marked as issued retroactively (ATIGA OCP rule 10.2; RCEP article 3.17.8);
 * whether that is still possible is for the validation to say.
 */
export function makeCertificate(content: CertificateContent, issue: Issue): CertificateOfOrigin {
  const when = issueTime(issue.authority, issue.at);
  const { departureDate } = content.transport;
  const late =
    departureDate !== undefined && timeOfIssue(AGREEMENTS[content.scheme], departureDate, when.date) === 'retroactive';
  const indications =
    late && !content.indications.includes('issued-retroactively')
      ? ([...content.indications, 'issued-retroactively'] as const)
      : content.indications;
  return {
    ...withoutKind(content),
    indications,
    number: makeCertificateNumber({
      scheme: content.scheme,
      country: issue.country,
      year: when.year,
      serial: issue.serial,
    }),
    issueDate: when.date,
    issueTime: when.time,
    issuer: {
      authority: issue.authority.name,
      country: issue.country,
      office: issue.office.code,
      officeName: issue.office.name,
    },
    endorsement: {
      officer: issue.officer,
      place: issue.office.place,
      date: when.date,
      ...(issue.remarks === undefined || issue.remarks === '' ? {} : { remarks: issue.remarks }),
    },
  };
}

function withoutKind(content: CertificateContent & { readonly documentKind?: unknown }): CertificateContent {
  const { documentKind: _, ...rest } = content;
  return rest;
}
