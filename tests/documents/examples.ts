import { makeCertificateNumber } from '../../src/documents/certificate-number.ts';
import type { ApplicationResponse, CertificateApplication, CertificateOfOrigin } from '../../src/documents/types.ts';

const ATIGA: CertificateApplication = {
  scheme: 'ATIGA-FORM-D',
  consignmentReference: '6TH0105536000315-26-000417',
  exporter: {
    name: 'Siam Motor Works Co., Ltd.',
    identifier: { scheme: 'TH:TIN', value: '0105536000315' },
    address: {
      lines: ['88/9 Moo 4, Amata City Industrial Estate', 'Bang Lamung'],
      city: 'Chonburi',
      postalCode: '20150',
      country: 'TH',
    },
  },
  producer: {
    name: 'Siam Motor Works (Rayong) Co., Ltd.',
    address: { lines: ['7/152 Moo 4, Pluak Daeng'], city: 'Rayong', postalCode: '21140', country: 'TH' },
  },
  consignee: {
    name: 'Công ty TNHH Điện cơ Sông Hồng',
    identifier: { scheme: 'VN:MST', value: '0101234567' },
    address: { lines: ['Lô C-3, KCN Nomura'], city: 'Hải Phòng', postalCode: '180000', country: 'VN' },
  },
  exportingCountry: 'TH',
  importingCountry: 'VN',
  transport: {
    departureDate: '2026-03-01',
    mode: '1',
    meansName: 'MV Mekong Star',
    voyageNumber: 'V.0126N',
    portOfLoading: 'THLCH',
    portOfDischarge: 'VNHPH',
  },
  goodsItems: [
    {
      itemNumber: 1,
      marks: 'SMW / HPH / 1-20',
      packages: { count: '20', type: 'CT' },
      description: 'DC electric motors for window lifters, 12 V, 60 W,\nmodel SMW-WL60, trade mark SIAM',
      quantity: { value: '2000', unit: 'C62' },
      harmonizedSystemCode: '85013130',
      originCriterion: 'CTH',
      originCountry: 'TH',
      grossWeight: { value: '1240.5', unit: 'KGM' },
      invoiceNumber: 'SMW-26-0388',
    },
    {
      itemNumber: 2,
      marks: 'SMW / HPH / 21-24',
      packages: { count: '4', type: 'CT' },
      description: 'Brush holders & carbon brushes for motors < 750 W',
      quantity: { value: '310.25', unit: 'KGM' },
      harmonizedSystemCode: '850300',
      originCriterion: '40%',
      originCountry: 'TH',
      grossWeight: { value: '335', unit: 'KGM' },
      freeOnBoardValue: { amount: '4120.00', currency: 'USD' },
      invoiceNumber: 'SMW-26-0389',
    },
  ],
  invoices: [
    { number: 'SMW-26-0388', date: '2026-02-24' },
    { number: 'SMW-26-0389', date: '2026-02-25' },
  ],
  indications: ['accumulation'],
  declaration: { place: 'Chonburi', date: '2026-02-26', signatory: 'Kanya Srisuk' },
};

const RCEP: CertificateApplication = {
  scheme: 'RCEP',
  consignmentReference: '6JP4010001000000-26-77123',
  exporter: {
    name: '三河部品株式会社',
    identifier: { scheme: 'JP:CN', value: '4010001000000' },
    address: { lines: ['1-2-3 Meieki Minami', 'Nakamura-ku'], city: 'Nagoya', postalCode: '450-0003', country: 'JP' },
  },
  consignee: {
    name: 'Công ty Cổ phần Ô tô Bến Thành',
    identifier: { scheme: 'VN:MST', value: '0309876543' },
    address: { lines: ['12 Đường số 5, KCN Tân Bình'], city: 'Hồ Chí Minh', country: 'VN' },
  },
  exportingCountry: 'JP',
  importingCountry: 'VN',
  transport: {
    departureDate: '2026-03-10',
    mode: '4',
    meansName: 'JA-8321',
    voyageNumber: 'NH 831',
    portOfLoading: 'JPNGO',
    portOfDischarge: 'VNSGN',
  },
  goodsItems: [
    {
      itemNumber: 1,
      marks: 'MIKAWA 26-77123',
      packages: { count: '12', type: 'PX' },
      description: 'Gear boxes for motor vehicles of heading 87.03',
      quantity: { value: '48', unit: 'C62' },
      harmonizedSystemCode: '870840',
      originCriterion: 'RVC ACU',
      originCountry: 'JP',
      grossWeight: { value: '3.84', unit: 'TNE' },
      freeOnBoardValue: { amount: '5424000', currency: 'JPY' },
    },
  ],
  invoices: [{ number: 'MK-77123', date: '2026-03-06' }],
  indications: [],
  declaration: { place: 'Nagoya', date: '2026-03-07', signatory: '鈴木 一郎' },
};

/** A valid application from Thailand to Viet Nam under ATIGA, with what a test wants otherwise. */
export function exampleApplication(overrides: Partial<CertificateApplication> = {}): CertificateApplication {
  return { ...ATIGA, ...overrides };
}

/** A valid application from Japan to Viet Nam under RCEP, with what a test wants otherwise. */
export function exampleRcepApplication(overrides: Partial<CertificateApplication> = {}): CertificateApplication {
  return { ...RCEP, ...overrides };
}

/** A valid certificate on the ATIGA application, issued three days before the shipment. */
export function exampleCertificate(overrides: Partial<CertificateOfOrigin> = {}): CertificateOfOrigin {
  return {
    ...ATIGA,
    number: makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year: 2026, serial: 417 }),
    issueDate: '2026-02-26',
    issueTime: '15:42:10+07:00',
    issuer: {
      authority: 'Department of Foreign Trade',
      country: 'TH',
      office: 'TH-CBI',
      officeName: 'Chonburi Regional Office',
    },
    endorsement: { officer: 'Somchai Rattanakul', place: 'Chonburi', date: '2026-02-26', remarks: 'Documents seen.' },
    ...overrides,
  };
}

/** A valid certificate on the RCEP application. */
export function exampleRcepCertificate(overrides: Partial<CertificateOfOrigin> = {}): CertificateOfOrigin {
  return {
    ...RCEP,
    number: makeCertificateNumber({ scheme: 'RCEP', country: 'JP', year: 2026, serial: 77 }),
    issueDate: '2026-03-09',
    issueTime: '01:05:00Z',
    issuer: {
      authority: 'Japan Chamber of Commerce and Industry',
      country: 'JP',
      office: 'JP-NGO',
      officeName: 'Nagoya Office',
    },
    endorsement: { officer: '山田 花子', place: 'Nagoya', date: '2026-03-09' },
    ...overrides,
  };
}

/** A valid answer of Viet Nam to the certificate of `exampleCertificate`. */
export function exampleResponse(overrides: Partial<ApplicationResponse> = {}): ApplicationResponse {
  return {
    id: '0d9c2f1e-4c61-4b7c-9a52-0f6f4c9f2f10',
    issueDate: '2026-02-26',
    issueTime: '08:44:00Z',
    sender: { country: 'VN', authority: 'Viet Nam Customs' },
    receiver: { country: 'TH', authority: 'Department of Foreign Trade' },
    consignmentReference: ATIGA.consignmentReference,
    responseTo: {
      number: exampleCertificate().number,
      documentDigest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      messageId: '4f1c9b5e-52a3-4f7e-8a44-b8e6a9b0f1c2@selat-th.example',
    },
    outcome: 'verified',
    steps: [
      { step: 'unaltered', verdict: 'passed', reason: 'The bytes are those that were sent.' },
      { step: 'not-cancelled-and-quantity', verdict: 'not-checked', reason: 'Not known here.', code: 'LEDGER-UNKNOWN' },
    ],
    ...overrides,
  };
}

/** A valid report of Viet Nam on the use of the certificate of `exampleCertificate`. */
export function exampleUseReport(overrides: Partial<ApplicationResponse> = {}): ApplicationResponse {
  const pieces = (value: string) => ({ value, unit: 'C62' });
  return exampleResponse({
    outcome: 'used',
    steps: [{ step: 'quantity', verdict: 'passed', reason: 'Item 1: 700 C62 used, 1300 left.' }],
    utilisation: {
      sequence: '3',
      lines: [
        {
          kind: 'balance',
          itemNumber: 1,
          date: '2026-03-02',
          quantities: [
            { name: 'granted', quantity: pieces('2000') },
            { name: 'used', quantity: pieces('700') },
            { name: 'left', quantity: pieces('1300') },
          ],
        },
        {
          kind: 'use',
          itemNumber: 1,
          date: '2026-03-02',
          movementReference: '26VN0000000000018X',
          quantities: [{ name: 'used', quantity: pieces('700') }],
        },
      ],
    },
    ...overrides,
  });
}
