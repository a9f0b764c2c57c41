import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { inMemory } from '../../src/exchange/message/content.ts';
import { MESSAGE_LIMITS } from '../../src/exchange/message/opening.ts';
import { composeUserMessage, openUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { createMember, NOW } from './members.ts';
import { ACTION, createRunningExchange, type RunningExchange, SERVICE, until } from './running-exchange.ts';

const thailand = await createMember('TH');
const vietNam = await createMember('VN');
const members = [thailand, vietNam];
const running: RunningExchange[] = [];
after(async () => {
  for (const each of running) await each.stop();
});

async function pair(dispatch: { readonly perPartner?: number }): Promise<{ th: RunningExchange; vn: RunningExchange }> {
  const endpoints = {};
  const th = await createRunningExchange(thailand, members, endpoints, {
    dispatch: { stopGraceMilliseconds: 500, ...dispatch },
  });
  const vn = await createRunningExchange(vietNam, members, endpoints);
  running.push(th, vn);
  await vn.listen();
  await th.exchange.start();
  return { th, vn };
}

async function count(node: RunningExchange, text: string): Promise<number> {
  const { rows } = await node.database.pool.query<{ count: number }>({ text });
  return rows[0]?.count ?? 0;
}

describe('what a partner or a journey does in bulk stays bounded', () => {
  test('payloads that are each within the limit of expansion are refused when they go beyond it together (A3)', () => {
    const megabyte = (): Buffer => Buffer.concat([randomBytes(7_000), Buffer.alloc(1024 * 1024 - 7_000)]);
    const payload = Buffer.concat(Array.from({ length: 6 }, megabyte));
    const limits = { ...MESSAGE_LIMITS, expansion: { bytes: 16 * 1024 * 1024, ratio: 200 } };
    const { contentType, body } = composeUserMessage(
      {
        messageId: 'many@th',
        timestamp: NOW,
        fromPartyId: thailand.partyId,
        toPartyId: vietNam.partyId,
        service: SERVICE,
        action: ACTION,
        conversationId: 'UCR-1',
        properties: {},
      },
      Array.from({ length: 8 }, () => ({ contentType: 'application/xml', bytes: payload })),
      { signing: thailand.signing, recipient: vietNam.encryption.certificate },
    );
    assert.throws(
      () => openUserMessage(contentType, body, { decryption: [vietNam.encryption] }, limits),
      (error) => error instanceof EbmsFailure && error.code === 'EBMS:0303' && error.refToMessageId === 'many@th',
    );
  });

  test('an answer that is wrong at every try raises one alarm', async () => {
    const { th, vn } = await pair({});
    let tries = 0;
    vn.hook = (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        tries += 1;
        const keys = { decryption: [vietNam.encryption] };
        const { messageId } = openUserMessage(request.headers['content-type'], Buffer.concat(pieces), keys);
        const terms = { messageId: `${randomUUID()}@vn`, timestamp: new Date(), signing: vietNam.signing };
        response.set('Content-Type', 'application/soap+xml').end(composeReceipt({ messageId, references: [] }, terms));
      });
    };
    await th.send('VN', 'x');
    await until(() => tries >= 4, 'four tries');
    assert.equal(await count(th, "select count(*)::integer from events where kind = 'message.alarm'"), 1);
  });

  test('a transaction that queues many messages claims no more of them than may be under way', async () => {
    const { th, vn } = await pair({ perPartner: 2 });
    await th.send('VN', 'first');
    await until(() => vn.deliveries.length === 1, 'the first delivery');
    await until(
      async () => (await count(th, "select count(*)::integer from outgoing_messages where state = 'receipted'")) === 1,
      'the first receipt',
    );
    vn.hook = (_request, _response, next) => setTimeout(next, 50);
    await inTransaction(th.database.pool, async (transaction) => {
      for (let index = 0; index < 20; index += 1) {
        const document = {
          toCountry: 'VN',
          conversationId: 'UCR-2',
          service: SERVICE,
          action: ACTION,
          payloads: [{ contentType: 'application/xml', content: inMemory(Buffer.from(`document ${index}`)) }],
        };
        await th.exchange.send(transaction, document, new Date());
      }
    });
    const claimed = "select count(*)::integer from outgoing_messages where state = 'queued' and attempts > 0";
    assert.ok((await count(th, claimed)) <= 2);
    await until(() => vn.deliveries.length === 21, 'every delivery');
  });
});
