import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { carrySamples } from '../../src/region/carry-samples.ts';
import { ask, signIn, type WebAnswer } from '../hostile/web.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';

let region: TestRegion;
const cookies = new Map<string, string>();

before(async () => {
  region = await startTestRegion(['TH', 'VN']);
  await carrySamples(region.region.description, 1, () => {});
  for (const name of ['operator', 'supervisor', 'issuing', 'exporter', 'analyst'])
    cookies.set(name, await signIn(region, 'TH', name));
});
after(() => region.end());

/** Asks Thailand's node as one of its people. */
function as(
  who: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): Promise<WebAnswer> {
  return ask(region, 'TH', cookies.get(who) ?? null, method, path, body, headers);
}

function run(text: string, ...values: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }> {
  const node = region.region.nodes.find((one) => one.configuration.country === 'TH');
  assert.ok(node);
  return node.pool.query({ text, values });
}

/** A message that failed long ago, under an id as a partner or an earlier version might have chosen it. */
async function failed(id = `${randomUUID()}@th.selat`, partner = 'VN'): Promise<string> {
  await run(
    `insert into outgoing_messages (message_id, partner, conversation, service, action, queued_at, window_ends_at,
      next_attempt_at, attempts, state, last_error_code, last_error)
     values ($1, $2, 'UCR', 's', 'a', now() - interval '9 days', now(), now(), 3, 'failed', 'EBMS:0005', 'away')`,
    id,
    partner,
  );
  await run(
    `insert into outgoing_bodies (message_id, content_type, body, size, signed_references) values ($1, 'text/html', $2, $3, '[]')`,
    id,
    Buffer.from('<script>'),
    8,
  );
  return id;
}

/** Takes a made-up message away again, with what was written about it. */
async function forget(id: string): Promise<void> {
  await run('delete from failed_tries where message_id = $1', id);
  await run('delete from outgoing_bodies where message_id = $1', id);
  await run('delete from outgoing_messages where message_id = $1', id);
}

const path = (id: string, rest = ''): string => `/api/messages/${encodeURIComponent(id)}${rest}`;

async function token(onlyRights: readonly string[]): Promise<Record<string, string>> {
  const made = await as('operator', 'POST', '/api/tokens', {
    name: 'scraper',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    onlyRights,
  });
  return { Authorization: `Bearer ${JSON.parse(made.text).secret}` };
}

describe('messages over HTTP', () => {
  test('are listed with every filter, and hostile values of a filter are refused', async () => {
    const listed = JSON.parse((await as('operator', 'GET', '/api/messages?partner=VN&limit=1')).text);
    assert.equal(listed.items.length, 1);
    assert.equal(typeof listed.next, 'string');
    const rest = await as('supervisor', 'GET', `/api/messages?partner=VN&after=${listed.next}`);
    assert.equal(rest.status, 200);
    for (const query of [
      'partner=vn',
      'partner=VN%27--',
      'direction=up',
      'state=queued%27',
      'limit=0',
      'limit=201',
      'limit=1e9',
      'since=yesterday',
      'since=2026-02-30T00:00:00Z',
      'after=x',
      `after=${'x'.repeat(900)}`,
      'conversation=',
      'conversation=a%00b',
      `conversation=${'x'.repeat(501)}`,
      'action=%E2%80%AEx',
      'unknown=1',
      'partner=VN&partner=JP',
    ]) {
      const answer = await as('operator', 'GET', `/api/messages?${query}`);
      assert.equal(answer.status, 400, query);
      assert.match(answer.code, /^(QUERY-INVALID|CURSOR-UNREADABLE)$/, query);
    }
    const injected = await as('operator', 'GET', `/api/messages?conversation=${encodeURIComponent("' or 1=1 --")}`);
    assert.deepEqual(JSON.parse(injected.text).items, []);
  });

  test('are found by any id that a message may have, and by no other path', async () => {
    for (const id of [
      'a/b\\c?d=e#f%2F@x',
      "'; drop table events; --".replaceAll(' ', ''),
      '<img/src=x>@y',
      'x'.repeat(250),
    ]) {
      await failed(id);
      const answer = await as('operator', 'GET', path(id));
      assert.equal(answer.status, 200, id);
      assert.equal(JSON.parse(answer.text).id, id);
      assert.equal(JSON.parse(answer.text).events.length, 0);
      const bytes = await as('operator', 'GET', path(id, '/bytes'));
      assert.equal(bytes.text, '<script>');
      assert.equal(bytes.headers.get('content-type'), 'application/octet-stream', 'never as what a partner says it is');
      assert.match(bytes.headers.get('content-disposition') ?? '', /^attachment; filename="[A-Za-z0-9._@-]+"$/);
      await forget(id);
    }
    for (const strange of ['ä', 'a%00b', 'x'.repeat(251), 'a%20b'])
      assert.equal((await as('operator', 'GET', `/api/messages/${strange}`)).status, 404, strange);
  });

  test('of one id in both directions are told apart', async () => {
    const { rows } = await run(`select message_id from incoming_messages limit 1`);
    const id = await failed(String(rows[0]?.['message_id']));
    assert.equal((await as('operator', 'GET', path(id))).code, 'MESSAGE-IN-BOTH-DIRECTIONS');
    for (const direction of ['out', 'in']) {
      const answer = await as('operator', 'GET', path(id, `?direction=${direction}`));
      assert.equal(JSON.parse(answer.text).direction, direction);
    }
    const dismissed = await as('operator', 'POST', path(id, '/dismiss'), { reason: 'ours' });
    assert.equal(JSON.parse(dismissed.text).direction, 'out');
    await forget(id);
  });

  test('are sent again once by a double click, and by none but an operator', async () => {
    // To a country without a node, so that it waits once it is queued.
    const id = await failed(undefined, 'JP');
    for (const [who, status] of [
      ['supervisor', 403],
      ['issuing', 403],
      ['exporter', 403],
      ['analyst', 403],
      ['nobody', 401],
    ] as const)
      for (const act of ['resend', 'hold', 'release', 'dismiss'])
        assert.equal((await as(who, 'POST', path(id, `/${act}`), { reason: 'x' })).status, status, `${who} ${act}`);
    for (const body of [
      {},
      { reason: '' },
      { reason: '   ' },
      { reason: 'x'.repeat(501) },
      { reason: 'a\u0000' },
      { reason: 'x', more: 1 },
    ])
      assert.match(
        (await as('operator', 'POST', path(id, '/resend'), body)).code,
        /^(BODY-INVALID|JSON-UNREADABLE)$/,
        JSON.stringify(body),
      );
    const key = { 'Idempotency-Key': randomUUID() };
    const clicks = await Promise.all([
      ...Array.from({ length: 3 }, () => as('operator', 'POST', path(id, '/resend'), { reason: 'clicked' }, key)),
      as('operator', 'POST', path(id, '/resend'), { reason: 'clicked elsewhere' }),
    ]);
    const done = clicks.filter(({ status }) => status === 200);
    const refused = clicks.filter(({ status }) => status !== 200);
    assert.ok(done.length >= 1);
    assert.ok(refused.every(({ code }) => code === 'MESSAGE-NOT-FAILED'));
    const events = await run(
      `select actor_name, reason from events where subject = $1 and kind = 'message.sent-again'`,
      id,
    );
    assert.equal(events.rows.length, 1);
    await run(`update outgoing_messages set state = 'dismissed' where message_id = $1`, id);
  });

  test('that are not there cannot be acted on', async () => {
    for (const act of [
      'messages/none@x/resend',
      'messages/none@x/hold',
      'quarantine/none@x/dismiss',
      'quarantine/none@x/deliver',
    ])
      assert.equal((await as('operator', 'POST', `/api/${act}`, { reason: 'x' })).code, 'MESSAGE-NOT-FOUND', act);
    assert.equal((await as('operator', 'GET', '/api/messages/none@x/receipt')).code, 'MESSAGE-NOT-FOUND');
  });
});

describe('partners over HTTP', () => {
  test('are pinged, held and released, and show it', async () => {
    const ping = await as('operator', 'POST', '/api/partners/VN/ping');
    assert.equal(ping.status, 200, ping.text);
    const told = JSON.parse(ping.text);
    assert.equal(told.error, null);
    assert.ok(told.receipt.milliseconds >= 0);
    assert.equal((await as('operator', 'POST', '/api/partners/VN/hold', { reason: 'asked to' })).status, 200);
    assert.equal((await as('operator', 'POST', '/api/partners/VN/hold', { reason: 'asked to' })).code, 'PARTNER-HELD');
    const [line] = JSON.parse((await as('supervisor', 'GET', '/api/partners')).text).items;
    assert.equal(line.hold.reason, 'asked to');
    assert.deepEqual(line.circuit, { state: 'closed', until: null });
    assert.equal(line.reachable, true);
    assert.equal(JSON.parse((await as('operator', 'POST', '/api/partners/VN/ping')).text).error, null, 'past the hold');
    assert.equal((await as('operator', 'POST', '/api/partners/VN/release')).status, 200);
    assert.equal((await as('operator', 'POST', '/api/partners/VN/release')).code, 'PARTNER-NOT-HELD');
    for (const country of ['ZZ', 'TH', 'vn', '..%2F', 'VN%27'])
      assert.ok(
        (await as('operator', 'POST', `/api/partners/${country}/hold`, { reason: 'x' })).status === 404,
        country,
      );
    assert.equal((await as('supervisor', 'POST', '/api/partners/VN/hold', { reason: 'x' })).status, 403);
  });
});

describe('alarms over HTTP', () => {
  test('say what rings and what to do, until it is dealt with or acknowledged', async () => {
    const id = await failed();
    const rung = JSON.parse((await as('supervisor', 'GET', '/api/alarms')).text);
    assert.equal(rung.state, 'urgent');
    const [alarm] = rung.items;
    assert.equal(alarm.code, 'MESSAGES-FAILED');
    assert.equal(alarm.about, 'VN');
    assert.match(alarm.doNow, /selat resend/);
    assert.equal((await as('operator', 'POST', path(id, '/dismiss'), { reason: 'done' })).status, 200);
    const { rows } = await run(
      `with event as (insert into events (occurred_at, kind, subject, actor_id, actor_name, actor_role, reason, data, digest)
         values (now(), 'message.alarm', 'x@vn', 'exchange', 'Exchange', 'node', 'the reason', '{"alarm":true}', '\\x00') returning id)
       insert into open_alarms (event_id, kind, code, partner, occurred_at)
         select id, 'message.alarm', 'RECEIPT-DIGESTS', 'VN', now() from event returning event_id`,
    );
    const number = String(rows[0]?.['event_id']);
    const [logged] = JSON.parse((await as('operator', 'GET', '/api/alarms')).text).items;
    assert.deepEqual([logged.code, logged.id], ['RECEIPT-DIGESTS', number]);
    assert.match(logged.means, /the reason/);
    const acknowledge = `/api/alarms/${number}/acknowledge`;
    assert.equal((await as('supervisor', 'POST', acknowledge, { note: 'seen' })).status, 403);
    assert.equal((await as('operator', 'POST', acknowledge, {})).code, 'BODY-INVALID');
    for (const wrong of ['0', 'x', '1e3', '99999999999999999999'])
      assert.equal(
        (await as('operator', 'POST', `/api/alarms/${wrong}/acknowledge`, { note: 'x' })).code,
        'ALARM-NOT-FOUND',
      );
    assert.equal((await as('operator', 'POST', acknowledge, { note: 'seen' })).text, '{"acknowledged":1}');
    assert.equal((await as('operator', 'POST', acknowledge, { note: 'seen' })).code, 'ALARM-NOT-OPEN');
    assert.deepEqual(JSON.parse((await as('operator', 'GET', '/api/alarms')).text), { state: 'quiet', items: [] });
  });
});

describe('metrics over HTTP', () => {
  const LINE = /^[a-z_][a-z0-9_]*(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? (-?[0-9.e+-]+|NaN|\+Inf)$/i;

  test('are given to a token for them, and to nobody without', async () => {
    assert.equal((await as('nobody', 'GET', '/metrics')).status, 401);
    assert.equal((await as('exporter', 'GET', '/metrics')).status, 403);
    const scraper = await token(['metrics.read']);
    const answer = await as('nobody', 'GET', '/metrics', undefined, scraper);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
    const lines = answer.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) assert.match(line, LINE);
    for (const expected of [
      /^selat_message_tries_total\{partner="VN",outcome="receipted"\} [1-9]/m,
      /^selat_messages_received_total\{partner="VN",outcome="delivered"\} [1-9]/m,
      /^selat_message_dispatch_seconds_count\{partner="VN"\} [1-9]/m,
      /^selat_messages\{partner="VN",state="queued"\} 0$/m,
      /^selat_oldest_message_age_seconds\{partner="VN",state="failed"\} 0$/m,
      /^selat_directory_serial [1-9]/m,
      /^selat_certificate_end_seconds\{country="TH",use="tls \(ec\)"\} \d/m,
      /^selat_database_readable 1$/m,
      /^nodejs_eventloop_lag_p99_seconds /m,
    ])
      assert.match(answer.text, expected);
    assert.equal((await as('nobody', 'GET', '/api/messages', undefined, scraper)).status, 403);
  });
});
