import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeCertificateNumber } from '../../src/documents/certificate-number.ts';
import type { JsonObject } from '../../src/documents/json.ts';
import { beginImport } from '../../src/forwarding/import-draft.ts';
import { entriesAt, fieldOf, numberAt, textAt } from '../../src/region/answers.ts';
import { type CarriedSample, carrySample } from '../../src/region/carry-samples.ts';
import { type ClearedConsignment, type ClearedSample, clearSample } from '../../src/region/clear-samples.ts';
import { clearanceTimes } from '../../src/region/clearance-times.ts';
import type { Answer, SampleUser } from '../../src/region/client.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { completeImport, type SampleConsignment, sampleExport } from '../../src/region/sample-declaration.ts';
import { LARGE_LOT } from '../../src/region/sample-rules.ts';
import { SampleUsers } from '../../src/region/sample-users.ts';
import { verifyLog } from '../../src/store/log-chain.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';

const TH = sampleCountry('TH');
const VN = sampleCountry('VN');

let region: TestRegion;
let users: SampleUsers;
let certificate: CarriedSample;
let cleared: ClearedSample;

before(async () => {
  region = await startTestRegion(['TH', 'VN']);
  users = new SampleUsers(region.region.description);
  const carried = await carrySample(users, region.region.description, 0, () => {});
  assert.ok(carried);
  certificate = carried;
  cleared = await clearSample(users, certificate, () => {});
});
after(() => region.end());

function consignmentIn(channel: string): ClearedConsignment {
  const found = cleared.consignments.find(({ expectedChannel }) => expectedChannel === channel);
  assert.ok(found);
  return found;
}

/** Asks again until it holds, every 50 ms for at most 20 seconds; the last answer either way. */
async function eventually(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (holds(answer) || tries === 400) return answer;
    await pause(50);
  }
}

function names(entries: readonly JsonObject[], name: string): string[] {
  return entries.map((entry) => textAt(entry, name));
}

/** Answers of a verdict by their questions. */
async function verdictOf(mrn: string): Promise<{ readonly answers: Map<string, string>; readonly verdict: Answer }> {
  const officer = await users.of('VN', 'clearance');
  const verdict = await officer.get(`/api/declarations/${mrn}/verdict`);
  const entries = entriesAt(verdict.body, 'entries');
  return { answers: new Map(entries.map((one) => [textAt(one, 'question'), textAt(one, 'answer')])), verdict };
}

/** An import declaration begun from an export declaration as the node begins it. */
function importOf(number: string, consignment: SampleConsignment): JsonObject {
  const exported = sampleExport(TH, VN, consignment, `EXP-${consignment.invoice}`);
  return completeImport(beginImport(exported, 'VN', []).content, {
    to: VN,
    scheme: 'ATIGA-FORM-D',
    localReference: `IMP-${consignment.invoice}`,
    certificateNumber: number,
    consignment,
  });
}

let consignments = 0;

function motors(pieces: number): SampleConsignment {
  consignments += 1;
  return {
    channel: 'green',
    consignmentReference: `6TH0105536000315-J${consignments}`,
    invoice: `J-${consignments}`,
    ahead: false,
    goods: [{ kind: 'motors', pieces }],
  };
}

async function lodge(declaration: JsonObject): Promise<string> {
  const importer = await users.of('VN', 'importer');
  return textAt((await importer.post('/api/declarations', declaration)).body, 'mrn');
}

/** Records a security for what is at stake and releases against it. */
async function releaseAgainstSecurity(officer: SampleUser, mrn: string): Promise<Answer> {
  const path = `/api/declarations/${mrn}`;
  const { body, version } = await officer.get(`${path}/verdict`);
  const atStake = fieldOf(fieldOf(body, 'duty'), 'atStake');
  const secured = await officer.post(
    `${path}/payments`,
    {
      kind: 'security',
      amount: textAt(atStake, 'amount'),
      currency: textAt(atStake, 'currency'),
      reference: `GUARANTEE-${mrn}`,
      source: 'Bank of the tests',
    },
    version,
  );
  return officer.post(
    `${path}/conditional-release`,
    { reasons: [{ reason: 'The certificate of origin is not here yet.' }] },
    secured.version,
  );
}

describe('three consignments under one certificate', () => {
  test('are declared for export, sent forward, and the import declarations begin from them', async () => {
    const exporter = await users.of('TH', 'exporter');
    const importer = await users.of('VN', 'importer');
    for (const { exportMovementReference, consignmentReference } of cleared.consignments) {
      const exported = await exporter.get(`/api/declarations/${exportMovementReference}`);
      assert.equal(exported.body['state'], 'released');
      const query = new URLSearchParams({ consignmentReference }).toString();
      const forwarded = await importer.get(`/api/forwarded-declarations?${query}`);
      assert.deepEqual(names(entriesAt(forwarded.body, 'items'), 'movementReference'), [exportMovementReference]);
    }
  });

  test('take the channels that the rules give them, and all are released', () => {
    assert.deepEqual(
      cleared.consignments.map(({ channel, state, payment }) => [channel, state, payment]),
      [
        ['green', 'released', 'none'],
        ['yellow', 'released', 'paid'],
        ['red', 'released', 'none'],
      ],
    );
    assert.deepEqual(cleared.leftOut, []);
  });

  test('tell the importer each step in order', () => {
    assert.deepEqual(
      cleared.consignments.map(({ responses }) => responses.map(({ step }) => step)),
      [
        ['registered', 'accepted', 'released'],
        [
          ...['accepted', 'control', 'duty', 'documents-requested', 'request-answered', 'request-answered'],
          ...['duty', 'result', 'released'],
        ],
        ['accepted', 'control', 'result', 'duty', 'released'],
      ],
    );
  });

  test('have a reason for their channel that officers see and traders do not', async () => {
    const { movementReference } = consignmentIn('red');
    const path = `/api/declarations/${movementReference}`;
    const seen = await (await users.of('VN', 'clearance')).get(path);
    const fired = entriesAt(seen.body, 'selection', 'fired');
    assert.ok(names(fired, 'rule').includes('sample-large-lot'));
    const told = await (await users.of('VN', 'importer')).get(path);
    assert.equal(told.body['selection'], undefined);
    assert.doesNotMatch(told.text, /sample-large-lot/);
  });

  test('leave their milestones as they happened', async () => {
    const officer = await users.of('VN', 'clearance');
    const milestonesOf = async (channel: string): Promise<string[]> => {
      const { movementReference } = consignmentIn(channel);
      const { body } = await officer.get(`/api/declarations/${movementReference}/milestones`);
      return names(entriesAt(body, 'items'), 'milestone');
    };
    assert.deepEqual(await milestonesOf('green'), ['M0', 'M1', 'M3', 'M4', 'M10']);
    const yellow = await milestonesOf('yellow');
    assert.deepEqual(
      ['M0', 'M1', 'M3', 'M4', 'M5a', 'M5b', 'M6a', 'M6b', 'M9a', 'M9b', 'M10'].filter((one) => !yellow.includes(one)),
      [],
    );
    const red = await milestonesOf('red');
    assert.deepEqual(
      ['M5a', 'M5b', 'M8a', 'M8b', 'M10'].filter((one) => !red.includes(one)),
      [],
    );
  });

  test('end with a verdict that says what was checked and what was not', async () => {
    const { answers } = await verdictOf(consignmentIn('red').movementReference);
    const wanted = {
      'document-valid': 'yes',
      'certificate-authentic': 'yes',
      'certificate-unaltered': 'yes',
      'certificate-in-force': 'yes',
      'quantity-left': 'yes',
      'origin-rule-met': 'not-checked',
      'export-agrees': 'yes',
      'inspection-conforming': 'yes',
      'directory-fresh': 'yes',
    };
    assert.deepEqual(
      Object.fromEntries(Object.keys(wanted).map((question) => [question, answers.get(question)])),
      wanted,
    );
  });

  test('are written off on the certificate, and the issuing node says the same', () => {
    const used = (lines: ClearedSample['ledger']['issuing']): string[][] =>
      lines.map(({ item, issued, setAside, writtenOff, left }) => [item, issued, setAside, writtenOff, left]);
    assert.deepEqual(used(cleared.ledger.importing), [
      ['1', '1000', '0', '900', '100'],
      ['2', '200', '0', '150', '50'],
    ]);
    assert.deepEqual(used(cleared.ledger.issuing), used(cleared.ledger.importing));
  });

  test('stand in one timeline on both sides', async () => {
    const path = `/api/consignments/${certificate.consignmentReference}/timeline`;
    for (const [country, username, partner] of [
      ['TH', 'exporter', 'VN'],
      ['VN', 'importer', 'TH'],
    ] as const) {
      const user = await users.of(country, username);
      const kindsOf = (answer: Answer, of: string): string[] =>
        names(
          entriesAt(answer.body, 'entries').filter((entry) => textAt(entry, 'country') === of),
          'kind',
        );
      const has = (answer: Answer): boolean =>
        kindsOf(answer, 'TH').includes('certificate.issued') && kindsOf(answer, 'VN').includes('declaration.released');
      const timeline = await eventually(() => user.get(path), has);
      assert.ok(has(timeline), `${country}: ${timeline.text}`);
      assert.deepEqual(names(entriesAt(timeline.body, 'told'), 'country'), [partner]);
    }
    const stranger = await users.of('VN', 'exporter');
    await assert.rejects(stranger.get(path), /no such consignment/);
  });

  test('are counted in the clearance times, with what is too few said', async () => {
    const [times] = await clearanceTimes(users, 'VN');
    assert.ok(times);
    assert.equal(times.interval, 'arrival-release@1');
    assert.deepEqual(
      times.rows.filter(({ cases }) => cases > 0).map(({ channel, cases, open, p90 }) => [channel, cases, open, p90]),
      [
        ['all', 3, 0, 'n too small'],
        ['green', 1, 0, 'n too small'],
        ['yellow', 1, 0, 'n too small'],
        ['red', 1, 0, 'n too small'],
      ],
    );
  });
});

describe('a question to the issuing country', () => {
  test('is asked, its clock runs, and its answer stands in the verdict', async () => {
    const mrn = await lodge(importOf(certificate.number, { ...motors(20), ahead: true }));
    const officer = await users.of('VN', 'clearance');
    const asked = await officer.post(`/api/declarations/${mrn}/origin-queries`, {
      certificateNumber: certificate.number,
      basis: 'random',
    });
    assert.equal(asked.body['state'], 'asked');
    const issuing = await users.of('TH', 'issuing');
    const list = await eventually(
      () => issuing.get('/api/origin-queries?state=asked'),
      ({ body }) => entriesAt(body, 'items').length > 0,
    );
    const [theirs] = entriesAt(list.body, 'items');
    assert.ok(theirs);
    assert.ok(numberAt(theirs, 'daysLeft') > 0);
    const path = `/api/origin-queries/${textAt(theirs, 'id')}`;
    await issuing.post(
      `${path}/answer`,
      {
        authentic: true,
        items: [1, 2].map((itemNumber) => ({ itemNumber, finding: 'confirmed', reason: 'Records of the maker seen.' })),
      },
      (await issuing.get(path)).version,
    );
    const answered = await eventually(
      () => officer.get(`/api/origin-queries/${textAt(asked.body, 'id')}`),
      ({ body }) => body['state'] === 'answered',
    );
    assert.equal(answered.body['state'], 'answered');
    assert.equal((await verdictOf(mrn)).answers.get('origin-query'), 'yes');
  });
});

describe('a certificate that comes after the declaration', () => {
  test('is awaited, the goods go against security, and it is used when it comes', async () => {
    const operator = await users.of('TH', 'operator');
    await operator.post('/api/partners/VN/hold', { reason: 'The line to Viet Nam is being repaired.' });
    const exporter = await users.of('TH', 'exporter');
    const application: JsonObject = JSON.parse(
      JSON.stringify(sampleApplication(TH, VN, 'ATIGA-FORM-D', 'LATE1', new Date())),
    );
    const created = await exporter.post('/api/applications', application);
    const of = `/api/applications/${textAt(created.body, 'id')}`;
    const submitted = await exporter.post(`${of}/submit`, undefined, created.version);
    const approved = await (await users.of('TH', 'issuing')).post(`${of}/approve`, {}, submitted.version);
    const number = textAt(approved.body, 'certificateNumber');

    const mrn = await lodge(importOf(number, motors(40)));
    const importer = await users.of('VN', 'importer');
    const officer = await users.of('VN', 'clearance');
    const path = `/api/declarations/${mrn}`;
    const waiting = await importer.get(path);
    assert.deepEqual(names(entriesAt(waiting.body, 'certificates'), 'state'), ['awaited']);
    assert.equal(waiting.body['state'], 'in-clearance');
    await assert.rejects(
      officer.post(`${path}/release`, {}, (await officer.get(`${path}/verdict`)).version),
      /awaited/,
    );
    const conditional = await releaseAgainstSecurity(officer, mrn);
    assert.equal(conditional.body['state'], 'conditionally-released');

    await operator.post('/api/partners/VN/release', undefined);
    const resolved = await eventually(
      () => importer.get(path),
      ({ body }) => !names(entriesAt(body, 'open'), 'code').includes('CERTIFICATE-AWAITED'),
    );
    assert.deepEqual(names(entriesAt(resolved.body, 'certificates'), 'state'), ['reserved']);
    const seen = await officer.get(`${path}/verdict`);
    const standing = entriesAt(seen.body, 'hindrances');
    const assessed = names(standing, 'code').includes('ASSESSMENT-OPEN')
      ? await officer.post(`${path}/assessment`, { findings: [] }, seen.version)
      : seen;
    const released = await officer.post(`${path}/release`, {}, assessed.version);
    assert.equal(released.body['state'], 'released');
    const certificates = entriesAt((await importer.get(path)).body, 'certificates');
    assert.deepEqual(names(certificates, 'state'), ['written-off']);
  });
});

describe('while the other country cannot be reached', () => {
  before(async () => {
    const partner = region.region.nodes.find(({ configuration }) => configuration.country === 'TH');
    await partner?.stop();
  });

  test('a declaration with a certificate that is here is accepted and released', async () => {
    const mrn = await lodge(importOf(certificate.number, motors(30)));
    const importer = await users.of('VN', 'importer');
    const { body } = await importer.get(`/api/declarations/${mrn}`);
    assert.deepEqual([body['channel'], body['state']], ['green', 'released']);
    assert.equal((await verdictOf(mrn)).answers.get('export-agrees'), 'not-checked');
  });

  test('goods whose certificate cannot come are inspected and go against security; what was not checked is said', async () => {
    const year = new Date().getUTCFullYear();
    const certificateNumber = makeCertificateNumber({ scheme: 'ATIGA-FORM-D', country: 'TH', year, serial: 999 });
    const declaration = importOf(certificateNumber, motors(LARGE_LOT));
    const importer = await users.of('VN', 'importer');
    const check = await importer.post('/api/declarations/check', declaration);
    assert.match(JSON.stringify(fieldOf(check.body['preview'], 'notChecked')), new RegExp(certificateNumber));
    const mrn = await lodge(declaration);
    const { answers, verdict } = await verdictOf(mrn);
    assert.equal(answers.get('certificate-authentic'), 'waiting');
    assert.equal(verdict.body['releasable'], false);
    assert.equal(verdict.body['channel'], 'red');
    const officer = await users.of('VN', 'clearance');
    const inspection = `/api/declarations/${mrn}/inspections/1`;
    const begun = await officer.post(`${inspection}/start`, undefined, verdict.version);
    await officer.post(`${inspection}/result`, { findings: [], othersConform: true }, begun.version);
    assert.equal((await releaseAgainstSecurity(officer, mrn)).body['state'], 'conditionally-released');
  });

  test('the log of the importing node stays whole', async () => {
    const node = region.region.nodes.find(({ configuration }) => configuration.country === 'VN');
    assert.ok(node);
    assert.deepEqual((await verifyLog(node.pool)).faults, []);
  });
});
