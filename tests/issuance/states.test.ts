import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  actionsFrom,
  type CertificateState,
  judgeTransition,
  statesBefore,
  TRANSITIONS,
  type TransitionAction,
  type TransitionParty,
  type TransitionSide,
} from '../../src/issuance/states.ts';

const sides: readonly TransitionSide[] = ['issuing', 'importing'];
const parties: readonly TransitionParty[] = ['applicant', 'issuing-office', 'node'];
const actions = [...new Set(TRANSITIONS.map((one) => one.action))];
const ended: readonly CertificateState[] = ['rejected', 'withdrawn', 'cancelled', 'replaced', 'expired'];

/** A path: what was tried in turn, and where that led. */
function walk(
  side: TransitionSide,
  attempts: readonly { action: TransitionAction; party: TransitionParty; reason: string }[],
): CertificateState[] {
  const path: CertificateState[] = [];
  let state: CertificateState | null = null;
  for (const { action, party, reason } of attempts) {
    const judged = judgeTransition(side, state, action, party, reason);
    if (!judged.ok) continue;
    state = judged.transition.to;
    path.push(state);
  }
  return path;
}

const attempts = fc.array(
  fc.record({
    action: fc.constantFrom(...actions),
    party: fc.constantFrom(...parties),
    reason: fc.constantFrom('', 'because'),
  }),
  { maxLength: 60 },
);

describe('the states of a certificate', () => {
  test('the table has one outcome for each state, action and side', () => {
    const keys = TRANSITIONS.map((one) => `${one.side} ${one.from} ${one.action}`);
    assert.equal(new Set(keys).size, keys.length);
  });

  test('on no path is a certificate issued that was not submitted just before', () => {
    fc.assert(
      fc.property(attempts, (tried) => {
        const path = walk('issuing', tried);
        const at = path.indexOf('issued');
        assert.ok(at === -1 || path[at - 1] === 'submitted', path.join(' → '));
        assert.equal(path.indexOf('issued', at + 1), -1, 'issued once only');
      }),
      { numRuns: 500 },
    );
  });

  test('on no path does anything follow an end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sides), attempts, (side, tried) => {
        const path = walk(side, tried);
        const end = path.findIndex((state) => ended.includes(state));
        assert.ok(end === -1 || end === path.length - 1, path.join(' → '));
      }),
      { numRuns: 500 },
    );
  });

  test('on no path does the applicant decide, or the office apply', () => {
    fc.assert(
      fc.property(attempts, (tried) => {
        const applicantOnly = walk(
          'issuing',
          tried.filter((one) => one.party === 'applicant'),
        );
        assert.ok(applicantOnly.every((state) => ['draft', 'submitted', 'withdrawn'].includes(state)));
        const others = walk(
          'issuing',
          tried.filter((one) => one.party !== 'applicant'),
        );
        assert.deepEqual(others, []);
      }),
      { numRuns: 300 },
    );
  });

  test('return, reject, withdraw, cancel, replace and refuse say why, and nothing else has to', () => {
    const wanting = new Set(TRANSITIONS.filter((one) => one.reason === 'required').map((one) => one.action));
    assert.deepEqual([...wanting].sort(), ['cancel', 'refuse', 'reject', 'replace', 'return', 'withdraw']);
    for (const one of TRANSITIONS.filter((each) => each.reason === 'required')) {
      const judged = judgeTransition(one.side, one.from, one.action, one.party, '');
      assert.equal(judged.ok ? 'made' : judged.code, 'REASON-REQUIRED');
    }
  });

  test('each wrong step has its code', () => {
    const table: [TransitionSide, CertificateState | null, TransitionAction, TransitionParty, string][] = [
      ['issuing', 'draft', 'approve', 'issuing-office', 'STATE-DOES-NOT-ALLOW'],
      ['issuing', 'submitted', 'amend', 'applicant', 'STATE-DOES-NOT-ALLOW'],
      ['issuing', 'issued', 'withdraw', 'applicant', 'STATE-DOES-NOT-ALLOW'],
      ['issuing', 'issued', 'approve', 'issuing-office', 'STATE-DOES-NOT-ALLOW'],
      ['issuing', 'rejected', 'submit', 'applicant', 'STATE-DOES-NOT-ALLOW'],
      ['issuing', 'submitted', 'approve', 'applicant', 'NOT-THIS-PARTY'],
      ['issuing', 'submitted', 'withdraw', 'issuing-office', 'NOT-THIS-PARTY'],
      ['importing', 'refused', 'verify', 'node', 'STATE-DOES-NOT-ALLOW'],
      ['importing', 'verified', 'approve', 'issuing-office', 'STATE-DOES-NOT-ALLOW'],
    ];
    for (const [side, from, action, party, code] of table) {
      const judged = judgeTransition(side, from, action, party, 'because');
      assert.equal(judged.ok ? 'made' : judged.code, code, `${from} ${action} by ${party}`);
    }
  });

  test('says what a party can do next, and from where an action is possible', () => {
    assert.deepEqual(actionsFrom('issuing', 'submitted', 'issuing-office'), ['return', 'reject', 'approve']);
    assert.deepEqual(actionsFrom('issuing', 'submitted', 'applicant'), ['withdraw']);
    assert.deepEqual(actionsFrom('issuing', 'returned', 'applicant'), ['amend', 'submit', 'withdraw']);
    assert.deepEqual(statesBefore('issuing', 'withdraw'), ['draft', 'submitted', 'returned']);
  });
});
