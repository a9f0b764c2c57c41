import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clearanceLines } from '../../src/cli/clearance-summary.ts';
import type { ClearedConsignment } from '../../src/region/clear-samples.ts';

const RELEASED: ClearedConsignment = {
  consignmentReference: '6TH1-A',
  exportMovementReference: '26TH0000000000001A',
  localReference: 'IMP-A',
  movementReference: '26VN00000000000016',
  expectedChannel: 'green',
  channel: 'green',
  state: 'released',
  waitingFor: 'nobody',
  payment: 'none',
  happened: ['The system released the goods: nothing was open.'],
  responses: [
    { step: 'accepted', issuedAt: '2026-03-02T03:00:00Z', words: [] },
    { step: 'released', issuedAt: '2026-03-02T03:00:01Z', words: [] },
  ],
  milliseconds: 1_240,
};

function linesOf(consignment: ClearedConsignment, leftOut: readonly string[] = []): string {
  const line = { item: '1', unit: 'C62', issued: '1000', setAside: '0', writtenOff: '900', left: '100' };
  return clearanceLines({
    cleared: [
      {
        certificateNumber: 'ATIGA-TH-2026-0000001-V',
        from: 'TH',
        to: 'VN',
        consignments: [consignment],
        ledger: { issuing: [line], importing: [line], agree: true },
        leftOut,
      },
    ],
    times: [
      {
        country: 'VN',
        interval: 'arrival-release@1',
        title: 'From the arrival of the goods to their release',
        clock: 'calendar',
        asOf: '2026-03-02T04:00:00Z',
        rows: [
          { channel: 'all', cases: 2, open: 1, median: { seconds: null }, p90: 'n too small' },
          { channel: 'green', cases: 1, open: 0, median: { seconds: 0 }, p90: 'n too small' },
          { channel: 'red', cases: 0, open: 0, median: 'n too small', p90: 'n too small' },
        ],
      },
    ],
  }).join('\n');
}

describe('what a start tells of its declarations', () => {
  test('says the channel with a shape and a word, and what the importer was told in order', () => {
    const told = linesOf(RELEASED);
    assert.match(told, /● green \(no control\): released, 1\.2 s after the exporter began/);
    assert.match(told, /export 26TH0000000000001A → import 26VN00000000000016/);
    assert.match(told, /Told to the importer: accepted → released/);
  });

  test('says when the channel is another one than the samples meant, and who is waited for', () => {
    const told = linesOf(
      { ...RELEASED, channel: 'yellow', state: 'in-clearance', waitingFor: 'officer', payment: 'unknown' },
      ['The duty could not be computed.'],
    );
    assert.match(told, /▲ yellow \(documents\); the samples expected green: in clearance, waits for officer/);
    assert.match(told, /The duty could not be computed\./);
  });

  test('gives each clearance time with its interval, clock, n and open, and says what too few do not bear', () => {
    const told = linesOf(RELEASED);
    assert.match(told, /VN: arrival-release@1 \(calendar clock\), as of 2026-03-02T04:00:00Z/);
    assert.match(told, /all +2 +1 +not reached +n too small/);
    assert.match(told, /green +1 +0 +under 1 s +n too small/);
    assert.doesNotMatch(told, /red +0/);
  });
});
