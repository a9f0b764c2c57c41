import table from './sample-countries.json' with { type: 'json' };

/** A firm of the samples: a name, a registration in its country, an address. */
export interface SampleFirm {
  readonly name: string;
  readonly identifier: { readonly scheme: string; readonly value: string };
  readonly address: {
    readonly lines: readonly string[];
    readonly city: string;
    readonly postalCode?: string;
    readonly country: string;
  };
}

/** What a country of the samples has: an issuing authority and a customs administration with one office each, three firms, a port. */
export interface SampleCountry {
  readonly country: string;
  /** English name of the country. */
  readonly name: string;
  readonly authority: string;
  /** IANA zone. */
  readonly timeZone: string;
  readonly office: { readonly code: string; readonly name: string; readonly place: string };
  /** Its customs administration, with the currency of its duties. */
  readonly customs: {
    readonly name: string;
    readonly currency: string;
    readonly office: { readonly code: string; readonly name: string; readonly place: string };
  };
  readonly exporter: SampleFirm;
  readonly importer: SampleFirm;
  readonly broker: SampleFirm;
  /** UN/LOCODE; undefined where the samples know none, and then no sample certificate goes from or to there. */
  readonly port: string | undefined;
}

interface FirmRow {
  readonly name: string;
  readonly identifier: string;
  readonly lines: readonly string[];
  readonly city: string;
  readonly postalCode?: string;
}

interface CountryRow {
  readonly authority: string;
  readonly timeZone: string;
  readonly office: { readonly code: string; readonly name: string; readonly place: string };
  readonly customs?: SampleCountry['customs'];
  readonly port?: string;
  readonly city?: string;
  readonly exporter?: FirmRow;
  readonly importer?: FirmRow;
  readonly broker?: FirmRow;
}

const rows: Readonly<Record<string, CountryRow>> = table;
const englishNames = new Intl.DisplayNames('en', { type: 'region' });

function firm(country: string, row: FirmRow): SampleFirm {
  return {
    name: row.name,
    identifier: { scheme: `${country}:TIN`, value: row.identifier },
    address: {
      lines: row.lines,
      city: row.city,
      ...(row.postalCode === undefined ? {} : { postalCode: row.postalCode }),
      country,
    },
  };
}

/**
 * The sample authority and firms of a country: written out for some, made up from the country's name for every other
 * ISO 3166-1 code. All firms are inventions.
 */
export function sampleCountry(country: string): SampleCountry {
  const name = englishNames.of(country) ?? country;
  const row: CountryRow = rows[country] ?? {
    authority: `Customs Administration of ${name}`,
    timeZone: 'UTC',
    office: { code: `${country}-CUS-1`, name: 'Head office', place: name },
  };
  const invented = (trade: string, number: number): FirmRow => ({
    name: `${name} ${trade} Ltd.`,
    identifier: `${country}${String(number).padStart(9, '0')}`,
    lines: [`${number} Harbour Road`],
    city: row.city ?? row.office.place,
  });
  return {
    country,
    name,
    authority: row.authority,
    timeZone: row.timeZone,
    office: row.office,
    customs: row.customs ?? {
      name: `Customs of ${name}`,
      // A country that the samples do not know computes its duties in dollars.
      currency: 'USD',
      office: { code: `${country}CUS1`, name: 'Head office', place: row.city ?? row.office.place },
    },
    exporter: firm(country, row.exporter ?? invented('Electric Motors', 11)),
    importer: firm(country, row.importer ?? invented('Pumps and Fans', 12)),
    broker: firm(country, row.broker ?? invented('Customs Brokers', 13)),
    port: row.port,
  };
}
