import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/documents/refusal.ts';
import type { Directory } from '../../src/federation/directory.ts';
import { directoryOf, makeCountry } from '../issuance/support.ts';
import {
  certificateOf,
  claimOf,
  deliver,
  deliverCertificate,
  issue,
  itemOf,
  type LedgerNode,
  later,
  official,
  openLedgerNode,
  type SentDocument,
} from './support.ts';

const QUANTITY = 100;
let directory: Directory;
let thai: LedgerNode;
let importing: readonly LedgerNode[];

before(async () => {
  const [th, vn, my] = [await makeCountry('TH'), await makeCountry('VN'), await makeCountry('MY')];
  directory = directoryOf([th, vn, my]);
  thai = await openLedgerNode('TH', () => directory, th);
  importing = [await openLedgerNode('VN', () => directory, vn), await openLedgerNode('MY', () => directory, my)];
});
after(() => Promise.all([thai, ...importing].map((node) => node.database.drop())));

type Step =
  | { readonly kind: 'reserve' | 'return'; readonly at: number; readonly quantity: number }
  | { readonly kind: 'write-off' | 'give-back'; readonly at: number; readonly which: number }
  | { readonly kind: 'allot'; readonly at: number; readonly quantity: number }
  | { readonly kind: 'tell' }
  /** Any message that was ever sent, so that some come late, twice, out of order or never. */
  | { readonly kind: 'deliver'; readonly which: number };

const node = fc.integer({ min: 0, max: 1 });
const quantity = fc.integer({ min: 1, max: 25 });
const which = fc.nat(12);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('reserve' as const, 'return' as const), at: node, quantity }),
  fc.record({ kind: fc.constantFrom('write-off' as const, 'give-back' as const), at: node, which }),
  fc.record({ kind: fc.constant('allot' as const), at: node, quantity }),
  fc.record({ kind: fc.constant('tell' as const) }),
  fc.record({ kind: fc.constant('deliver' as const), which }),
);

interface Sent {
  readonly from: LedgerNode;
  readonly document: SentDocument;
}

/** So that the walks begin with parts at both countries. */
const OPENING: readonly Step[] = [
  { kind: 'reserve', at: 0, quantity: 20 },
  { kind: 'return', at: 0, quantity: 60 },
  { kind: 'tell' },
  { kind: 'deliver', which: 0 },
  { kind: 'allot', at: 1, quantity: 35 },
  { kind: 'tell' },
  { kind: 'deliver', which: 1 },
];

/** One certificate on its way through the three ledgers. */
class Walk {
  readonly number: string;
  readonly #sent: Sent[] = [];
  readonly #declarations: [string[], string[]] = [[], []];
  #minutes = 1;

  constructor(number: string) {
    this.number = number;
  }

  #now(): Date {
    this.#minutes += 1;
    return later(this.#minutes);
  }

  at(index: number): LedgerNode {
    return importing[index] ?? assert.fail();
  }

  async take(one: Step): Promise<void> {
    try {
      await this.#take(one);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  async #take(one: Step): Promise<void> {
    const now = this.#now();
    switch (one.kind) {
      case 'reserve': {
        const claim = claimOf([itemOf(1, this.number, { value: String(one.quantity), unit: 'C62' })]);
        const at = this.at(one.at);
        await at.change((transaction) => at.ledger.reserve(transaction, claim, now));
        this.#declarations[one.at]?.push(claim.declarationId);
        return;
      }
      case 'write-off':
      case 'give-back': {
        const known = this.#declarations[one.at] ?? [];
        const id = known[one.which % Math.max(1, known.length)] ?? randomUUID();
        const at = this.at(one.at);
        await at.change((transaction) =>
          one.kind === 'write-off'
            ? at.ledger.writeOff(transaction, id, now)
            : at.ledger.giveBack(transaction, id, now),
        );
        return;
      }
      case 'return': {
        const at = this.at(one.at);
        const items = [{ itemNumber: 1, quantity: String(one.quantity) }];
        await this.#act(at, (asked, version) =>
          at.ledger.returnAllotment(asked, this.number, version, { items, reason: 'because' }),
        );
        return;
      }
      case 'allot': {
        const items = [{ itemNumber: 1, quantity: String(one.quantity) }];
        const { country } = this.at(one.at);
        await this.#act(thai, (asked, version) =>
          thai.ledger.allot(asked, this.number, version, { country, items, reason: 'because' }),
        );
        return;
      }
      case 'tell':
        return this.tell(now);
      case 'deliver': {
        const message = this.#sent[one.which % Math.max(1, this.#sent.length)];
        if (message !== undefined) await this.#deliver(message, now);
      }
    }
  }

  async #act(
    at: LedgerNode,
    work: (asked: Parameters<LedgerNode['ledger']['read']>[0], version: number) => Promise<unknown>,
  ): Promise<void> {
    const actor = { ...official(at, 'supervisor'), office: 'TH-MAIN' };
    await at.change(async (transaction) => {
      const asked = { transaction, actor, now: this.#now() };
      const { version } = await at.ledger.read(asked, this.number);
      await work(asked, version);
    });
  }

  async tell(now = this.#now()): Promise<void> {
    for (const from of [thai, ...importing]) {
      const already = from.sent.length;
      await from.ledger.tellDue(now);
      this.#sent.push(...from.sent.slice(already).map((document) => ({ from, document })));
    }
  }

  async #deliver(message: Sent, now: Date): Promise<void> {
    const { from, document } = message;
    const to = [thai, ...importing].find(({ country }) => country === document.toCountry) ?? assert.fail();
    const taken = await deliver(to, from.country, document, now);
    assert.ok(taken.taken, taken.code);
  }

  /** In the end everything arrives, in whatever order. */
  async settle(): Promise<void> {
    await this.tell();
    for (const message of this.#sent.toReversed()) await this.#deliver(message, this.#now());
  }

  async used(): Promise<readonly (readonly [allotted: number, used: number, writtenOff: number])[]> {
    return Promise.all(
      importing.map(async ({ pool }) => {
        const { rows } = await pool.query<{ allotted: string; used: string; written_off: string }>({
          text: `select granted - returned as allotted, reserved + written_off as used, written_off
            from certificate_allotments where number = $1`,
          values: [this.number],
        });
        const [row] = rows;
        return row === undefined ? [0, 0, 0] : [Number(row.allotted), Number(row.used), Number(row.written_off)];
      }),
    );
  }

  async asIssuerKnows(): Promise<readonly number[]> {
    const { rows } = await thai.pool.query<{ written_off: string }>({
      text: `select coalesce(a.written_off, 0) as written_off from unnest('{VN,MY}'::text[]) with ordinality as c (country, place)
        left join certificate_country_allotments a on a.country = c.country and a.number = $1 order by place`,
      values: [this.number],
    });
    return rows.map((row) => Number(row.written_off));
  }
}

test('on no path of draws, returns, grants and messages in any order is a certificate used beyond its quantity', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      const certificate = certificateOf(String(QUANTITY));
      const bytes = await issue(thai, certificate);
      await thai.pool.query({
        text: `update certificates set office = 'TH-MAIN' where number = $1`,
        values: [certificate.number],
      });
      await deliverCertificate(importing[0] ?? assert.fail(), 'TH', bytes);
      const walk = new Walk(certificate.number);
      for (const one of [...OPENING, ...steps]) {
        await walk.take(one);
        const used = await walk.used();
        assert.ok(used.reduce((sum, [allotted]) => sum + allotted, 0) <= QUANTITY, 'allotted beyond the certificate');
        assert.ok(
          used.every(([allotted, inUse]) => inUse <= allotted),
          'used beyond an allotment',
        );
      }
      await walk.settle();
      const used = await walk.used();
      assert.deepEqual(
        await walk.asIssuerKnows(),
        used.map(([, , writtenOff]) => writtenOff),
        'in the end the issuing node knows what was used',
      );
    }),
    { numRuns: 10 },
  );
});
