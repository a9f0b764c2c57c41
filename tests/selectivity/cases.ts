import type { DeclarationFacts, ItemFacts } from '../../src/documents/declaration/facts.ts';
import type { CaseParts } from '../../src/selectivity/case.ts';
import type { RuleSet } from '../../src/selectivity/rule-set.ts';
import type { Assessment, DutyFinding } from '../../src/tariff/assessment.ts';

const NOBODY = { id: null, name: null, country: null };

/** A goods item of cars' parts from Thailand. */
export function anItem(more: Partial<ItemFacts> = {}): ItemFacts {
  return {
    pointer: '/declaration/goodsShipment/governmentAgencyGoodsItem/0',
    sequence: 1,
    description: 'Wheel rims',
    commodityCode: '87087022',
    originCountry: 'TH',
    preferentialOriginCountry: 'TH',
    customsProcedure: '4000',
    preferenceCode: '301',
    preferencePointer: '/declaration/goodsShipment/governmentAgencyGoodsItem/0/commodity/dutyTaxFee/0/dutyRegimeCode',
    valuationMethod: '1',
    charges: [],
    previousDocuments: [],
    customsValue: { amount: '1000.00', currency: 'USD' },
    statisticalValue: null,
    invoiceAmount: { amount: '1000.00', currency: 'USD' },
    netMass: { value: '100', unit: 'KGM' },
    grossMass: { value: '110', unit: 'KGM' },
    tariffQuantity: null,
    packageCount: '10',
    documents: [{ pointer: '', category: 'N', type: '954', id: 'TH2600000001', exemption: null, quantity: null }],
    ...more,
  };
}

/** An import declaration in Viet Nam. */
export function someFacts(more: Partial<DeclarationFacts> = {}): DeclarationFacts {
  return {
    message: 'declaration',
    functionCode: '9',
    reason: null,
    changeReasonCodes: [],
    typeCode: 'IMA',
    procedure: 'import',
    lodgedAhead: false,
    localReference: 'LRN-1',
    movementReference: null,
    consignmentReference: '6TH0105536000315-1',
    office: 'HPH',
    declarant: { ...NOBODY, id: 'VN0100000001', name: 'Hai Phong Motor' },
    agent: null,
    importer: { ...NOBODY, id: 'VN0100000001', name: 'Hai Phong Motor', country: 'VN' },
    consignee: null,
    seller: null,
    buyer: null,
    tradeTerms: null,
    charges: [],
    previousDocuments: [],
    exporter: { ...NOBODY, name: 'Siam  Wheels Co.', country: 'TH' },
    exportCountry: 'TH',
    destinationCountry: 'VN',
    borderTransportMode: '1',
    arrivalTransport: null,
    goodsLocation: null,
    containers: ['MSKU1234565'],
    invoiceAmount: { amount: '1000.00', currency: 'USD' },
    totalGrossMass: { value: '110', unit: 'KGM' },
    totalPackages: '10',
    declaredItemCount: 1,
    documents: [],
    items: [anItem()],
    ...more,
  };
}

function duty(amount: string | null): DutyFinding {
  if (amount === null) return { computed: false, code: 'TARIFF-MISSING', reason: 'There is no tariff.' };
  return {
    computed: true,
    duty: { amount, currency: 'VND' },
    rate: { schedule: 'mfn', words: '10%', printed: '10', source: 'Viet Nam', status: 'as-published' },
    working: [],
  };
}

/** Duty of one item; null cannot be computed. */
export function anAssessment(claimed: string | null = '0', mostFavouredNation: string | null = '100'): Assessment {
  return {
    date: '2026-03-01',
    currency: 'VND',
    items: [
      {
        sequence: 1,
        commodityCode: '87087022',
        customsValue: { amount: '1000', currency: 'VND' },
        valueWorking: [],
        originCountry: 'TH',
        preferenceCode: '301',
        agreement: 'ATIGA-FORM-D',
        claimed: duty(claimed),
        mostFavouredNation: duty(mostFavouredNation),
      },
    ],
    claimedTotal: claimed === null ? null : { amount: claimed, currency: 'VND' },
    mostFavouredNationTotal: mostFavouredNation === null ? null : { amount: mostFavouredNation, currency: 'VND' },
    notIncluded: 'Value added tax is not part of it.',
  };
}

/** What a channel is assigned from, with what a test changes. */
export function caseParts(more: Partial<CaseParts> = {}): CaseParts {
  return {
    movementReference: '26VN00000000000018',
    facts: someFacts(),
    assessment: anAssessment(),
    office: 'HPH',
    declarantFirmId: '5f4dcc3b-0000-4000-8000-000000000001',
    authorisedTrader: false,
    certificateUses: [],
    ...more,
  };
}

/** A set of these rules. */
export function rulesOf(rules: RuleSet['rules'], exemptions: RuleSet['exemptions'] = []): RuleSet {
  return { title: 'Rules of a test', rules, exemptions };
}
