import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ACTION, SERVICE } from '../../exchange/running-exchange.ts';
import { NotSupported } from '../cells.ts';
import { payloads } from '../payloads.ts';
import type { Letter } from '../selat-node.ts';
import { SHARED_PROFILE } from './asx-configuration.ts';
import type { Ground } from './ground.ts';

/** What one side refuses, or answers in an unusual way, and the other must understand. */
export interface Situation {
  readonly direction: 'asx-rs → Selat' | 'Selat → asx-rs';
  readonly what: string;
  /** @returns what was seen */
  tryIt(ground: Ground): Promise<string>;
}

const small = payloads(1, 2_048);

function sendByAsx(ground: Ground, changes: { readonly action?: string; readonly twice?: boolean } = {}) {
  return ground.asx.send({
    do: 'send',
    messageId: `${randomUUID()}@asx.example`,
    service: SERVICE,
    action: ACTION,
    conversationId: 'UCR-1',
    payloads: ground.files(small),
    ...changes,
  });
}

/** asx-rs sends what Selat refuses: it must find the code in Selat's error signal. */
function refusedBySelat(what: string, code: string, prepare: (ground: Ground) => Promise<object>): Situation {
  return {
    direction: 'asx-rs → Selat',
    what: `${what}: ${code}`,
    async tryIt(ground) {
      const sent = await sendByAsx(ground, await prepare(ground));
      assert.equal(sent.receipted, false, 'asx-rs has a receipt');
      assert.equal(sent.kind, 'PartnerError', `asx-rs says ${sent.kind}: ${sent.reason}`);
      assert.equal(sent.code, code, `asx-rs says ${sent.reason}`);
      return `asx-rs says: ${sent.reason}`;
    },
  };
}

/** Selat sends what asx-rs refuses: it must find the code in the error signal of asx-rs, and not take it for a receipt. */
function refusedByAsx(
  what: string,
  code: string,
  prepare: (ground: Ground) => Promise<Partial<Letter>> | Partial<Letter>,
): Situation {
  return {
    direction: 'Selat → asx-rs',
    what: `${what}: ${code}`,
    async tryIt(ground) {
      const changes = await prepare(ground);
      const letter = { to: ground.my, conversationId: 'UCR-1', properties: {}, payloads: small, ...changes };
      const { judgement } = await ground.selat.send(letter);
      assert.ok(
        judgement.means === 'retry' || judgement.means === 'refused',
        `Selat says ${JSON.stringify({ ...judgement, bytes: undefined })}`,
      );
      assert.equal(judgement.code, code, `Selat says ${judgement.reason}`);
      return `Selat says (${judgement.means}): ${judgement.reason}`;
    },
  };
}

/** The same member under another identifier. */
const called = <Member extends { readonly partyId: string }>(member: Member, partyId: string): Member => ({
  ...member,
  partyId,
});

/** Every situation; each begins with asx-rs as MY in the shared profile, taking what it gets. */
export const SITUATIONS: readonly Situation[] = [
  {
    direction: 'asx-rs → Selat',
    what: 'the test service: receipted, not delivered',
    async tryIt(ground) {
      const before = ground.selat.running.deliveries.length;
      const sent = await ground.asx.send({ do: 'ping', payloads: ground.files(small) });
      assert.equal(sent.receipted, true, `asx-rs says ${sent.reason}`);
      assert.equal(ground.selat.running.deliveries.length, before, 'Selat delivered a test message');
      return '';
    },
  },
  {
    direction: 'asx-rs → Selat',
    what: 'the same message again, as after a lost receipt: receipted, delivered once',
    async tryIt(ground) {
      const sent = await sendByAsx(ground, { twice: true });
      assert.equal(sent.receipted, true, `asx-rs says ${sent.reason}`);
      const times = ground.selat.running.deliveries.filter((each) => each.messageId === sent.messageId).length;
      assert.equal(times, 1, `Selat delivered it ${times} times`);
      return '';
    },
  },
  refusedBySelat('an action that is not offered', 'EBMS:0010', async () => ({ action: 'urn:test:unknown' })),
  refusedBySelat('a sender that is not in the directory', 'EBMS:0003', async (ground) => {
    await ground.speak(SHARED_PROFILE, called(ground.my, 'urn:test:party:nobody'));
    return {};
  }),
  refusedBySelat('a sender of another country than the connection', 'EBMS:0101', async (ground) => {
    await ground.speak(SHARED_PROFILE, called(ground.my, ground.vn.partyId));
    return {};
  }),
  refusedBySelat('signed by another country', 'EBMS:0101', async (ground) => {
    await ground.speak(SHARED_PROFILE, { ...ground.my, keys: { ...ground.my.keys, signing: ground.vn.keys.signing } });
    return {};
  }),
  refusedBySelat('encrypted to another key', 'EBMS:0102', async (ground) => {
    const { member } = ground.selat;
    const mistaken = { ...member, keys: { ...member.keys, encryption: ground.vn.keys.encryption } };
    await ground.speak(SHARED_PROFILE, ground.my, mistaken);
    return {};
  }),
  refusedBySelat('for another party', 'EBMS:0003', async (ground) => {
    await ground.speak(SHARED_PROFILE, ground.my, called(ground.selat.member, 'urn:test:party:elsewhere'));
    return {};
  }),
  {
    direction: 'Selat → asx-rs',
    what: 'the test service: receipted, not handed on',
    async tryIt({ selat, asx, my }) {
      const { message, judgement } = await selat.send({
        to: my,
        conversationId: 'test',
        properties: {},
        payloads: small,
        service: 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/service',
        action: 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/test',
      });
      assert.equal(judgement.means, 'receipted', `Selat says ${JSON.stringify({ ...judgement, bytes: undefined })}`);
      assert.ok(!asx.received.some((each) => each.messageId === message.messageId), 'asx-rs handed it on');
      return '';
    },
  },
  refusedByAsx('refused by its application for good', 'EBMS:0004', async ({ asx }) => {
    await asx.answer('refuseForGood');
    return {};
  }),
  refusedByAsx('refused by its application for now', 'EBMS:0202', async ({ asx }) => {
    await asx.answer('refuseForNow');
    return {};
  }),
  refusedByAsx('for another party', 'EBMS:0004', () => ({ toPartyId: 'urn:test:party:elsewhere' })),
  refusedByAsx('from a party it does not know', 'EBMS:0101', () => ({ fromPartyId: 'urn:test:party:nobody' })),
  refusedByAsx('encrypted to another key', 'EBMS:0102', ({ vn }) => ({
    recipient: vn.keys.encryption[SHARED_PROFILE].certificate,
  })),
  {
    direction: 'Selat → asx-rs',
    what: 'altered on the way: EBMS:0101',
    async tryIt({ selat, my }) {
      const { judgement } = await selat.send({
        to: my,
        conversationId: 'UCR-1',
        properties: {},
        payloads: small,
        alter: (body) => Buffer.from(body.toString('latin1').replace('>UCR-1<', '>UCR-2<'), 'latin1'),
      });
      assert.equal(judgement.means, 'alarm', `Selat says ${JSON.stringify({ ...judgement, bytes: undefined })}`);
      assert.equal(judgement.code, 'ERROR-FOR-ANOTHER-MESSAGE');
      throw new NotSupported(
        `asx-rs gives the URI of the altered reference as RefToMessageId of its error (src/crypto/wssec/verify.rs:1430 "with_message_id(uri.to_string())"); Selat says (alarm): ${judgement.reason}`,
      );
    },
  },
  {
    direction: 'Selat → asx-rs',
    what: 'refused for now, then taken: the queue sends again and has the receipt',
    async tryIt({ selat, asx }) {
      await asx.answer('refuseForNow');
      await selat.running.exchange.start();
      const messageId = await selat.running.send('MY', '<document/>');
      const stateOf = async (): Promise<{ state: string; attempts: number; code: string | null } | undefined> => {
        const { rows } = await selat.running.database.pool.query<{
          state: string;
          attempts: number;
          code: string | null;
        }>({
          name: 'interop: outgoing message',
          text: 'select state, attempts, last_error_code as code from outgoing_messages where message_id = $1',
          values: [messageId],
        });
        return rows[0];
      };
      const until = async (holds: (row: Awaited<ReturnType<typeof stateOf>>) => boolean, what: string) => {
        for (let tries = 0; tries < 500; tries += 1) {
          const row = await stateOf();
          if (holds(row)) return row;
          await pause(20);
        }
        throw new Error(`${what} within ten seconds; the message is ${JSON.stringify(await stateOf())}`);
      };
      await until((row) => row?.code === 'EBMS:0202', 'Selat did not note EBMS:0202');
      await asx.answer('take');
      const row = await until((each) => each?.state === 'receipted', 'Selat has no receipt');
      const times = asx.received.filter((each) => each.messageId === messageId).length;
      assert.equal(times, 1, `asx-rs handed it on ${times} times`);
      return `receipted at try ${row?.attempts}`;
    },
  },
];
