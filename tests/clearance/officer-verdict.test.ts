import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dutyStanding } from '../../src/clearance/officer/duty-standing.ts';
import type { CertificateEvidence } from '../../src/clearance/officer/parts.ts';
import type { PaymentRecord, QueryStanding } from '../../src/clearance/officer/standing.ts';
import { composeVerdict, type Verdict, type VerdictFindings } from '../../src/clearance/officer/verdict.ts';
import type { VerdictQuestion } from '../../src/clearance/officer/verdict-entry.ts';
import type { CertificateUse } from '../../src/clearance/ports.ts';
import type { DeclarationFacts } from '../../src/documents/declaration/facts.ts';
import type { Assessment, DutyFinding } from '../../src/tariff/assessment.ts';

const NOW = new Date('2026-03-02T04:00:00Z');
const NUMBER = 'ATIGA-TH-2026-00000001-X';

const none: DeclarationFacts = {
  message: 'declaration',
  functionCode: '9',
  reason: null,
  changeReasonCodes: [],
  typeCode: 'IMA',
  procedure: 'import',
  lodgedAhead: false,
  localReference: 'LRN1',
  movementReference: null,
  consignmentReference: 'UCR1',
  office: 'VNHPH',
  declarant: null,
  agent: null,
  importer: null,
  exporter: null,
  consignee: null,
  seller: null,
  buyer: null,
  exportCountry: 'TH',
  destinationCountry: 'VN',
  borderTransportMode: '1',
  arrivalTransport: null,
  goodsLocation: null,
  containers: [],
  tradeTerms: null,
  charges: [],
  previousDocuments: [],
  invoiceAmount: null,
  totalGrossMass: null,
  totalPackages: null,
  declaredItemCount: 1,
  documents: [],
  items: [],
};

function computed(amount: string, words: string): DutyFinding {
  return {
    computed: true,
    duty: { amount, currency: 'VND' },
    rate: { schedule: 'mfn', words, printed: words, source: 'Viet Nam 2026-01, 85013130', status: 'verified' },
    working: [],
  };
}

function assessment(claimed: DutyFinding = computed('0', '0%'), agreement: string | null = 'ATIGA-FORM-D'): Assessment {
  return {
    date: '2026-03-02',
    currency: 'VND',
    items: [
      {
        sequence: 1,
        commodityCode: '85013130',
        customsValue: { amount: '1000', currency: 'VND' },
        valueWorking: [],
        originCountry: 'TH',
        preferenceCode: agreement === null ? '100' : '301',
        agreement,
        claimed,
        mostFavouredNation: computed('50', '5%'),
      },
    ],
    claimedTotal: null,
    mostFavouredNationTotal: null,
    notIncluded: 'Value added tax is not part of it.',
  };
}

function use(state: CertificateUse['state'], reason = 'as named'): CertificateUse {
  return {
    id: 'u1',
    itemSequence: 1,
    certificateNumber: NUMBER,
    certificateItem: 1,
    quantity: { value: '300', unit: 'KGM' },
    state,
    code: state === 'refused' ? 'CERTIFICATE-QUANTITY-EXCEEDED' : null,
    reason,
  };
}

const STEPS = [
  ...['unaltered', 'seal', 'signer-certificate', 'signer-authority', 'schema', 'agreement-and-validity'],
  ...['not-cancelled-and-quantity', 'addressed-to-us'],
];

function certificate(
  change: { readonly [step: string]: 'failed' | 'not-checked' } = {},
  state = 'verified',
): CertificateEvidence {
  return {
    number: NUMBER,
    state,
    issuingCountry: 'TH',
    checkedAt: NOW.toISOString(),
    steps: STEPS.map((step) => {
      const verdict = change[step] ?? 'passed';
      return { step, verdict, reason: `${step} ${verdict}`, ...(verdict === 'failed' ? { code: `${step}-code` } : {}) };
    }),
    documentDigest: 'd',
  };
}

function payment(kind: PaymentRecord['kind'], amount: string): PaymentRecord {
  return {
    id: `${kind}-${amount}`,
    kind,
    amount,
    currency: 'VND',
    reference: 'R1',
    source: 'treasury',
    occurredAt: NOW.toISOString(),
    recordedBy: 'A clerk',
  };
}

function findings(more: Partial<VerdictFindings> & { payments?: readonly PaymentRecord[] } = {}): VerdictFindings {
  const declared = more.declared ?? assessment();
  const uses = more.uses ?? [use('reserved')];
  const withheld = more.withheld ?? new Set<number>();
  const payments = more.payments ?? [];
  return {
    now: NOW,
    standing: {
      state: 'in-clearance',
      openQueries: 0,
      answeredQueries: 0,
      openInspections: 0,
      openPermits: 0,
      refusedPermits: 0,
      openCertificates: 0,
      assessmentOpen: false,
      payment: 'none',
    },
    reader: { mayControl: true, mayDecide: true, mayRecordPayment: true },
    claimedBy: { name: 'An officer', self: true },
    document: { version: 1, kind: 'original', link: '/api/declarations/M', facts: none },
    proposal: null,
    declared,
    duty: dutyStanding({ declared, officer: null, withheld, uses, payments }),
    withheld,
    selection: { channel: 'green', ruleSetVersion: 1, fired: [], at: NOW.toISOString() },
    uses,
    certificates: [certificate()],
    originQueries: [],
    exportComparison: { compared: false, reason: 'No export declaration came.' },
    queries: [],
    inspections: [],
    inspectionResults: new Map(),
    permits: [],
    payments,
    directory: { state: 'fresh', serial: 3, freshUntil: '2026-03-09T00:00:00Z' },
    ...more,
  };
}

function answerTo(verdict: Verdict, question: VerdictQuestion) {
  const found = verdict.entries.find((one) => one.question === question);
  assert.ok(found);
  return found;
}

describe('the verdict', () => {
  test('has one answer for every question, each with a reason and a code', () => {
    const verdict = composeVerdict(findings());
    assert.equal(verdict.entries.length, 16);
    for (const one of verdict.entries) {
      assert.ok(one.reason.length > 5, one.question);
      assert.match(one.code, /^[A-Za-z0-9-]+$/);
    }
  });

  test('never calls good what was not checked: the rule of origin, and the exporter when nothing was forwarded', () => {
    const verdict = composeVerdict(findings());
    assert.deepEqual(verdict.notChecked, ['origin-rule-met', 'export-agrees']);
    assert.match(answerTo(verdict, 'origin-rule-met').reason, /rules of origin are not evaluated by this node yet/);
    assert.match(verdict.sentence, /2 not checked/);
  });

  const steps: readonly [string, VerdictQuestion][] = [
    ['seal', 'certificate-authentic'],
    ['signer-certificate', 'certificate-authentic'],
    ['unaltered', 'certificate-unaltered'],
    ['signer-authority', 'certificate-signer-entitled'],
    ['agreement-and-validity', 'certificate-in-force'],
    ['addressed-to-us', 'certificate-in-force'],
  ];
  for (const [step, question] of steps)
    test(`answers ${question} from the step ${step}: failed is no, not checked is not checked`, () => {
      const failed = answerTo(
        composeVerdict(findings({ certificates: [certificate({ [step]: 'failed' })] })),
        question,
      );
      assert.equal(failed.answer, 'no');
      assert.equal(failed.code, `${step}-code`);
      const open = answerTo(
        composeVerdict(findings({ certificates: [certificate({ [step]: 'not-checked' })] })),
        question,
      );
      assert.equal(open.answer, 'not-checked');
      assert.match(open.reason, /^Not checked\./);
    });

  test('calls a step that nobody took not checked', () => {
    const bare = { ...certificate(), steps: [] };
    const verdict = composeVerdict(findings({ certificates: [bare] }));
    assert.equal(answerTo(verdict, 'certificate-authentic').answer, 'not-checked');
    assert.equal(answerTo(verdict, 'certificate-unaltered').answer, 'not-checked');
  });

  for (const state of ['cancelled', 'replaced', 'expired'])
    test(`says that a certificate that was good and is ${state} now is not in force (B2)`, () => {
      const verdict = composeVerdict(findings({ certificates: [certificate({}, state)] }));
      assert.equal(answerTo(verdict, 'certificate-in-force').answer, 'no');
      assert.equal(answerTo(verdict, 'certificate-authentic').answer, 'yes');
    });

  test('waits for a certificate that has not arrived, and hinders the release for good but not the conditional one', () => {
    const base = findings({ uses: [use('awaited')], certificates: [], payments: [payment('security', '50')] });
    const verdict = composeVerdict({ ...base, standing: { ...base.standing, openCertificates: 1 } });
    assert.equal(answerTo(verdict, 'certificate-authentic').answer, 'waiting');
    assert.deepEqual(
      verdict.hindrances.map((one) => one.code),
      ['CERTIFICATE-AWAITED'],
    );
    assert.deepEqual(verdict.conditionalHindrances, []);
  });

  test('asks for a security that covers the rate without preference while the certificate is awaited', () => {
    const base = findings({ uses: [use('awaited')], certificates: [], payments: [payment('security', '49.99')] });
    const verdict = composeVerdict(base);
    assert.deepEqual(
      verdict.conditionalHindrances.map((one) => one.code),
      ['SECURITY-TOO-LOW'],
    );
  });

  test('says no where the quantity cannot be drawn, and hinders the release until the preference is withheld', () => {
    const refused = findings({ uses: [use('refused', 'only 200 of 300 kg are left')] });
    const verdict = composeVerdict(refused);
    assert.equal(answerTo(verdict, 'quantity-left').answer, 'no');
    assert.deepEqual(
      verdict.hindrances.map((one) => one.code),
      ['PREFERENCE-UNSUPPORTED'],
    );
    assert.deepEqual(composeVerdict({ ...refused, withheld: new Set([1]) }).hindrances, []);
  });

  test('says no where a preference is claimed without any certificate', () => {
    const verdict = composeVerdict(findings({ uses: [], certificates: [] }));
    assert.equal(answerTo(verdict, 'certificate-authentic').code, 'CERTIFICATE-NOT-NAMED');
  });

  test('shows a tariff cell that was not understood as it is printed, and does not guess', () => {
    const cell: DutyFinding = {
      computed: false,
      code: 'TARIFF-CELL-NOT-UNDERSTOOD',
      reason: 'The rate could not be understood.',
      rate: { schedule: 'mfn', words: '', printed: '17%*', source: 'Viet Nam', status: 'as-published' },
    };
    const declared = assessment(cell);
    const base = findings({ declared });
    const verdict = composeVerdict({ ...base, standing: { ...base.standing, payment: base.duty.payment } });
    const duty = answerTo(verdict, 'duty-computed');
    assert.equal(duty.answer, 'not-checked');
    assert.match(duty.reason, /17%\*/);
    assert.deepEqual(
      verdict.hindrances.map((one) => one.code),
      ['DUTY-UNKNOWN'],
    );
  });

  for (const [state, answer] of [
    ['fresh', 'yes'],
    ['stale', 'not-checked'],
    ['expired', 'no'],
    ['absent', 'no'],
  ] as const)
    test(`answers the question of the directory with ${answer} when it is ${state}`, () => {
      const verdict = composeVerdict(findings({ directory: { state, serial: 3, freshUntil: null } }));
      assert.equal(answerTo(verdict, 'directory-fresh').answer, answer);
    });

  test('shows a query beyond its time as overdue', () => {
    const query: QueryStanding = {
      id: 'q',
      number: 1,
      state: 'open',
      subject: 'Packing list',
      askedAt: '2026-03-01T00:00:00Z',
      answerBy: '2026-03-02T00:00:00Z',
      answeredAt: null,
    };
    const entry = answerTo(composeVerdict(findings({ queries: [query] })), 'queries-answered');
    assert.equal(entry.answer, 'waiting');
    assert.equal(entry.code, 'QUERY-OVERDUE');
  });

  test('offers every act with the reason why it cannot be done: somebody else has claimed the declaration', () => {
    const verdict = composeVerdict(findings({ claimedBy: { name: 'Mai', self: false } }));
    const release = verdict.acts.find((one) => one.act === 'release');
    assert.equal(release?.code, 'CLAIMED-BY-ANOTHER');
    assert.match(release?.reason ?? '', /Mai/);
  });
});

describe('what is due', () => {
  test('is compared exactly: one hundredth of a unit too little is due, and too much is said', () => {
    const declared = assessment(computed('33.33', '3.333%'));
    const standing = (amount: string) =>
      dutyStanding({
        declared,
        officer: null,
        withheld: new Set(),
        uses: [use('reserved')],
        payments: [payment('payment', amount)],
      });
    assert.deepEqual([standing('33.32').payment, standing('33.32').missing?.amount], ['due', '0.01']);
    assert.deepEqual([standing('33.33').payment, standing('33.33').overpaid], ['paid', null]);
    assert.deepEqual([standing('33.34').payment, standing('33.34').overpaid?.amount], ['paid', '0.01']);
  });

  test('is the rate without preference for an item whose preference is withheld', () => {
    const standing = dutyStanding({
      declared: assessment(),
      officer: null,
      withheld: new Set([1]),
      uses: [use('given-back')],
      payments: [],
    });
    assert.equal(standing.due?.amount, '50');
    assert.equal(standing.payment, 'due');
  });

  test('counts a payment and a security together as secured', () => {
    const standing = dutyStanding({
      declared: assessment(computed('50', '5%'), null),
      officer: null,
      withheld: new Set(),
      uses: [],
      payments: [payment('payment', '20'), payment('security', '30')],
    });
    assert.equal(standing.payment, 'secured');
  });
});
