import { type CodeListName, editionOf, isInList } from './code-lists.ts';
import type { FaultCode } from './fault-codes.ts';
import type { Partially } from './partial.ts';
import { wordsOfPointer } from './pointer.ts';
import type { Report } from './report.ts';
import type { ApplicationResponse, CertificateContent, Party } from './types.ts';

interface List {
  readonly code: FaultCode;
  readonly what: string;
}
const LISTS: Readonly<Partial<Record<CodeListName, List>>> = {
  countries: { code: 'CODE-COUNTRY', what: 'a country of ISO 3166-1' },
  currencies: { code: 'CODE-CURRENCY', what: 'a currency of ISO 4217' },
  locations: { code: 'CODE-LOCATION', what: 'a port or airport of the list of places (UN/LOCODE)' },
  units: { code: 'CODE-UNIT', what: 'a unit of UNECE Recommendation 20' },
  packages: { code: 'CODE-PACKAGE', what: 'a kind of package of UNECE Recommendation 21' },
  'transport-modes': { code: 'CODE-TRANSPORT-MODE', what: 'a mode of transport of UNECE Recommendation 19' },
  'harmonized-system': { code: 'CODE-HARMONIZED-SYSTEM', what: 'a code whose first six digits are a subheading' },
};

type Judge = (list: CodeListName, pointer: string, found: string | undefined) => void;

function judgeOn(date: string, report: Report): Judge {
  return (list, pointer, found) => {
    const about = LISTS[list];
    if (found === undefined || about === undefined) return;
    const code = list === 'harmonized-system' ? found.slice(0, 6) : found;
    if (isInList(list, code, date)) return;
    const place = wordsOfPointer(pointer).replace(/^./, (first) => first.toUpperCase());
    const message = `${place} is "${found}", which is not ${about.what}.`;
    report(about.code, pointer, message, found, `${about.what}, edition ${editionOf(list, date)}`);
  };
}

function judgeParty(party: Partially<Party> | undefined, pointer: string, judge: Judge): void {
  judge('countries', `${pointer}/address/country`, party?.address?.country);
}

/**
 * Reports codes that are not in their list, by the edition in force on the document's day.
 * @param date `YYYY-MM-DD`
 */
export function reportCertificateCodes(content: Partially<CertificateContent>, date: string, report: Report): void {
  const judge = judgeOn(date, report);
  judgeParty(content.exporter, '/exporter', judge);
  judgeParty(content.producer, '/producer', judge);
  judgeParty(content.consignee, '/consignee', judge);
  judge('countries', '/exportingCountry', content.exportingCountry);
  judge('countries', '/importingCountry', content.importingCountry);
  judge('countries', '/thirdCountryInvoicing/country', content.thirdCountryInvoicing?.country);
  const { transport } = content;
  judge('transport-modes', '/transport/mode', transport?.mode);
  judge('locations', '/transport/portOfLoading', transport?.portOfLoading);
  judge('locations', '/transport/portOfDischarge', transport?.portOfDischarge);
  for (const [index, item] of (content.goodsItems ?? []).entries()) {
    const at = `/goodsItems/${index}`;
    judge('packages', `${at}/packages/type`, item?.packages?.type);
    judge('units', `${at}/quantity/unit`, item?.quantity?.unit);
    judge('units', `${at}/grossWeight/unit`, item?.grossWeight?.unit);
    judge('harmonized-system', `${at}/harmonizedSystemCode`, item?.harmonizedSystemCode);
    judge('countries', `${at}/originCountry`, item?.originCountry);
    judge('currencies', `${at}/freeOnBoardValue/currency`, item?.freeOnBoardValue?.currency);
  }
}

/** Reports codes of an answer that are not in their list. */
export function reportResponseCodes(response: Partially<ApplicationResponse>, date: string, report: Report): void {
  const judge = judgeOn(date, report);
  judge('countries', '/sender/country', response.sender?.country);
  judge('countries', '/receiver/country', response.receiver?.country);
}
