import fc from 'fast-check';
import { makeCertificateNumber } from '../../src/documents/certificate-number.ts';
import type { CertificateOfOrigin, GoodsItem, Party } from '../../src/documents/types.ts';
import { exampleCertificate } from './examples.ts';

/** What a person might type, mark-up and characters outside ASCII included, in normal form and without tricks. */
function text(maxLength: number, isMultiLine = false): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    ...'abc XYZ 0123 .,-/()'.split(''),
    ...['<', '>', '&', '"', "'", '&lt;', '&amp;', '&#10;', ']]>', '<!--', '-->', '<?x?>', '{{', '=cmd'],
    ...['é', 'ü', 'Đ', 'ố', 'ไทย', '三河', '鈴木', '한국', '😀', ...(isMultiLine ? ['\n'] : [])],
  );
  return fc
    .array(piece, { minLength: 1, maxLength: Math.floor(maxLength / 6) })
    .map((pieces) => pieces.join('').normalize('NFC'))
    .filter((each) => /\S/.test(each));
}

const decimal = fc
  .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 9_999 }))
  .map(([whole, part]) => (part === 0 ? String(whole) : `${whole}.${part}`));

function party(country: string): fc.Arbitrary<Party> {
  return fc.record(
    {
      name: text(200),
      identifier: fc.record({
        scheme: fc.constantFrom('TH:TIN', 'VN:MST', 'JP:CN'),
        value: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9./-]{0,20}$/),
      }),
      address: fc.record(
        {
          lines: fc.array(text(120), { minLength: 1, maxLength: 4 }),
          city: text(60),
          postalCode: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 -]{0,10}$/),
          country: fc.constant(country),
        },
        { requiredKeys: ['lines', 'country'] },
      ),
    },
    { requiredKeys: ['name', 'address'] },
  );
}

function goodsItem(itemNumber: number): fc.Arbitrary<GoodsItem> {
  return fc.record(
    {
      itemNumber: fc.constant(itemNumber),
      marks: text(200),
      packages: fc.record({ count: fc.nat(5000).map(String), type: fc.constantFrom('CT', 'PX', '4G', 'ZZ') }),
      description: text(1000, true),
      quantity: fc.record({ value: decimal, unit: fc.constantFrom('C62', 'PR', 'LTR', 'MTR') }),
      harmonizedSystemCode: fc.constantFrom('850131', '85013130', '8703211000', '010121'),
      originCriterion: fc.constantFrom('WO', 'CC', 'CTH', 'CTSH', 'SP', '40%', '100%', 'CTSH + 35%', 'CTH + SP'),
      originCountry: fc.constant('TH'),
      grossWeight: fc.record({ value: decimal, unit: fc.constantFrom('KGM', 'TNE', 'GRM') }),
      freeOnBoardValue: fc.record({ amount: decimal, currency: fc.constant('USD') }),
      invoiceNumber: fc.constant('INV/1 & <2>'),
    },
    {
      requiredKeys: [
        'itemNumber',
        'marks',
        'packages',
        'description',
        'quantity',
        'harmonizedSystemCode',
        'originCriterion',
        'originCountry',
      ],
    },
  );
}

const goodsItems = fc.integer({ min: 1, max: 5 }).chain((count) => {
  const items = Array.from({ length: count }, (_, index) => goodsItem(index + 1));
  return fc.tuple(...items);
});

/** Valid certificates from Thailand to Viet Nam, of every shape that the schema allows. */
export const certificates: fc.Arbitrary<CertificateOfOrigin> = fc
  .record(
    {
      serial: fc.integer({ min: 1, max: 9_999_999 }),
      exporter: party('TH'),
      producer: party('TH'),
      consignee: party('VN'),
      mode: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
      meansName: text(100),
      voyageNumber: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 /.-]{0,20}$/),
      departureDate: fc.constantFrom('2026-02-26', '2026-03-01', '2026-12-31'),
      goodsItems,
      thirdCountry: text(150),
      original: text(60).map((each) => each.trim()),
      remarks: text(500, true),
      isAccumulated: fc.boolean(),
    },
    { requiredKeys: ['serial', 'exporter', 'consignee', 'mode', 'goodsItems', 'isAccumulated'] },
  )
  .map((made) => {
    const { producer, meansName, voyageNumber, departureDate, thirdCountry, original, remarks } = made;
    const certificate = exampleCertificateWithout({
      number: makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year: 2026, serial: made.serial }),
      exporter: made.exporter,
      ...(producer === undefined ? {} : { producer }),
      consignee: made.consignee,
      transport: {
        mode: made.mode,
        portOfDischarge: 'VNHPH',
        ...(meansName === undefined ? {} : { meansName }),
        ...(voyageNumber === undefined ? {} : { voyageNumber }),
        ...(departureDate === undefined ? {} : { departureDate }),
      },
      goodsItems: made.goodsItems,
      invoices: [{ number: 'INV/1 & <2>', date: '2026-02-20' }],
      indications: [
        ...(made.isAccumulated ? (['accumulation'] as const) : []),
        ...(thirdCountry === undefined ? [] : (['third-country-invoicing'] as const)),
        ...(original === undefined ? [] : (['back-to-back'] as const)),
      ],
      ...(thirdCountry === undefined ? {} : { thirdCountryInvoicing: { company: thirdCountry, country: 'SG' } }),
      ...(original === undefined ? {} : { backToBack: { number: original, issueDate: '2026-01-15' } }),
      ...(remarks === undefined ? {} : { remarks }),
    });
    return structuredClone(certificate);
  });

/** The example without the parts that a certificate may lack. */
function exampleCertificateWithout(overrides: Partial<CertificateOfOrigin>): CertificateOfOrigin {
  const { producer: _producer, remarks: _remarks, ...rest } = exampleCertificate();
  return { ...rest, ...overrides };
}
