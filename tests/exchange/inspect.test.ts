import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { type Inspection, inspectMessage } from '../../src/exchange/inspect/inspect-message.ts';
import type { ComposedMessage } from '../../src/exchange/message/message.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { EbmsFailure } from '../../src/exchange/signals/ebms-errors.ts';
import { composeError, composeFailureAnswer } from '../../src/exchange/signals/error-signal.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { MESSAGE_PROFILES, type MessageProfile } from '../../src/pki/message-keys.ts';
import { corpusPath } from '../support/corpus.ts';
import { createMember, NOW, type TestMember } from './members.ts';
import { headerOf } from './resigning.ts';

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

function compose(profile: MessageProfile = 'edelivery-2.0-common-usage'): ComposedMessage {
  return composeUserMessage(
    headerOf(thailand, vietNam, { timestamp: NOW, messageId: 'one@test' }),
    [
      { contentId: 'a@test', contentType: 'application/xml', bytes: Buffer.from('<a/>'.repeat(50)) },
      { contentId: 'b@test', contentType: 'image/png', bytes: Buffer.alloc(1_000, 7) },
    ],
    { profile, signing: thailand.keys.signing[profile], recipient: vietNam.keys.encryption[profile].certificate },
  );
}

/** As a proxy or a log keeps it. */
function asHttp({ contentType, body }: { contentType: string; body: Buffer }, more = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`POST /as4 HTTP/1.1\r\nHost: vn.example\r\nContent-Type: ${contentType}\r\n${more}\r\n`),
    body,
  ]);
}

const failing = ({ checks }: Inspection): string[] =>
  checks.filter(({ verdict }) => verdict === 'fails').map(({ what }) => what);
const codes = ({ problems }: Inspection): string[] => [...new Set(problems.map(({ code }) => code))];

describe('the inspection of a user message', () => {
  for (const profile of MESSAGE_PROFILES)
    test(`of the profile ${profile} tells everything, and that what can be checked holds`, () => {
      const found = inspectMessage(asHttp(compose(profile)));
      assert.deepEqual([found.problems, failing(found), found.holds], [[], [], true]);
      assert.deepEqual(
        [found.kind, found.form, found.soap, found.profile],
        ['user message', 'http request', '1.2', profile],
      );
      const [unit] = found.units;
      assert.ok(unit?.kind === 'user message');
      assert.deepEqual(
        [
          unit.messageId,
          unit.instant,
          unit.conversationId,
          unit.action,
          unit.from.ids[0]?.value,
          unit.to.ids[0]?.value,
        ],
        ['one@test', NOW.toISOString(), 'UCR-1', 'urn:test:action', thailand.partyId, vietNam.partyId],
      );
      assert.deepEqual(
        found.payloads.map(({ contentId, mimeType, compression, isEncrypted, plainBytes }) => [
          contentId,
          mimeType,
          compression,
          isEncrypted,
          plainBytes,
        ]),
        [
          ['a@test', 'application/xml', 'application/gzip', true, null],
          ['b@test', 'image/png', 'application/gzip', true, null],
        ],
      );
      assert.deepEqual(found.signature?.covered, ['Messaging header', 'Body', 'payload a@test', 'payload b@test']);
      assert.deepEqual(found.signature?.notCovered, []);
      assert.equal(
        found.signature?.certificate?.fingerprint,
        thailand.keys.signing[profile].certificate.fingerprint256,
      );
      assert.equal(found.encryption?.contents.length, 2);
      const open = found.checks.filter(({ verdict }) => verdict === 'not-checked').map(({ what }) => what);
      assert.deepEqual(open, ['digest of payload a@test', 'digest of payload b@test']);
    });

  for (const profile of MESSAGE_PROFILES)
    test(`of the profile ${profile} opens the payloads with the right key, and says so where it is not`, () => {
      const file = asHttp(compose(profile));
      const found = inspectMessage(file, [vietNam.keys.encryption[profile]]);
      assert.ok(found.holds);
      assert.ok(found.checks.every(({ verdict }) => verdict === 'holds'));
      assert.deepEqual(
        found.payloads.map(({ plainBytes }) => plainBytes),
        [200, 1_000],
      );
      assert.deepEqual(codes(inspectMessage(file, [thailand.keys.encryption[profile]])), ['EBMS:0102']);
    });

  test('finds out how a capture is packed: with headers, chunked, as body alone, with line feeds alone', () => {
    const message = compose();
    const head = `Content-Type: ${message.contentType.replace('; boundary', ';\r\n\tboundary')}\r\n\r\n`;
    const cut = 1_000;
    const chunked = Buffer.concat([
      Buffer.from(`${cut.toString(16)}\r\n`),
      message.body.subarray(0, cut),
      Buffer.from(`\r\n${(message.body.length - cut).toString(16)};x=y\r\n`),
      message.body.subarray(cut),
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    const forms: readonly [Inspection['form'], Buffer][] = [
      ['http request', asHttp({ ...message, body: chunked }, 'Transfer-Encoding: chunked\r\n')],
      ['http request', asHttp(message, 'Transfer-Encoding: chunked\r\n')],
      ['headers and body', Buffer.concat([Buffer.from(head), message.body])],
      ['headers and body', Buffer.concat([Buffer.from(head.replaceAll('\r\n', '\n')), message.body])],
      ['mime body', message.body],
      ['mime body', Buffer.concat([Buffer.from('\r\n'), message.body])],
      ['mime body', Buffer.from(message.body.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')],
    ];
    for (const [form, file] of forms) {
      const found = inspectMessage(file);
      assert.deepEqual([found.form, found.problems, found.payloads.length, found.holds], [form, [], 2, true]);
    }
  });

  test('of its envelope alone tells what is missing', () => {
    const text = compose().body.toString('latin1');
    const found = inspectMessage(Buffer.from(text.slice(text.indexOf('<?xml'), text.indexOf('</S12:Envelope>') + 15)));
    assert.deepEqual([found.form, codes(found), found.holds], ['envelope', ['EBMS:0101', 'EBMS:0011'], false]);
    assert.ok(found.checks.some(({ what, verdict }) => what === 'signature' && verdict === 'holds'));
  });

  const spoilt: readonly [string, readonly string[], readonly string[], (text: string) => string][] = [
    ['an altered header', ['digest of Messaging header'], ['EBMS:0101'], (t) => t.replace('UCR-1', 'UCR-2')],
    [
      'another digest',
      ['signature', 'digest of Body'],
      ['EBMS:0101'],
      (t) => t.replace(/(URI="#body-.*?<ds:DigestValue>)[^<]*</s, `$1${Buffer.alloc(32).toString('base64')}<`),
    ],
    ['no signature', [], ['EBMS:0103'], (t) => t.replace(/<ds:Signature .*<\/ds:Signature>/s, '')],
    ['no security', [], ['EBMS:0103'], (t) => t.replace(/<wsse:Security .*<\/wsse:Security>/s, '')],
    [
      'an algorithm that no profile has',
      [],
      ['EBMS:0103'],
      (t) => t.replace('xmldsig-more#eddsa-ed25519', 'xmldsig-more#rsa-md5'),
    ],
    [
      'an id twice',
      ['digest of #ID'],
      ['EBMS:0101', 'EBMS:0103'],
      (t) => t.replace('<S12:Envelope ', `<S12:Envelope Id="${/wsu:Id="(body-[^"]*)"/.exec(t)?.[1] ?? ''}" `),
    ],
    [
      'SOAP 1.1',
      [],
      ['EBMS:0002'],
      (t) => t.replaceAll('http://www.w3.org/2003/05/soap-envelope', 'http://schemas.xmlsoap.org/soap/envelope/'),
    ],
    [
      'a part that is not declared',
      [],
      ['EBMS:0007', 'EBMS:0011', 'EBMS:0101'],
      (t) => t.replace('Content-ID: <b@test>', 'Content-ID: <c@test>'),
    ],
    ['no closing boundary', [], ['EBMS:0007'], (t) => t.slice(0, -30)],
    ['a transfer encoding', [], ['EBMS:0007'], (t) => t.replace(/binary(?=\r\nContent-ID: <a)/, 'quoted-printable')],
    [
      'a faulty header',
      ['digest of Messaging header'],
      ['EBMS:0009', 'EBMS:0101'],
      (t) => t.replace('<eb:Action>urn:test:action<', '<eb:Action><'),
    ],
  ];
  for (const [what, fails, expected, spoil] of spoilt)
    test(`with ${what} says what fails, and with which error a node answers`, () => {
      const text = compose().body.toString('latin1');
      const changed = spoil(text);
      assert.notEqual(changed, text);
      const found = inspectMessage(Buffer.from(changed, 'latin1'));
      assert.equal(found.holds, false);
      for (const code of expected) assert.ok(codes(found).includes(code), `${code}: ${JSON.stringify(found.problems)}`);
      for (const name of fails)
        assert.ok(
          failing(found).some((each) => each === name || (name.endsWith('#ID') && each.startsWith('digest of #'))),
          JSON.stringify(found.checks),
        );
    });

  test('says that the signer’s certificate was not valid when the message was made', () => {
    const early = composeUserMessage(headerOf(thailand, vietNam, { timestamp: new Date('2019-01-01T00:00:00Z') }), [], {
      signing: thailand.signing,
      recipient: vietNam.encryption.certificate,
    });
    const found = inspectMessage(asHttp(early));
    assert.deepEqual([failing(found), found.holds], [['validity of the signer’s certificate'], false]);
  });
});

describe('the inspection of a signal', () => {
  const terms = { messageId: 's@test', timestamp: NOW };
  test('tells of a receipt which parts it is about, and that its signature holds', () => {
    const { references } = compose();
    const found = inspectMessage(
      composeReceipt({ messageId: 'one@test', references }, { ...terms, signing: vietNam.signing }),
    );
    assert.deepEqual(
      [found.kind, found.form, found.holds, found.profile],
      ['receipt', 'envelope', true, 'edelivery-2.0-common-usage'],
    );
    const [unit] = found.units;
    assert.ok(unit?.kind === 'receipt');
    assert.equal(unit.refToMessageId, 'one@test');
    assert.deepEqual(
      unit.parts.map(({ uri, digest }) => [uri, digest]),
      references.map(({ uri, digest }) => [uri, digest]),
    );
  });

  test('tells of an unsigned receipt that it is none', () => {
    const receipt = composeReceipt({ messageId: 'one@test', references: [] }, { ...terms, signing: vietNam.signing });
    const found = inspectMessage(Buffer.from(receipt.toString().replace(/<wsse:Security .*<\/wsse:Security>/s, '')));
    assert.deepEqual([codes(found), found.holds], [['EBMS:0302'], false]);
  });

  test('tells every error, and holds when it is not signed', () => {
    const failure = new EbmsFailure('EBMS:0303', 'Damaged.', 'one@test', {
      further: [{ code: 'EBMS:0007', description: 'Two boundaries.' }],
    });
    const found = inspectMessage(composeError(failure, terms));
    assert.deepEqual([found.kind, found.holds, found.signature], ['error', true, null]);
    const [unit] = found.units;
    assert.ok(unit?.kind === 'error');
    assert.deepEqual(
      unit.errors.map(({ code, name, refToMessageInError, description }) => [
        code,
        name,
        refToMessageInError,
        description,
      ]),
      [
        ['EBMS:0303', 'DecompressionFailure', 'one@test', 'Damaged.'],
        ['EBMS:0007', 'MimeInconsistency', 'one@test', 'Two boundaries.'],
      ],
    );
  });

  test('tells a SOAP fault with its code and reason beside the errors', () => {
    const failure = new EbmsFailure('EBMS:0008', 'Not known.', 'one@test', {
      fault: { kind: 'must-understand', notUnderstood: [{ namespace: 'urn:x', name: 'Route' }] },
    });
    const { body } = composeFailureAnswer(failure, { ...terms, signing: vietNam.signing });
    const found = inspectMessage(
      Buffer.concat([
        Buffer.from('HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/soap+xml\r\n\r\n'),
        body,
      ]),
    );
    assert.deepEqual([found.kind, found.form, found.holds], ['SOAP fault', 'http response', true]);
    assert.deepEqual(found.fault, { code: 'S12:MustUnderstand', reason: 'Not known.' });
    assert.equal(found.units[0]?.kind, 'error');
  });
});

const folder = corpusPath('as4');
describe('the inspection of the corpus', {
  skip: folder === undefined ? 'the corpus is not beside the repository' : false,
}, () => {
  const inspected = (name: string): Inspection => inspectMessage(readFileSync(join(folder ?? '', name)));
  for (const [name, kind] of [
    ['wire/user-message-signed-encrypted-rsa.as4', 'user message'],
    ['wire/receipt-signed-rsa.as4', 'receipt'],
    ['signals/TestReceipt12.xml', 'receipt'],
  ] as const)
    test(`${name}: signature and digests hold`, () => {
      const found = inspected(name);
      assert.deepEqual([found.kind, found.profile, found.problems, found.holds], [kind, 'edelivery-1.15', [], true]);
      assert.ok(found.checks.filter(({ verdict }) => verdict === 'holds').length >= 4);
    });

  for (const [name, kind, expected] of [
    ['signals/ErrorMessage.xml', 'error', []],
    ['signals/UserMessage12.xml', 'user message', ['EBMS:0008', 'EBMS:0103']],
    ['signals/UserMessageWithCompressedPayload12.xml', 'unreadable', ['EBMS:0009']],
    ['faulty/BundledMessage.xml', 'bundle', ['EBMS:0002', 'EBMS:0008']],
    ['faulty/NoMessaging.xml', 'no message', ['EBMS:0009']],
    ['faulty/TwoUserMessages.xml', 'bundle', ['EBMS:0009']],
    ['faulty/WrongCompression.mime', 'user message', ['EBMS:0007', 'EBMS:0303']],
    ['faulty/WrongSigningDigestAlgorithm.xml', 'user message', ['EBMS:0103']],
  ] as const)
    test(`${name}: ${kind}${expected.length === 0 ? '' : ` with ${expected.join(', ')}`}`, () => {
      const found = inspected(name);
      assert.equal(found.kind, kind);
      for (const code of expected) assert.ok(codes(found).includes(code), JSON.stringify(found.problems));
      assert.equal(found.holds, expected.length === 0);
    });
});

describe('the inspection of hostile files', () => {
  test('ends with an account of every file, whatever was done to a message', () => {
    const receipt = composeReceipt(compose(), { messageId: 'r@test', timestamp: NOW, signing: vietNam.signing });
    const seeds = [
      ...MESSAGE_PROFILES.map((profile) => asHttp(compose(profile))),
      compose().body,
      receipt,
      ...(folder === undefined
        ? []
        : ['wire/receipt-signed-rsa.as4', 'signals/PullRequest12.xml', 'faulty/BundledMessage.xml'].map((name) =>
            readFileSync(join(folder, name)),
          )),
    ];
    const snippet = fc.constantFrom(
      '<',
      '>',
      '"',
      '&',
      '\0',
      '\r\n\r\n',
      '--',
      'cid:',
      '<!DOCTYPE x>',
      '<?xml version="1.0"?>',
      'Algorithm=""',
      ' Id="x"',
      '<ds:Reference URI=""/>',
      '<wsse:Security/>',
      '<eb:Error/>',
      '<eb:Messaging/>',
      'Content-Type: x\r\n',
      '\u202e',
    );
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('cut' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat(4_000),
      }),
      fc.record({ kind: fc.constant('put' as const), at: fc.double({ min: 0, max: 1, noNaN: true }), text: snippet }),
      fc.record({
        kind: fc.constant('byte' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        value: fc.nat(255),
      }),
      fc.record({
        kind: fc.constant('twice' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat(4_000),
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 6 }), (seed, changes) => {
        let file: Buffer = seed;
        for (const each of changes) {
          const at = Math.floor(each.at * file.length);
          const [head, tail] = [file.subarray(0, at), file.subarray(at)];
          if (each.kind === 'cut') file = Buffer.concat([head, tail.subarray(each.length)]);
          else if (each.kind === 'put') file = Buffer.concat([head, Buffer.from(each.text), tail]);
          else if (each.kind === 'twice') file = Buffer.concat([head, tail.subarray(0, each.length), tail]);
          else if (at < file.length) file = Buffer.concat([head, Buffer.from([each.value]), tail.subarray(1)]);
        }
        const found = inspectMessage(file, [vietNam.encryption]);
        assert.ok(JSON.stringify(found).length > 10);
        if (found.kind === 'unreadable') assert.equal(found.holds, false);
      }),
      { numRuns: 1_500, interruptAfterTimeLimit: 12_000 },
    );
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['a line', 'hello\n'],
    ['a header and nothing', 'Content-Type: multipart/related; boundary=""\r\n\r\n'],
    ['a boundary alone', '--x\r\n'],
    ['a thousand boundaries', '--x\r\n'.repeat(5_000)],
    ['a first line alone', 'POST / HTTP/1.1\r\n\r\n'],
    ['deep elements', '<a>'.repeat(100_000)],
    ['chunks without end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx'],
  ] as const)
    test(`of ${what} ends with an account`, () => {
      const found = inspectMessage(Buffer.from(bytes));
      assert.deepEqual([found.kind, found.holds], ['unreadable', false]);
    });
});
