import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import type { UserMessageHeader } from '../../src/exchange/message/message.ts';
import { type Opening, type OpeningKeys, openOwnEnvelope, parseEnvelope } from '../../src/exchange/message/opening.ts';
import { describeParts, encryptionOf, writeSignedEnvelope } from '../../src/exchange/message/user-message.ts';
import { composeReceipt, writeSignedSignal } from '../../src/exchange/signals/receipt.ts';
import { openOwnReceipt, parseSignal, type Signal } from '../../src/exchange/signals/signal.ts';
import { digestOf } from '../../src/exchange/ws-security/security-header.ts';
import { MESSAGE_PROFILES, type MessageProfile } from '../../src/pki/message-keys.ts';
import { createMember, NOW, type TestMember } from './members.ts';

const UNIQUE = '0123456789abcdef01234567';
const header: UserMessageHeader = {
  messageId: 'd2b5d5d0-1111-4222-8333-000000000001@th.selat',
  timestamp: NOW,
  refToMessageId: 'd2b5d5d0-1111-4222-8333-000000000002@vn.selat',
  fromPartyId: 'urn:test:party:th',
  toPartyId: 'urn:test:party:vn',
  service: 'urn:test:service',
  action: 'urn:test:action',
  conversationId: 'UCR & <1>',
  properties: { originalSender: 'a', finalRecipient: 'b' },
};

let thailand: TestMember;
let vietNam: TestMember;
before(async () => {
  [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
});

type PartTerms = Parameters<typeof describeParts>[1][number];
const TWO: readonly PartTerms[] = [
  { contentType: 'application/xml' },
  { contentType: 'text/plain', characterSet: 'utf-8', compressed: false },
];

/** An envelope with the Content-IDs and digests of what would be behind it. */
interface Written {
  readonly envelope: Buffer;
  readonly present: readonly string[];
  readonly digests: ReadonlyMap<string, string>;
}

function write(profile: MessageProfile, about: UserMessageHeader, payloads: readonly PartTerms[]): Written {
  const parts = describeParts(UNIQUE, payloads).map((part) => ({ ...part, digest: digestOf(part.contentId) }));
  const security = {
    profile,
    signing: thailand.keys.signing[profile],
    recipient: vietNam.keys.encryption[profile].certificate,
  };
  const encryption = encryptionOf(UNIQUE, parts, security);
  const { envelope } = writeSignedEnvelope(UNIQUE, about, parts, encryption?.header ?? '', security.signing);
  return {
    envelope,
    present: parts.map(({ contentId }) => contentId),
    digests: new Map(parts.map(({ contentId, digest }) => [contentId, digest])),
  };
}

const keys = (): OpeningKeys => ({ decryption: Object.values(vietNam.keys.encryption) });

/** All that is established of a message, or what is refused, in a form that can be compared. */
function outcome(open: () => Opening | undefined, digests: ReadonlyMap<string, string>): unknown {
  let opening: Opening | undefined;
  try {
    opening = open();
    if (opening === undefined) return undefined;
    const { header: said, parts, contentKeys } = opening;
    const { signerCertificate, ...verified } = opening.verify(digests);
    return { said, parts, contentKeys, verified, signer: signerCertificate.fingerprint256 };
  } catch (error) {
    return { refused: opening === undefined ? String(error) : String(opening.tell(error)) };
  } finally {
    opening?.[Symbol.dispose]();
  }
}

const own = ({ envelope, present, digests }: Written): unknown =>
  outcome(() => openOwnEnvelope(envelope, present, keys()), digests);
const parsed = ({ envelope, present, digests }: Written): unknown =>
  outcome(() => parseEnvelope(envelope, present, keys()), digests);

/** Without a parser the same comes out as with one, or nothing. */
function assertSame(written: Written): 'taken' | 'left' {
  const result = own(written);
  if (result === undefined) return 'left';
  assert.deepEqual(result, parsed(written));
  return 'taken';
}

function signalOf(read: () => Signal | undefined): unknown {
  try {
    const signal = read();
    return signal === undefined
      ? undefined
      : { ...signal, signerCertificate: signal.signerCertificate?.fingerprint256 };
  } catch (error) {
    return { refused: String(error) };
  }
}

function assertSameSignal(receipt: Buffer): 'taken' | 'left' {
  const result = signalOf(() => openOwnReceipt(receipt));
  if (result === undefined) return 'left';
  assert.deepEqual(
    result,
    signalOf(() => parseSignal(receipt, [])),
  );
  return 'taken';
}

/** Most values are plain; parsing, trimming or escaping might change the others. */
const value = fc.oneof(
  { weight: 150, arbitrary: fc.stringMatching(/^[!-~]{1,20}$/) },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .map((text) => text.replace(/[^\t\n\r\x20-\ud7ff]/g, '')),
  },
  fc.constantFrom('', ' a', 'a ', 'a\tb', 'a\nb', '\r', '&amp;', ']]>', '<!-- -->', '"', "'", '__proto__', '1', 'ü'),
  fc.constantFrom('x'.repeat(1_000), 'x'.repeat(1_001), 'no scheme', 'urn:'),
);
const someHeader: fc.Arbitrary<UserMessageHeader> = fc
  .record({
    messageId: fc.oneof({ weight: 9, arbitrary: fc.constant(header.messageId) }, value),
    refToMessageId: fc.option(fc.oneof({ weight: 9, arbitrary: fc.constant('a@b') }, value), { nil: undefined }),
    timestamp: fc.oneof({ weight: 9, arbitrary: fc.constant(NOW) }, fc.date({ noInvalidDate: true })),
    fromPartyId: value,
    toPartyId: value,
    service: fc.oneof(
      value.map((text) => `urn:x:${text}`),
      value,
    ),
    action: value,
    conversationId: value,
    properties: fc.dictionary(value, value, { maxKeys: 4 }),
  })
  .map(({ refToMessageId, ...rest }) => ({ ...rest, ...(refToMessageId === undefined ? {} : { refToMessageId }) }));
const someParts: fc.Arbitrary<PartTerms[]> = fc.array(
  fc
    .record({
      contentId: fc.option(fc.oneof(fc.constantFrom('one@x', 'two@x'), value), { nil: undefined }),
      contentType: fc.oneof(fc.constantFrom('application/xml', 'text/plain; charset=utf-8'), value),
      characterSet: fc.option(fc.oneof({ weight: 9, arbitrary: fc.constant('utf-8') }, value), { nil: undefined }),
      compressed: fc.boolean(),
    })
    .map(({ contentId, characterSet, ...rest }) => ({
      ...rest,
      ...(contentId === undefined ? {} : { contentId }),
      ...(characterSet === undefined ? {} : { characterSet }),
    })),
  { maxLength: 4 },
);

/** Pieces of XML that say the same to a parser, or something else. */
const PIECES = [
  ['"', "'"],
  ['&amp;', '&#38;'],
  ['UCR', '&#85;CR'],
  ['UCR', 'UCR<!-- -->'],
  ['UCR', ' UCR'],
  ['eb:', 'eb3:'],
  ['xmlns:eb', 'xmlns:eb3'],
  ['></ds:DigestMethod>', '/>'],
  ['<eb:UserMessage>', '<eb:UserMessage mpc="urn:x">'],
  ['<eb:UserMessage>', '<eb:UserMessage >'],
  ['<eb:Action>', '<eb:Action></eb:Action><eb:Action>'],
  ['</eb:UserMessage>', '</eb:UserMessage><eb:UserMessage></eb:UserMessage>'],
  ['<S12:Header>', '<S12:Header><x:other xmlns:x="urn:x" S12:mustUnderstand="true"></x:other>'],
  ['<S12:Header>', '<S12:Header>\n'],
  ['</S12:Envelope>', '</S12:Envelope>\n'],
  ['</S12:Body>', ' </S12:Body>'],
  ['?>\n', '?><!DOCTYPE x>\n'],
  [' encoding="UTF-8"', ''],
  ['Type="', 'Type=" '],
  [NS.eb, `${NS.eb}x`],
  [NS.soap12, NS.soap11],
  ['urn:test:party:th', 'urn:test:party:vn'],
  ['originalSender', 'finalRecipient'],
  ['-key"', '-kez"'],
  ['kw-aes128', 'kw-aes256'],
  ['application/gzip', 'application/zip'],
  [UNIQUE, UNIQUE.replace('0', 'g')],
] as const;

/** Some change of a text: at a place, a piece, or two of its elements. */
const change: fc.Arbitrary<(text: string) => string> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(([at, to]) => (text: string) => {
    const place = at % text.length;
    return text.slice(0, place) + String.fromCharCode(to) + text.slice(place + 1);
  }),
  fc
    .tuple(fc.nat(), fc.constantFrom(' ', '\n', '\t', '<!---->', '&#32;', '<?x?>', '\u0000', 'ü', '=', 'A'))
    .map(([at, inserted]) => (text: string) => {
      const place = at % text.length;
      return text.slice(0, place) + inserted + text.slice(place);
    }),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })).map(
    ([at, length]) =>
      (text: string) =>
        text.slice(0, at % text.length) + text.slice((at % text.length) + length),
  ),
  fc.tuple(fc.constantFrom(...PIECES), fc.boolean()).map(
    ([[from, to], everywhere]) =>
      (text: string) =>
        everywhere ? text.replaceAll(from, to) : text.replace(from, to),
  ),
  // An element stands twice, or another way round.
  fc.tuple(fc.nat(), fc.boolean()).map(([at, twice]) => (text: string) => {
    const elements = [...text.matchAll(/<([\w:-]+)[^>]*>[^<]*<\/\1>/g)];
    const element = elements[at % elements.length];
    if (element === undefined) return text;
    const end = element.index + element[0].length;
    if (twice) return text.slice(0, end) + element[0] + text.slice(end);
    const attributes = [...element[0].matchAll(/ [\w:]+="[^"]*"/g)].map(([attribute]) => attribute);
    const turned = element[0].replace(attributes.join(''), attributes.toReversed().join(''));
    return text.slice(0, element.index) + turned + text.slice(end);
  }),
);
const changed = (bytes: Buffer, changes: readonly ((text: string) => string)[]): Buffer =>
  Buffer.from(
    changes.reduce((text, apply) => apply(text), bytes.toString('latin1')),
    'latin1',
  );

describe('an envelope of our own composer, read without a parser', () => {
  for (const profile of MESSAGE_PROFILES) {
    test(`${profile}: is taken, and says what the parser finds`, () => {
      for (const payloads of [[], TWO.slice(0, 1), TWO]) {
        const written = write(profile, header, payloads);
        assert.deepEqual(assertSame(written), 'taken');
        assert.equal(JSON.stringify(own(written)).includes('refused'), false);
      }
    });

    test(`${profile}: whatever its header says, the parser finds the same`, () => {
      const runs = profile === 'edelivery-1.15' ? 40 : 150;
      let taken = 0;
      fc.assert(
        fc.property(someHeader, someParts, (about, payloads) => {
          if (assertSame(write(profile, about, payloads)) === 'taken') taken += 1;
        }),
        { numRuns: runs },
      );
      assert.ok(taken > runs / 20, `${taken} of ${runs} taken`);
    });

    test(`${profile}: altered in any way, it is left to the parser or says what the parser finds`, () => {
      const original = write(profile, header, TWO);
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          const envelope = changed(original.envelope, changes);
          const result = assertSame({ ...original, envelope });
          // Where it was taken all the same, a value is another, and the signature over it does not hold.
          if (result === 'taken' && !envelope.equals(original.envelope))
            assert.notDeepEqual(own({ ...original, envelope }), own(original));
        }),
        { numRuns: profile === 'edelivery-1.15' ? 300 : 1_000 },
      );
    });
  }

  test('every piece of XML that is written otherwise leaves it to the parser or is refused as the parser refuses it', () => {
    const original = write('edelivery-2.0-common-usage', header, TWO);
    for (const [from, to] of PIECES) {
      const text = original.envelope.toString('latin1');
      assert.ok(text.includes(from), from);
      for (const altered of [text.replace(from, to), text.replaceAll(from, to)])
        assertSame({ ...original, envelope: Buffer.from(altered, 'latin1') });
    }
  });

  test('a payload that is missing, is more, or was altered is refused as the parser refuses it', () => {
    const original = write('edelivery-2.0-common-usage', header, TWO);
    const [one = '', two = ''] = original.present;
    for (const present of [[one], [one, two, 'three@x'], [one, 'other@x'], []])
      assert.equal(own({ ...original, present }), undefined);
    for (const digests of [
      new Map(),
      new Map([
        [one, digestOf('x')],
        [two, digestOf(two)],
      ]),
    ])
      assert.match(JSON.stringify(own({ ...original, digests })), /refused/);
  });

  test('with keys that are not those it is encrypted to, it is left to the parser', () => {
    const { envelope, present } = write('edelivery-2.0-common-usage', header, TWO);
    const decryption = [thailand.encryption, vietNam.keys.encryption['edelivery-1.15']];
    assert.equal(openOwnEnvelope(envelope, present, { decryption }), undefined);
  });

  test('signed in one profile and encrypted in another, it is left to the parser', () => {
    const parts = describeParts(UNIQUE, TWO).map((part) => ({ ...part, digest: digestOf(part.contentId) }));
    const profile = 'edelivery-2.0-common-usage';
    const recipient = vietNam.keys.encryption[profile].certificate;
    const encryption = encryptionOf(UNIQUE, parts, { profile, signing: thailand.signing, recipient });
    const other = thailand.keys.signing['edelivery-2.0-alternative-ec'];
    const { envelope } = writeSignedEnvelope(UNIQUE, header, parts, encryption?.header ?? '', other);
    const present = parts.map(({ contentId }) => contentId);
    assert.equal(openOwnEnvelope(envelope, present, keys()), undefined);
  });
});

describe('a receipt of our own composer, read without a parser', () => {
  const receiptFor = (profile: MessageProfile, messageId: string, references = REFERENCES): Buffer =>
    composeReceipt(
      { messageId, references },
      { messageId: 'receipt@vn.selat', timestamp: NOW, signing: vietNam.keys.signing[profile] },
    );
  const reference = (uri: string, algorithm: string, inclusivePrefixes: readonly string[] = []) => ({
    uri,
    transforms: [{ algorithm, inclusivePrefixes }],
    digestMethod: `${NS.xenc}sha256`,
    digest: digestOf(uri),
  });
  const ATTACHMENT = 'http://docs.oasis-open.org/wss/oasis-wss-SwAProfile-1.1#Attachment-Content-Signature-Transform';
  const REFERENCES = [reference('#m', NS.ec), reference('#b', NS.ec), reference('cid:one@x', ATTACHMENT)];

  for (const profile of MESSAGE_PROFILES)
    test(`${profile}: is taken, and altered it is left to the parser or says what the parser finds`, () => {
      const receipt = receiptFor(profile, header.messageId);
      assert.equal(assertSameSignal(receipt), 'taken');
      fc.assert(
        fc.property(
          fc.array(change, { minLength: 1, maxLength: 3 }),
          (changes) => void assertSameSignal(changed(receipt, changes)),
        ),
        { numRuns: profile === 'edelivery-1.15' ? 200 : 600 },
      );
    });

  test('whatever it tells of whichever message, the parser finds the same', () => {
    const told = fc.array(
      fc
        .record({
          uri: fc.oneof(fc.constantFrom('#x', 'cid:x'), value),
          algorithm: fc.oneof(fc.constantFrom(NS.ec, ATTACHMENT), value),
          prefixes: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
        })
        .map(({ uri, algorithm, prefixes }) => reference(uri, algorithm, prefixes)),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        fc.oneof(fc.constant(header.messageId), value),
        fc.oneof({ weight: 2, arbitrary: fc.constant(REFERENCES) }, told),
        (messageId, references) =>
          void assertSameSignal(receiptFor('edelivery-2.0-common-usage', messageId, references)),
      ),
      { numRuns: 300 },
    );
  });

  test('another signal that is signed just so is left to the parser', () => {
    const info = { messageId: 's@vn.selat', timestamp: NOW, refToMessageId: header.messageId };
    for (const content of ['', '<eb:Receipt></eb:Receipt>', '<eb:PullRequest></eb:PullRequest>'])
      assert.equal(openOwnReceipt(writeSignedSignal(info, content, vietNam.signing)), undefined);
  });
});
