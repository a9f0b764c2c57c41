import type { CertificateApplication, SchemeId } from '../documents/types.ts';
import type { SampleCountry } from './sample-country.ts';

const day = 86_400_000;

function date(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/**
 * A sample application: electric motors (HS 8501.31) made in one country for a maker of pumps in another. They leave two
 * days after `now`, so that the certificate is not issued retroactively.
 * @param serial tells one sample from the next: it is part of the consignment reference and the invoice number
 */
export function sampleApplication(
  from: SampleCountry,
  to: SampleCountry,
  scheme: SchemeId,
  serial: string,
  now: Date,
): CertificateApplication {
  if (from.port === undefined || to.port === undefined)
    throw new RangeError(`the samples know no port of ${from.port === undefined ? from.name : to.name}`);
  const today = date(now, from.timeZone);
  const invoice = `INV-${serial}`;
  const criterion = scheme === 'RCEP' ? 'CTC' : 'CTH';
  return {
    scheme,
    consignmentReference: `${now.getUTCFullYear() % 10}${from.country}${from.exporter.identifier.value.slice(-9)}-${serial}`,
    exporter: { ...from.exporter },
    consignee: { ...to.importer },
    exportingCountry: from.country,
    importingCountry: to.country,
    transport: {
      departureDate: date(new Date(now.getTime() + 2 * day), from.timeZone),
      mode: '1',
      meansName: 'MV Straits Pioneer',
      voyageNumber: '142E',
      portOfLoading: from.port,
      portOfDischarge: to.port,
    },
    goodsItems: [
      {
        itemNumber: 1,
        marks: 'PUMP WORKS 1-20',
        packages: { count: '20', type: 'CT' },
        description: 'Direct current motors, 24 V, output 350 W, model SPM-350, brand Siam Precision',
        quantity: { value: '1000', unit: 'C62' },
        harmonizedSystemCode: '850131',
        originCriterion: criterion,
        originCountry: from.country,
        grossWeight: { value: '3150.5', unit: 'KGM' },
        freeOnBoardValue: { amount: '41250.00', currency: 'USD' },
        invoiceNumber: invoice,
      },
      {
        itemNumber: 2,
        marks: 'PUMP WORKS 21-24',
        packages: { count: '4', type: 'CT' },
        description: 'Rotors for direct current motors, model SPM-350-R, brand Siam Precision',
        quantity: { value: '200', unit: 'C62' },
        harmonizedSystemCode: '850300',
        originCriterion: criterion,
        originCountry: from.country,
        grossWeight: { value: '410', unit: 'KGM' },
        freeOnBoardValue: { amount: '3120.00', currency: 'USD' },
        invoiceNumber: invoice,
      },
    ],
    invoices: [{ number: invoice, date: today }],
    indications: [],
    declaration: { place: from.exporter.address.city, date: today, signatory: 'K. Wattana, export manager' },
  };
}
