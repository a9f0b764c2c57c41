import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/documents/refusal.ts';
import { localTime } from '../../src/issuance/local-time.ts';
import { summarise } from '../../src/issuance/summary.ts';
import type { HistoryEntry } from '../../src/issuance/views.ts';
import { waitsOf } from '../../src/issuance/waits.ts';
import { readCursor, readLimit, writeCursor } from '../../src/store/cursor.ts';

const by = { name: 'x', role: 'node' };
const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 8, minute));
const entries = (...kinds: [number, string][]): HistoryEntry[] =>
  kinds.map(([minute, kind]) => ({ at: at(minute).toISOString(), kind, by }));
const told = (list: HistoryEntry[], now = at(50), nowhere = false) =>
  waitsOf(list, now, nowhere).map((wait) => `${wait.for} ${wait.milliseconds / 60_000}${wait.until ? '' : ' still'}`);

describe('who waited for whom', () => {
  test('a whole journey is four stretches without gaps', () => {
    const journey = entries(
      [0, 'application.created'],
      [2, 'application.submitted'],
      [12, 'application.returned'],
      [13, 'application.amended'],
      [15, 'application.submitted'],
      [20, 'application.approved'],
      [20, 'certificate.issued'],
      [21, 'certificate.delivered'],
      [24, 'certificate.answered'],
    );
    assert.deepEqual(told(journey), [
      'trader 2',
      'issuing-office 10',
      'trader 3',
      'issuing-office 5',
      'exchange 1',
      'importing-customs 3',
    ]);
  });

  test('a stretch that still lasts has no end and is measured to the moment of asking', () => {
    assert.deepEqual(told(entries([0, 'application.created'], [2, 'application.submitted'])), [
      'trader 2',
      'issuing-office 48 still',
    ]);
  });

  test('a receipt noted after the answer does not open a wait again', () => {
    const late = entries([0, 'certificate.issued'], [1, 'certificate.answered'], [2, 'certificate.delivered']);
    assert.deepEqual(told(late), ['exchange 1']);
  });

  test('nobody waits for the exchange when the importing country has no node', () => {
    assert.deepEqual(told(entries([0, 'application.submitted'], [5, 'certificate.issued']), at(50), true), [
      'issuing-office 5',
    ]);
  });

  test('a partner whose clock is ahead makes no negative stretch', () => {
    const ahead = entries([5, 'certificate.issued'], [4, 'certificate.received'], [4, 'certificate.verified']);
    assert.ok(waitsOf(ahead, at(6), false).every((wait) => wait.milliseconds >= 0));
  });
});

describe('the time of issue', () => {
  test('is told where the authority is, with its offset', () => {
    const evening = new Date('2026-03-01T20:15:30Z');
    assert.deepEqual(localTime(evening, 'Asia/Bangkok'), { date: '2026-03-02', time: '03:15:30+07:00', year: 2026 });
    assert.deepEqual(localTime(evening, 'UTC'), { date: '2026-03-01', time: '20:15:30Z', year: 2026 });
  });

  test('names the same moment in every zone', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        fc.constantFrom('Asia/Tokyo', 'Asia/Ho_Chi_Minh', 'Asia/Yangon', 'Asia/Kathmandu', 'America/St_Johns', 'UTC'),
        (moment, zone) => {
          const { date, time } = localTime(moment, zone);
          const second = Math.floor(moment.getTime() / 1000) * 1000;
          assert.equal(new Date(`${date}T${time}`).getTime(), second);
        },
      ),
    );
  });
});

describe('the cursor of a list', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.date({ min: new Date('2001-10-01'), max: new Date('2199-12-31'), noInvalidDate: true }),
        (id, moment) => {
          assert.deepEqual(readCursor(writeCursor({ at: moment, id })), { at: moment, id });
        },
      ),
    );
  });

  for (const hostile of ["'; drop table applications; --", '0', '-1', '9999999999999999-x', '../..', '%00'])
    test(`refuses ${JSON.stringify(hostile)} as cursor and limit`, () => {
      assert.throws(() => readCursor(hostile), Refusal);
      assert.throws(() => readLimit(hostile), Refusal);
    });
});

describe('the summary of a document', () => {
  test('is made of anything without failing, and can always be stored as text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom('scheme', 'exporter', 'consignee', 'goodsItems', 'invoices', 'number', 'x'),
          fc.jsonValue(),
        ),
        (content) => {
          const summary = summarise(JSON.parse(JSON.stringify(content)));
          assert.ok(summary.searchText.isWellFormed() && !summary.searchText.includes('\u0000'));
        },
      ),
    );
  });
});
