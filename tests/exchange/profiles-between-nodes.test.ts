import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { SECURITY_PROFILES, type SecurityProfileName } from '../../src/exchange/security-profile.ts';
import { readSignal } from '../../src/exchange/signals/signal.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createMember, type TestMember } from './members.ts';
import { headerOf } from './resigning.ts';
import { createRunningExchange, type Endpoints, post, type RunningExchange, until } from './running-exchange.ts';

const databases: TestDatabase[] = [];
const members = new Map<string, TestMember>();
let running: RunningExchange[] = [];
let endpoints: Endpoints = {};

before(async () => {
  databases.push(await createTestDatabase(), await createTestDatabase());
  for (const country of ['TH', 'VN']) members.set(country, await createMember(country));
});
afterEach(async () => {
  for (const one of running.toReversed()) await one.stop();
  running = [];
});
after(async () => {
  for (const database of databases) await database.drop();
});

/** The same member, sent to in another profile: it has keys for all. */
function speaking(country: string, profile: SecurityProfileName): TestMember {
  const member = members.get(country);
  assert.ok(member !== undefined);
  return { ...member, profile, signing: member.keys.signing[profile], encryption: member.keys.encryption[profile] };
}

async function pair(th: SecurityProfileName, vn: SecurityProfileName): Promise<[RunningExchange, RunningExchange]> {
  const both = [speaking('TH', th), speaking('VN', vn)];
  endpoints = {};
  running = [];
  for (const [index, member] of both.entries()) {
    const database = databases[index];
    assert.ok(database !== undefined);
    running.push(await createRunningExchange(member, both, endpoints, { database }));
  }
  const [thailand, vietNam] = running;
  assert.ok(thailand !== undefined && vietNam !== undefined);
  await thailand.listen();
  await vietNam.listen();
  return [thailand, vietNam];
}

async function signatureOn(node: RunningExchange, table: string, column: string, messageId: string): Promise<string> {
  const { rows } = await node.database.pool.query<{ bytes: Buffer }>({
    text: `select ${column} as bytes from ${table} where message_id = $1`,
    values: [messageId],
  });
  return /<ds:SignatureMethod Algorithm="([^"]*)"/.exec(rows[0]?.bytes.toString('latin1') ?? '')?.[1] ?? '';
}

describe('two nodes of different profiles exchange documents and receipts:', () => {
  for (const th of MESSAGE_PROFILES)
    for (const vn of MESSAGE_PROFILES)
      test(`${th} sends to ${vn}, in the profile of the receiver`, async () => {
        const [thailand, vietNam] = await pair(th, vn);
        await thailand.exchange.start();
        const id = await thailand.send('VN', `<from>${th}</from>`);
        await until(async () => {
          const { rows } = await thailand.database.pool.query<{ state: string }>({
            text: 'select state from outgoing_messages where message_id = $1',
            values: [id],
          });
          return rows[0]?.state === 'receipted';
        }, 'the receipt');
        assert.deepEqual(
          vietNam.deliveries.map(({ messageId, payloads }) => [messageId, payloads[0]?.content.memory?.toString()]),
          [[id, `<from>${th}</from>`]],
        );
        const { signature } = SECURITY_PROFILES[vn];
        assert.equal(await signatureOn(vietNam, 'incoming_bodies', 'body', id), signature);
        assert.equal(await signatureOn(vietNam, 'incoming_bodies', 'receipt', id), signature);
      });
});

describe('a message', () => {
  for (const th of MESSAGE_PROFILES)
    for (const vn of MESSAGE_PROFILES)
      test(`of ${th} to ${vn} is taken in these profiles only, and answered in that of the message or of the sender`, async () => {
        const [thailand, vietNam] = await pair(th, vn);
        for (const spoken of MESSAGE_PROFILES) {
          const message = composeUserMessage(
            headerOf(thailand.member, vietNam.member),
            [{ contentType: 'text/plain', bytes: Buffer.from('x') }],
            {
              profile: spoken,
              signing: thailand.member.keys.signing[spoken],
              recipient: vietNam.member.keys.encryption[spoken].certificate,
            },
          );
          const { body } = await post(endpoints['VN'] ?? '', message, thailand.member.tls);
          const signal = readSignal(body);
          if (spoken === th || spoken === vn) {
            assert.equal(signal.kind, 'receipt');
            assert.equal(signal.signatureAlgorithm, SECURITY_PROFILES[spoken].signature);
          } else {
            assert.ok(signal.kind === 'error');
            assert.equal(signal.errors[0]?.code, 'EBMS:0103');
            assert.ok(signal.errors[0]?.description.includes(SECURITY_PROFILES[vn].settings));
            assert.equal(signal.signatureAlgorithm, SECURITY_PROFILES[th].signature);
            assert.equal(signal.refToMessageId, message.messageId);
          }
        }
      });
});
