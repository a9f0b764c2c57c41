import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Actor } from '../../src/access/actor.ts';
import type { JsonValue } from '../../src/documents/json.ts';
import { Refusal } from '../../src/documents/refusal.ts';
import { eventsOf } from '../../src/store/log.ts';
import {
  application,
  directoryOf,
  EXPORTER,
  firmPerson,
  giveMandate,
  later,
  makeCountry,
  NOW,
  official,
  openNode,
  registerFirm,
  submitted,
  type TestFirm,
  type TestNode,
} from './support.ts';

let node: TestNode;
let exporter: TestFirm;
let trader: Actor;
let officer: Actor;

before(async () => {
  const thailand = await makeCountry('TH');
  node = await openNode(thailand, () => directoryOf([thailand]));
  exporter = await registerFirm(node, EXPORTER.name, EXPORTER.identifier);
  trader = firmPerson(node, exporter);
  officer = official(node, 'issuing-officer');
});
after(() => node.database.drop());

const create = (content: JsonValue, actor: Actor = trader, more: { principalFirmId?: string; office?: string } = {}) =>
  node.change(actor, (asked) => node.issuance.create(asked, { content, ...more }));
const refusedWith = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Refusal, String(error));
  assert.equal(error.code, code);
  return true;
};
const countApplications = async () =>
  (await node.pool.query<{ n: number }>({ text: 'select count(*)::int as n from applications' })).rows[0]?.n;

describe('a draft', () => {
  test('of a faultless application has no fault and can be submitted', async () => {
    const draft = await create(application('100001'));
    assert.equal(draft.state, 'draft');
    assert.equal(draft.version, 1);
    assert.deepEqual(draft.faults, []);
    assert.deepEqual(draft.actions, ['amend', 'submit', 'withdraw']);
    const view = await node.change(trader, (asked) => node.issuance.submit(asked, draft.id, 1));
    assert.equal(view.state, 'submitted');
    assert.equal(view.version, 2);
  });

  test('may be incomplete: nothing that was typed is lost and every fault is told', async () => {
    const draft = await create({ scheme: 'ATIGA-FORM-D', exporter: { name: 'Siam' } });
    assert.deepEqual(draft.content, { scheme: 'ATIGA-FORM-D', exporter: { name: 'Siam' } });
    const codes = (draft.faults ?? []).map((fault) => `${fault.code} ${fault.pointer}`);
    assert.ok(
      codes.some((code) => code.startsWith('SCHEMA-REQUIRED')),
      codes.join('\n'),
    );
    await assert.rejects(
      node.change(trader, (asked) => node.issuance.submit(asked, draft.id, 1)),
      (error) => {
        assert.ok(error instanceof Refusal);
        assert.equal(error.code, 'APPLICATION-FAULTY');
        assert.equal(error.kind, 'invalid');
        assert.deepEqual(error.faults, draft.faults);
        return true;
      },
    );
    const still = await node.issuance.readApplication(node.asked(trader), draft.id);
    assert.equal(still.state, 'draft');
    assert.equal(still.version, 1);
  });

  const nonsense: [string, JsonValue][] = [
    ['a member that an application does not have', { ...application(), approvedBy: 'me' }],
    ['a number where text is expected', { ...application(), remarks: 5 }],
    ['text where an object is expected', { ...application(), exporter: 'Siam' }],
    ['no object at all', ['x']],
    ['null', null],
    ['a control character', { ...application(), remarks: 'a\u0007b' }],
    ['NUL', { ...application(), remarks: 'a\u0000b' }],
    ['a turn of the direction of writing', { ...application(), remarks: 'abc\u202ecba' }],
    ['a zero-width character in a name', { ...application(), exporter: { name: 'Si\u200bam' } }],
    ['half a surrogate pair', { ...application(), remarks: '\ud800' }],
    ['letters that look alike in a name', { ...application(), exporter: { name: 'Si\u0430m Motor' } }],
  ];
  for (const [what, content] of nonsense)
    test(`is not saved with ${what}`, async () => {
      const before = await countApplications();
      await assert.rejects(create(content), refusedWith('APPLICATION-UNREADABLE'));
      assert.equal(await countApplications(), before);
    });

  test('keeps decomposed accents composed (NFC)', async () => {
    const draft = await create({ ...application('100002'), remarks: 'Hải'.normalize('NFD') });
    assert.equal(draft.content['remarks'], 'Hải');
  });

  const hostile = [
    "'; drop table applications; --",
    "' or 1=1 --",
    '$1',
    '\\x00',
    "%' and pg_sleep(5) --",
    '{"a":1}',
    '<script>alert(1)</script>',
    '=cmd|calc',
  ];
  test('keeps hostile text as text in every field (H4, H6)', async () => {
    for (const text of hostile) {
      const draft = await create({
        ...application(),
        remarks: text,
        exporter: { name: text },
        goodsItems: [{ itemNumber: 1, description: text, marks: text }],
        invoices: [{ number: text }],
      });
      const read = await node.issuance.readApplication(node.asked(trader), draft.id);
      assert.equal(read.content['remarks'], text);
      const found = await node.issuance.listApplications(node.asked(trader), { text });
      assert.ok(found.items.some((line) => line.id === draft.id));
    }
    assert.ok(((await countApplications()) ?? 0) > 0);
  });

  test('has as exporter the firm that it is made for', async () => {
    const other = await create(
      application('100003', {
        exporter: { ...application().exporter, name: 'Other Co.', identifier: { scheme: 'TH:TIN', value: '1' } },
      }),
    );
    const codes = (other.faults ?? []).map((fault) => `${fault.code} ${fault.pointer}`);
    assert.deepEqual(codes, ['EXPORTER-IDENTIFIER /exporter/identifier', 'EXPORTER-NAME /exporter/name']);
    const spaced = await create(
      application('100004', { exporter: { ...application().exporter, name: 'SIAM  Motor Works Co., Ltd.' } }),
    );
    assert.deepEqual(spaced.faults, [], 'letters in either case and spaces are the same name');
  });

  test('is for goods that leave from this country', async () => {
    const draft = await create({ ...application('100005'), exportingCountry: 'JP' });
    assert.ok((draft.faults ?? []).some((fault) => fault.code === 'EXPORTING-COUNTRY-NOT-HERE'));
  });

  test('goes to the office that is named, and to no unknown one', async () => {
    assert.equal((await create(application('100006'), trader, { office: 'TH-PORT' })).office, 'TH-PORT');
    await assert.rejects(create(application(), trader, { office: 'NOWHERE' }), refusedWith('OFFICE-UNKNOWN'));
  });

  test('is made for the own firm only, by a trader', async () => {
    const other = await registerFirm(node, 'Stranger', { scheme: 'TH:TIN', value: randomUUID() });
    await assert.rejects(create(application(), trader, { principalFirmId: other.id }), refusedWith('NO-MANDATE'));
    await assert.rejects(create(application(), officer), refusedWith('FIRM-MISSING'));
  });

  test('is made by a broker for a firm whose mandate holds now, and for no other', async () => {
    const brokers = await registerFirm(node, 'Broker', { scheme: 'TH:TIN', value: randomUUID() });
    const broker = firmPerson(node, brokers, 'broker');
    const more = { principalFirmId: exporter.id };
    await assert.rejects(create(application(), broker), refusedWith('PRINCIPAL-MISSING'));
    await assert.rejects(create(application(), broker, more), refusedWith('NO-MANDATE'));
    await giveMandate(node, exporter, brokers, later(-60), later(60));
    const draft = await create(application('100007'), broker, more);
    assert.equal(draft.firmId, exporter.id);
    assert.equal(draft.applicantFirmId, brokers.id);
    const atEnd = node.change(
      broker,
      (asked) => node.issuance.create(asked, { content: application(), ...more }),
      later(60),
    );
    await assert.rejects(atEnd, refusedWith('NO-MANDATE'));
    await assert.rejects(create(application(), broker, { principalFirmId: "x' or '1'='1" }), refusedWith('NO-MANDATE'));
  });

  test('can be checked without being stored', async () => {
    const before = await countApplications();
    assert.deepEqual(await node.issuance.check(node.asked(trader), application()), []);
    const faults = await node.issuance.check(node.asked(trader), {});
    assert.ok(faults.length > 5);
    assert.equal(await countApplications(), before);
  });
});

describe('a transition', () => {
  test('of another version than the one in the database is refused and changes nothing', async () => {
    const draft = await create(application('100010'));
    for (const version of [0, 2, 99])
      await assert.rejects(
        node.change(trader, (asked) => node.issuance.submit(asked, draft.id, version)),
        refusedWith('CHANGED-MEANWHILE'),
      );
  });

  test('leaves an event with actor, time, reason and version', async () => {
    const one = await submitted(node, trader, application('100011'));
    await node.change(
      trader,
      (asked) => node.issuance.withdraw(asked, one.id, one.version, ' goods were lost '),
      later(5),
    );
    const events = await eventsOf(node.pool, [one.id]);
    assert.deepEqual(
      events.map((event) => event.kind),
      ['application.created', 'application.submitted', 'application.withdrawn'],
    );
    const last = events[2];
    assert.equal(last?.actor.id, trader.personId);
    assert.equal(last?.actor.role, 'trader');
    assert.equal(last?.reason, 'goods were lost');
    assert.equal(last?.occurredAt.getTime(), later(5).getTime());
    assert.deepEqual(last?.data, { version: 3, state: 'withdrawn' });
    assert.equal(last?.conversation, '6TH0105536000315-26-100011');
  });

  test('that needs a reason is refused without one', async () => {
    const draft = await create(application('100012'));
    const withdraw = (reason: string) =>
      node.change(trader, (asked) => node.issuance.withdraw(asked, draft.id, 1, reason));
    await assert.rejects(withdraw('  '), refusedWith('REASON-REQUIRED'));
    await assert.rejects(withdraw('x'.repeat(2001)), refusedWith('REASON-TOO-LONG'));
  });

  test('after return: amended, submitted again; the reasons stay to be seen', async () => {
    const one = await submitted(node, trader, application('100013'));
    const reasons = [{ pointer: '/goodsItems/0/description', reason: 'Which model?' }, { reason: 'See the letter.' }];
    const returned = await node.change(officer, (asked) =>
      node.issuance.returnForCorrection(asked, one.id, one.version, reasons),
    );
    assert.equal(returned.state, 'returned');
    assert.deepEqual(returned.decisionReasons, reasons);
    await assert.rejects(
      node.change(officer, (asked) => node.issuance.reject(asked, one.id, returned.version, reasons)),
      refusedWith('STATE-DOES-NOT-ALLOW'),
    );
    const amended = await node.change(trader, (asked) =>
      node.issuance.amend(asked, one.id, returned.version, { ...application('100013'), remarks: 'Model X' }),
    );
    assert.equal(amended.state, 'returned');
    assert.equal(amended.content['remarks'], 'Model X');
    const again = await node.change(trader, (asked) => node.issuance.submit(asked, one.id, amended.version));
    assert.equal(again.state, 'submitted');
    assert.deepEqual(again.decisionReasons, reasons);
  });

  test('by which nothing comes after: rejected stays rejected', async () => {
    const one = await submitted(node, trader, application('100014'));
    await assert.rejects(
      node.change(officer, (asked) => node.issuance.reject(asked, one.id, one.version, [{ reason: ' ' }])),
      refusedWith('REASON-REQUIRED'),
    );
    const rejected = await node.change(officer, (asked) =>
      node.issuance.reject(asked, one.id, one.version, [{ reason: 'Not of Thai origin.' }]),
    );
    for (const attempt of [
      () => node.change(trader, (asked) => node.issuance.submit(asked, one.id, rejected.version)),
      () => node.change(trader, (asked) => node.issuance.amend(asked, one.id, rejected.version, application())),
      () => node.change(trader, (asked) => node.issuance.withdraw(asked, one.id, rejected.version, 'x')),
    ])
      await assert.rejects(attempt(), refusedWith('STATE-DOES-NOT-ALLOW'));
  });

  test('of two at once is made once', async () => {
    const draft = await create(application('100015'));
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => node.change(trader, (asked) => node.issuance.submit(asked, draft.id, 1))),
    );
    assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
    for (const result of results)
      if (result.status === 'rejected') assert.ok(refusedWith('CHANGED-MEANWHILE')(result.reason));
    assert.equal((await eventsOf(node.pool, [draft.id])).length, 2);
  });

  test('takes one question to submit; what it changes travels with the commit', async () => {
    const draft = await create(application('100016'));
    let questions = 0;
    let travelling = 0;
    await node.change(trader, (asked) => {
      const counted = { ...asked.transaction };
      counted.query = (statement) => {
        questions += 1;
        return asked.transaction.query(statement);
      };
      counted.later = (statement) => {
        travelling += 1;
        asked.transaction.later(statement);
      };
      return node.issuance.submit({ ...asked, transaction: counted }, draft.id, 1);
    });
    assert.deepEqual([questions, travelling], [1, 2]);
  });
});

describe('a list of applications', () => {
  test('comes newest first, page by page, each once, while others are added', async () => {
    const firm = await registerFirm(node, 'Pager', { scheme: 'TH:TIN', value: randomUUID() });
    const person = firmPerson(node, firm);
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1) {
      const at = later(Math.floor(index / 3));
      const draft = await node.change(person, (asked) => node.issuance.create(asked, { content: {} }), at);
      made.push(draft.id);
    }
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const query: Record<string, string> = { limit: '7', ...(next === undefined ? {} : { after: next }) };
      const page = await node.issuance.listApplications(node.asked(person), query);
      assert.equal(page.total, next === undefined ? 25 : undefined);
      seen.push(...page.items.map((line) => line.id));
      next = page.next;
      await node.change(person, (asked) => node.issuance.create(asked, { content: {} }), later(100));
    } while (next !== undefined);
    assert.equal(seen.length, 25);
    assert.deepEqual([...seen].sort(), [...made].sort());
  });

  test('is filtered by state, scheme, country, consignment, text and days', async () => {
    const firm = await registerFirm(node, 'Filter', { scheme: 'TH:TIN', value: randomUUID() });
    const person = firmPerson(node, firm);
    const make = (content: JsonValue, at = NOW) =>
      node.change(person, (asked) => node.issuance.create(asked, { content }), at);
    const a = await make({
      scheme: 'RCEP',
      importingCountry: 'JP',
      consignmentReference: 'A-1',
      exporter: { name: 'Blue 100% Co_' },
    });
    const b = await make(
      { scheme: 'ATIGA-FORM-D', importingCountry: 'VN', consignmentReference: 'B-1' },
      later(3 * 24 * 60),
    );
    const found = async (query: Record<string, string>) =>
      (await node.issuance.listApplications(node.asked(person), query)).items.map((line) => line.id);
    assert.deepEqual(await found({}), [b.id, a.id]);
    assert.deepEqual(await found({ scheme: 'RCEP' }), [a.id]);
    assert.deepEqual(await found({ importingCountry: 'VN' }), [b.id]);
    assert.deepEqual(await found({ consignmentReference: 'A-1' }), [a.id]);
    assert.deepEqual(await found({ state: 'draft' }), [b.id, a.id]);
    assert.deepEqual(await found({ state: 'issued' }), []);
    assert.deepEqual(await found({ text: 'BLUE 100% co_' }), [a.id]);
    assert.deepEqual(await found({ text: '%' }), [a.id], 'no wildcard');
    assert.deepEqual(await found({ createdFrom: '2026-02-28' }), [b.id]);
    assert.deepEqual(await found({ createdTo: '2026-02-27' }), [a.id]);
    await assert.rejects(found({ createdTo: '2026-02-30' }), refusedWith('DAY-UNREADABLE'));
    await assert.rejects(found({ limit: '0' }), refusedWith('LIMIT-UNREADABLE'));
    await assert.rejects(found({ after: '1' }), refusedWith('CURSOR-UNREADABLE'));
    await assert.rejects(found({ text: 'a\u0000' }), refusedWith('TEXT-UNREADABLE'));
  });
});

describe('an id', () => {
  for (const id of [
    'x',
    "1' or '1'='1",
    '../../etc/passwd',
    '%2e%2e',
    randomUUID().toUpperCase(),
    '\u0000',
    randomUUID(),
  ])
    test(`that is ${JSON.stringify(id)} is not found`, async () => {
      await assert.rejects(node.issuance.readApplication(node.asked(trader), id), refusedWith('APPLICATION-NOT-FOUND'));
    });
});
