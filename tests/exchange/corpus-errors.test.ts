import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readXml } from '../../src/documents/read-xml.ts';
import { EBMS_ERRORS, type EbmsCode } from '../../src/exchange/signals/ebms-errors.ts';
import { corpusPath } from '../support/corpus.ts';
import { createMember, type TestMember } from './members.ts';
import { createRunningExchange, post, type RunningExchange } from './running-exchange.ts';

const folder = corpusPath('as4/faulty');
const skip = folder === undefined ? 'the corpus is not beside the repository' : false;

/** What an envelope of the corpus is answered with. */
interface Expected {
  /** All of them, the first first. */
  readonly codes: readonly EbmsCode[];
  /** The id that can be read in it. */
  readonly ref?: string;
  /** The SOAP fault, where SOAP 1.2 demands one, and in which SOAP it is. */
  readonly fault?: readonly ['soap11' | 'soap12', string];
  /** Words that a person finds in the descriptions. */
  readonly words: readonly RegExp[];
}

const soap11 = ['soap11', 'VersionMismatch'] as const;
const expected: Readonly<Record<string, Expected>> = {
  'BundledMessage.xml': {
    codes: ['EBMS:0002', 'EBMS:0008'],
    ref: 'UUID-2@receiver.example.com',
    fault: soap11,
    words: [/SOAP 1\.1/, /bundles several units \(Error, PullRequest, UserMessage\)/],
  },
  'EmptyMessaging.xml': { codes: ['EBMS:0002', 'EBMS:0009'], fault: soap11, words: [/eb:Messaging header is empty/] },
  'ErrorMessageNoRefToMessageID.xml': {
    codes: ['EBMS:0003'],
    ref: 'ph-as4@e348b6f9-bea5-422b-972a-90',
    words: [/refers to no message/],
  },
  'MessageInfoIDMissing.xml': {
    codes: ['EBMS:0002', 'EBMS:0009'],
    fault: soap11,
    words: [/MessageInfo has no eb:MessageId/],
  },
  'MessageInfoImaginaryTimestamp.xml': {
    codes: ['EBMS:0002', 'EBMS:0009'],
    ref: 'UUID-1@requester.example.com',
    fault: soap11,
    words: [/2006-30-30T30:99:99/],
  },
  'MessageInfoMissing.xml': {
    codes: ['EBMS:0002', 'EBMS:0009'],
    fault: soap11,
    words: [/UserMessage has no eb:MessageInfo/],
  },
  'NoMessaging.xml': {
    codes: ['EBMS:0009'],
    fault: ['soap12', 'VersionMismatch'],
    words: [/not a SOAP 1\.2 envelope/],
  },
  'TwoUserMessages.xml': {
    codes: ['EBMS:0009'],
    ref: 'UUID-2@receiver.example.com',
    words: [/more than one UserMessage/],
  },
  'UserMessageNoPartyID.xml': {
    codes: ['EBMS:0009', 'EBMS:0009', 'EBMS:0103', 'EBMS:0008'],
    ref: 'UUID-2@receiver.example.com',
    words: [/From\/PartyId is empty/, /To\/PartyId is empty/, /no wsse:Security/, /SOAP Body/],
  },
  'WrongCompression.mime': {
    codes: ['EBMS:0007', 'EBMS:0003', 'EBMS:0003', 'EBMS:0303', 'EBMS:0103'],
    ref: 'c42e883b-aab1-47bf-b2f4-4e89ce309591@ph-as4',
    words: [/transfer encoding base64/, /application\/rar is not known/, /no wsse:Security/],
  },
  'WrongSigningAlgorithm.xml': {
    codes: ['EBMS:0103', 'EBMS:0003', 'EBMS:0003', 'EBMS:0008'],
    ref: '0c5307dc-5f80-49f5-94ac-2422a8e0d595@ph-as4',
    words: [/www\.randomcrypt\.com/],
  },
  'WrongSigningDigestAlgorithm.xml': {
    codes: ['EBMS:0103', 'EBMS:0003', 'EBMS:0003', 'EBMS:0008'],
    ref: '0c5307dc-5f80-49f5-94ac-2422a8e0d595@ph-as4',
    words: [/www\.randomdigest\.com/],
  },
};

/** The media type with which a sender of this file would post it, and what it would post. */
function asPosted(name: string): { contentType: string; body: Buffer } {
  const bytes = readFileSync(join(folder ?? '', name));
  if (!name.endsWith('.mime'))
    return {
      contentType: bytes.includes('<S11:Envelope') ? 'text/xml; charset=UTF-8' : 'application/soap+xml; charset=UTF-8',
      body: bytes,
    };
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, end).replace(/\r\n[\t ]+/g, ' ');
  return { contentType: /^content-type: *(.*)$/im.exec(head)?.[1] ?? '', body: bytes.subarray(end + 4) };
}

const all = (text: string, form: RegExp): string[] => [...text.matchAll(form)].map((match) => match[1] ?? '');

describe('the faulty envelopes of the corpus, posted over https to a running exchange,', { skip }, () => {
  let thailand: TestMember;
  let node: RunningExchange;
  const endpoints: Record<string, string> = {};
  before(async () => {
    thailand = await createMember('TH');
    const vietNam = await createMember('VN');
    node = await createRunningExchange(vietNam, [thailand, vietNam], endpoints);
    await node.listen();
  });
  after(() => node.stop());

  test('are all known to this table', () => {
    assert.deepEqual(Object.keys(expected).sort(), readdirSync(folder ?? '').sort());
  });

  for (const [name, { codes, ref, fault, words }] of Object.entries(expected))
    test(`${name}: ${codes.join(', ')}${fault === undefined ? '' : ` with the fault ${fault[1]}`}, never a receipt, and nothing is kept`, async () => {
      const answer = await post(endpoints['VN'] ?? '', asPosted(name), thailand.tls);
      const text = answer.body.toString();
      assert.deepEqual(all(text, /errorCode="([^"]*)"/g), codes, text);
      assert.deepEqual(
        all(text, /shortDescription="([^"]*)"/g),
        codes.map((code) => EBMS_ERRORS[code].name),
      );
      assert.deepEqual(new Set(all(text, / severity="([^"]*)"/g)), new Set(['failure']));
      assert.deepEqual(new Set(all(text, /refToMessageInError="([^"]*)"/g)), new Set(ref === undefined ? [] : [ref]));
      assert.deepEqual(all(text, /<eb:RefToMessageId>([^<]*)</g), ref === undefined ? [] : [ref]);
      for (const form of words) assert.match(text, form);
      assert.doesNotMatch(text, /<eb:Receipt/);
      const reading = readXml(answer.body);
      assert.ok(reading.ok, text);
      reading.document.dispose();
      assert.equal(answer.status, fault === undefined ? 200 : 500);
      assert.deepEqual(
        all(text, /(?:faultcode>S11:|S12:Value>S12:)([A-Za-z]*)</g),
        fault === undefined ? [] : [fault[1]],
      );
      assert.match(answer.contentType, fault?.[0] === 'soap11' ? /^text\/xml/ : /^application\/soap\+xml/);
      if (fault !== undefined) assert.match(text, /<S12:SupportedEnvelope qname="S12:Envelope">/);
      const { rows } = await node.database.pool.query({ text: 'select 1 from incoming_messages' });
      assert.equal(rows.length, 0);
      assert.equal(node.deliveries.length, 0);
    });
});
