/** What a tariff's file says besides its rates. Partners are those whose goods a column is used for. */
export type TariffHead = {
  readonly country: string;
  readonly name: string;
  readonly edition: string;
  readonly source: string;
  readonly status: 'verified' | 'as-published';
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly validity: string;
  readonly digits: number;
  readonly currency: string;
  readonly mostFavouredNation: { readonly national: readonly string[]; readonly bound: string | null };
  readonly schedules: readonly ScheduleHead[];
  readonly units: { readonly [unit: string]: string };
};

type ScheduleHead = {
  readonly id: string;
  readonly group?: string;
  readonly title: string;
  readonly use: 'without-preference' | 'preference';
  /** Null: not established by the source, and then used for nobody. */
  readonly partners: readonly string[] | null;
  readonly note?: string;
};

// Members of ASEAN but for Timor-Leste, which joined in October 2025 and is in no schedule that is known here.
const ASEAN = ['BN', 'ID', 'KH', 'LA', 'MM', 'MY', 'PH', 'SG', 'TH', 'VN'];
const EU = 'AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');
// The United Kingdom acceded on 15 December 2024; whether the printed column holds for it is not established.
const CPTPP = ['AU', 'BN', 'CA', 'CL', 'JP', 'MX', 'MY', 'NZ', 'PE', 'SG', 'VN'];

function without(country: string, partners: readonly string[]): readonly string[] {
  return partners.filter((partner) => partner !== country);
}

function preference(id: string, title: string, partners: readonly string[] | null, note?: string): ScheduleHead {
  return { id, title, use: 'preference', partners, ...(note === undefined ? {} : { note }) };
}

function rcep(id: string, partners: readonly string[] | null, note?: string): ScheduleHead {
  return { group: 'rcep', ...preference(id, 'Regional Comprehensive Economic Partnership', partners, note) };
}

const LETTER =
  'Which partner this letter stands for is not established by the source (decree 129/2022/ND-CP orders them).';
const asean = (country: string, ...others: string[]): readonly string[] => without(country, [...ASEAN, ...others]);

export const vietNam: TariffHead = {
  country: 'VN',
  name: 'Viet Nam',
  edition: '2026-01',
  source:
    'Import tariff of Viet Nam as published for traders, AHTN 2022 (table of quyphong91/tariffvn, commit 719d0762, January 2026); not compared with the decrees',
  status: 'as-published',
  validFrom: '2026-01-01',
  validUntil: '2026-12-31',
  validity:
    'The edition is of January 2026; rates of agreements change with the year, so no other year is assessed by it.',
  digits: 8,
  currency: 'VND',
  mostFavouredNation: { national: ['mfn'], bound: null },
  schedules: [
    {
      id: 'standard',
      title: 'Standard rate',
      use: 'without-preference',
      partners: null,
      note: 'For goods of countries without most-favoured-nation treatment; the source does not name them.',
    },
    { id: 'mfn', title: 'Most-favoured-nation rate', use: 'without-preference', partners: null },
    preference('acfta', 'ASEAN-China Free Trade Area', asean('VN', 'CN')),
    preference('atiga', 'ASEAN Trade in Goods Agreement', asean('VN')),
    preference('ajcep', 'ASEAN-Japan Comprehensive Economic Partnership', asean('VN', 'JP')),
    preference('vjepa', 'Viet Nam-Japan Economic Partnership', ['JP']),
    preference('akfta', 'ASEAN-Korea Free Trade Area', asean('VN', 'KR')),
    preference('aanzfta', 'ASEAN-Australia-New Zealand Free Trade Area', asean('VN', 'AU', 'NZ')),
    preference('aifta', 'ASEAN-India Free Trade Area', asean('VN', 'IN')),
    preference('vkfta', 'Viet Nam-Korea Free Trade Agreement', ['KR']),
    preference('vcfta', 'Viet Nam-Chile Free Trade Agreement', ['CL']),
    preference('vn_eaeu', 'Viet Nam-Eurasian Economic Union', ['AM', 'BY', 'KG', 'KZ', 'RU']),
    preference('cptpp', 'CPTPP', without('VN', CPTPP), 'For goods of the United Kingdom not established.'),
    preference('ahkfta', 'ASEAN-Hong Kong Free Trade Agreement', asean('VN', 'HK')),
    preference('evfta', 'European Union-Viet Nam Free Trade Agreement', EU),
    preference('ukvfta', 'United Kingdom-Viet Nam Free Trade Agreement', ['GB']),
    preference('vifta', 'Viet Nam-Israel Free Trade Agreement', ['IL']),
    rcep('rcep_a', asean('VN')),
    ...['rcep_b', 'rcep_c', 'rcep_d', 'rcep_e', 'rcep_f'].map((id) => rcep(id, null, LETTER)),
  ],
  units: {},
};

export const japan: TariffHead = {
  country: 'JP',
  name: 'Japan',
  edition: '2026-07',
  source:
    'Tariff schedule of Japan as the customs publish it (structured by qlitre/japan-tariff-mcp, commit 715eff92, July 2026); not compared with the official schedule',
  status: 'as-published',
  validFrom: '2026-07-01',
  validUntil: null,
  validity: 'The edition is of July 2026; the source names no days.',
  digits: 9,
  currency: 'JPY',
  mostFavouredNation: { national: ['temporary', 'general'], bound: 'wto' },
  schedules: [
    { id: 'general', title: 'General rate', use: 'without-preference', partners: null },
    { id: 'temporary', title: 'Temporary rate', use: 'without-preference', partners: null },
    {
      id: 'wto',
      title: 'Rate bound in the WTO',
      use: 'without-preference',
      partners: null,
      note: 'Holds where it is lower than the national rate; printed in parentheses where it is not.',
    },
    ...['gsp', 'gsp_ldc'].map((id) =>
      preference(
        id,
        id === 'gsp' ? 'Generalised System of Preferences' : 'Preferences for least developed countries',
        null,
        'The source does not name the beneficiaries.',
      ),
    ),
    preference('epa_sg', 'Japan-Singapore Economic Partnership', ['SG']),
    preference('epa_mx', 'Japan-Mexico Economic Partnership', ['MX']),
    preference('epa_my', 'Japan-Malaysia Economic Partnership', ['MY']),
    preference('epa_cl', 'Japan-Chile Economic Partnership', ['CL']),
    preference('epa_th', 'Japan-Thailand Economic Partnership', ['TH']),
    preference('epa_id', 'Japan-Indonesia Economic Partnership', ['ID']),
    preference('epa_bn', 'Japan-Brunei Economic Partnership', ['BN']),
    preference('ajcep', 'ASEAN-Japan Comprehensive Economic Partnership', ASEAN),
    preference('epa_ph', 'Japan-Philippines Economic Partnership', ['PH']),
    preference('epa_ch', 'Japan-Switzerland Economic Partnership', ['CH']),
    preference('epa_vn', 'Japan-Viet Nam Economic Partnership', ['VN']),
    preference('epa_in', 'Japan-India Economic Partnership', ['IN']),
    preference('epa_pe', 'Japan-Peru Economic Partnership', ['PE']),
    preference('epa_au', 'Japan-Australia Economic Partnership', ['AU']),
    preference('epa_mn', 'Japan-Mongolia Economic Partnership', ['MN']),
    preference('cptpp', 'CPTPP', without('JP', CPTPP), 'For goods of the United Kingdom not established.'),
    preference('epa_eu', 'Japan-European Union Economic Partnership', EU),
    preference('epa_gb', 'Japan-United Kingdom Economic Partnership', ['GB']),
    rcep('rcep_asean_au_nz', [...ASEAN, 'AU', 'NZ']),
    rcep('rcep_cn', ['CN']),
    rcep('rcep_kr', ['KR']),
    preference('us', 'Japan-United States Trade Agreement', ['US']),
  ],
  units: {
    KGM: 'kg',
    LTR: 'l (litre)',
    K6: 'kl (kilolitre)',
    TNE: 'MT (metric ton)',
    MTK: '㎡ (square metre)',
    HEA: '頭 (head)',
    PR: '足 (pair)',
    C62: '本 (counted by the piece)',
    ST: '枚 (sheet)',
  },
};
