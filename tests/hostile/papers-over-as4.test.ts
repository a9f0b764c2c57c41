import assert from 'node:assert/strict';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CORRESPONDENCE_SERVICE } from '../../src/correspondence/ports.ts';
import type { ExportDeclarationNotice } from '../../src/documents/paper-types.ts';
import type { Payload } from '../../src/exchange/message/message.ts';
import { CERTIFICATE_USE_SERVICE, REPORT_ACTION, RETURN_ACTION } from '../../src/ledger/ports.ts';
import { sealDetached } from '../../src/seal/detached-seal.ts';
import { sealPaper } from '../../src/verification/sealed-paper.ts';
import { exportDeclaration } from '../documents/declaration-examples.ts';
import { startTestRegion, type TestRegion } from '../support/region.ts';
import { declarationOf, freshReference, issueCertificate, ledgerItem, lodge, motorsOf } from './clearing.ts';
import { type Side, sideOf } from './seal-post.ts';
import {
  assertReady,
  countEvents,
  eventually,
  forgeSeal,
  messageBetween,
  newMessageId,
  postAs4,
  settled,
  unsealedCertificate,
} from './support.ts';
import { signIn } from './web.ts';

describe('A9, B1: papers and reports of use over AS4 at running nodes', () => {
  let region: TestRegion;
  let thailand: Side;
  let vietNam: Side;
  before(async () => {
    region = await startTestRegion(['TH', 'VN']);
    thailand = await sideOf(region, 'TH');
    vietNam = await sideOf(region, 'VN');
  });
  after(() => region.end());

  const json = (bytes: Buffer | string): Payload => ({ contentType: 'application/json', bytes: Buffer.from(bytes) });
  const xml = (bytes: Buffer | string): Payload => ({ contentType: 'application/xml', bytes: Buffer.from(bytes) });
  const sealed = (bytes: Buffer | string, by = thailand): readonly [Payload, Payload] => {
    const paper = json(bytes);
    const input = { name: 'paper.json', bytes: paper.bytes, mediaType: 'application/json' };
    return [paper, xml(sealDetached(input, { ...by.keys.sealing, signingTime: new Date() }))];
  };

  /** A good notice of an export declaration, with its declaration. */
  const noticeOf = (
    more: Partial<ExportDeclarationNotice> = {},
    declaration = Buffer.from(JSON.stringify(exportDeclaration({ localReference: freshReference('EXP') }))),
  ): { readonly paper: ExportDeclarationNotice; readonly declaration: Payload } => ({
    paper: {
      paper: 'export-declaration-notice',
      id: randomUUID(),
      from: 'TH',
      to: 'VN',
      madeAt: new Date().toISOString(),
      consignmentReference: '6TH0105536000315-26-000417',
      movementReference: `26TH${String(Math.random()).slice(2, 14).padEnd(14, '0')}`,
      documentVersion: 1,
      status: 'accepted',
      declaration: {
        name: 'declaration.json',
        mediaType: 'application/json',
        digest: createHash('sha256').update(declaration).digest('hex'),
        size: declaration.length,
      },
      ...more,
    },
    declaration: json(declaration),
  });
  const written = (paper: ExportDeclarationNotice, by = thailand): readonly [Payload, Payload] => {
    const { bytes, seal } = sealPaper(paper, { ...by.keys.sealing, signingTime: new Date() });
    return [json(bytes), xml(seal)];
  };

  const deliver = async (
    payloads: readonly Payload[],
    more: { readonly action?: string; readonly messageId?: string; readonly conversationId?: string } = {},
  ): Promise<string> => {
    const messageId = more.messageId ?? newMessageId();
    const message = messageBetween(thailand, vietNam, payloads, {
      service: CORRESPONDENCE_SERVICE,
      action: 'export-declaration-notice',
      conversationId: '6TH0105536000315-26-000417',
      ...more,
      messageId,
    });
    const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(answer.error, null, answer.text);
    return messageId;
  };
  const forwarded = async (): Promise<{ mrn: string; document_version: number; status: string }[]> => {
    const { rows } = await vietNam.node.pool.query<{ mrn: string; document_version: number; status: string }>({
      text: `select mrn, document_version, status from forwarded_declarations where side = 'received' order by recorded_at`,
    });
    return rows;
  };
  /** The code with which the node refused a message in its quarantine. */
  const quarantined = async (side: Side, messageId: string): Promise<string> => {
    const { rows } = await side.node.pool.query<{ data: { code?: string }; reason: string | null }>({
      text: `select data, reason from events where kind = 'message.quarantined' and subject = $1`,
      values: [messageId],
    });
    assert.equal(rows.length, 1, `${messageId} is not in quarantine`);
    return JSON.stringify(rows[0]);
  };

  const damaged = (bytes: Buffer, from: string, to: string): Buffer => {
    assert.ok(bytes.includes(from));
    return Buffer.from(bytes.toString('utf8').replace(from, to));
  };
  const canonical = (text: (json: string) => string): readonly Payload[] => {
    const { paper, declaration } = noticeOf();
    const [good] = written(paper);
    return [...sealed(text(good.bytes.toString('utf8'))), declaration];
  };

  /** What, the code of the refusal, the payloads. */
  const POISON: readonly (readonly [string, string, () => readonly Payload[]])[] = [
    [
      'that was altered after it was sealed',
      'DOCUMENT-ALTERED',
      () => {
        const { paper, declaration } = noticeOf();
        const [one, seal] = written(paper);
        return [{ ...one, bytes: damaged(one.bytes, '"documentVersion":1', '"documentVersion":9') }, seal, declaration];
      },
    ],
    [
      'that another country sealed',
      '',
      () => {
        const { paper, declaration } = noticeOf();
        return [...written(paper, vietNam), declaration];
      },
    ],
    [
      'that speaks for another country',
      'PAPER-MISDIRECTED',
      () => {
        const { paper, declaration } = noticeOf({ from: 'JP' });
        return [...written(paper), declaration];
      },
    ],
    [
      'that is for another country',
      'PAPER-MISDIRECTED',
      () => {
        const { paper, declaration } = noticeOf({ to: 'JP' });
        return [...written(paper), declaration];
      },
    ],
    ['that is no JSON', '', () => sealed('<a/>')],
    ['that is empty JSON', '', () => sealed('{}')],
    ['with a name twice', '', () => canonical((text) => text.replace('{', '{"id":"x",'))],
    ['with __proto__', '', () => canonical((text) => text.replace('{', '{"__proto__":{"a":1},'))],
    ['with a name nobody knows', '', () => canonical((text) => text.replace('{', '{"aaa":1,'))],
    [
      'with a depth of 10,000',
      '',
      () => canonical((text) => text.replace('{', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)},`)),
    ],
    ['with a hidden character', '', () => canonical((text) => text.replace('6TH0105', '6TH‮0105'))],
    [
      'whose seal is a billion laughs',
      '',
      () => [sealed('{}')[0], xml('<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>')],
    ],
    [
      'whose seal is another document',
      '',
      () => [sealed('{}')[0], xml(forgeSeal(unsealedCertificate().xml, thailand.keys.sealing))],
    ],
    [
      'whose declaration was altered',
      'DECLARATION-ALTERED',
      () => {
        const { paper, declaration } = noticeOf();
        return [
          ...written(paper),
          { ...declaration, bytes: damaged(declaration.bytes, 'window lifters', 'lifting windows') },
        ];
      },
    ],
    ['whose declaration is missing', 'DECLARATION-MISSING', () => written(noticeOf().paper)],
    [
      'whose declaration cannot be read',
      'DECLARATION-UNREADABLE',
      () => {
        const { paper, declaration } = noticeOf(
          {},
          Buffer.from('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        );
        return [...written(paper), declaration];
      },
    ],
    [
      'whose declaration is for another country',
      'DECLARATION-NOT-FOR-US',
      () => {
        const other = Buffer.from(JSON.stringify(exportDeclaration({ partner: 'JP' })));
        const { paper, declaration } = noticeOf({}, other);
        return [...written(paper), declaration];
      },
    ],
    ['of more than a megabyte', '', () => sealed(JSON.stringify({ a: randomBytes(600_000).toString('hex') }))],
    ['without a seal', '', () => [json('{}')]],
  ];

  for (const [what, code, make] of POISON)
    test(`a paper ${what} is receipted, quarantined and refused, and nothing of it is kept as true`, async () => {
      const before = await forwarded();
      const messageId = await deliver(make());
      const told = await quarantined(vietNam, messageId);
      assert.match(told, new RegExp(code));
      assert.deepEqual(await forwarded(), before);
      await settled(vietNam.node);
      const { rows } = await vietNam.node.pool.query<{ text: string }>({
        text: `select convert_from(bytes, 'UTF8') as text from documents
          where kind = 'paper-answer' and position(convert_to($1, 'UTF8') in bytes) > 0`,
        values: [messageId],
      });
      // What cannot be taken for a paper at all has nothing that could be answered.
      const isPaper = what !== 'without a seal' && what !== 'of more than a megabyte';
      assert.equal(rows.length, isPaper ? 1 : 0);
      if (isPaper) assert.match(rows[0]?.text ?? '', /"outcome":"refused"/);
      await assertReady(region, 'VN');
    });

  test('a paper of one kind under the name of another is refused', async () => {
    const { paper, declaration } = noticeOf();
    for (const action of ['origin-query', 'consignment-events', 'origin-answer'])
      await quarantined(vietNam, await deliver([...written(paper), declaration], { action }));
    assert.deepEqual(
      (await forwarded()).filter(({ mrn }) => mrn === paper.movementReference),
      [],
    );
  });

  test('after all that a good paper is taken, once, however often it comes', async () => {
    const { paper, declaration } = noticeOf();
    const payloads = [...written(paper), declaration];
    const messageId = await deliver(payloads);
    await deliver(payloads);
    assert.equal(await countEvents(vietNam.node, 'message.quarantined', messageId), 0);
    await Promise.all(Array.from({ length: 6 }, () => deliver(payloads)));
    assert.equal((await forwarded()).filter(({ mrn }) => mrn === paper.movementReference).length, 1);
    assert.equal(await countEvents(vietNam.node, 'export-declaration.received', paper.movementReference), 1);
  });

  test('versions that come in another order: the newest stands, and what was withdrawn stays so', async () => {
    const { paper } = noticeOf();
    const { movementReference } = paper;
    const send = async (documentVersion: number, status: ExportDeclarationNotice['status']): Promise<void> => {
      const one = noticeOf({ movementReference, documentVersion, status });
      if (status !== 'withdrawn') {
        await deliver([...written(one.paper), one.declaration]);
        return;
      }
      const { declaration: _, ...withdrawn } = one.paper;
      await deliver(written(withdrawn));
    };
    const officer = await region.user('VN', 'clearance');
    const standing = async (): Promise<string> => {
      const { text } = await officer.get(
        `/api/forwarded-declarations?consignmentReference=${paper.consignmentReference}`,
      );
      const { items }: { items: { movementReference: string; status: string; documentVersion: number }[] } =
        JSON.parse(text);
      const own = items.filter((one) => one.movementReference === movementReference);
      return own.map(({ status, documentVersion }) => `${status} ${documentVersion}`).join();
    };
    await send(2, 'amended');
    await send(1, 'accepted');
    assert.equal(await standing(), 'amended 2');
    await send(2, 'withdrawn');
    await send(1, 'accepted');
    assert.equal(await standing(), 'withdrawn 2');
  });

  describe('reports of the use of a certificate', () => {
    let number: string;
    let reports: readonly Buffer[];
    let stands: object;
    const report = async (
      payloads: readonly Payload[],
      action = REPORT_ACTION,
      messageId = newMessageId(),
    ): Promise<string> => {
      const terms = { service: CERTIFICATE_USE_SERVICE, action, messageId };
      const message = messageBetween(vietNam, thailand, payloads, terms);
      const answer = await postAs4(thailand.node, vietNam.keys.tls, message.contentType, message.body);
      assert.equal(answer.error, null, answer.text);
      return messageId;
    };
    const atIssuer = async (): Promise<{ readonly writtenOff: string; readonly left: string }> => {
      const officer = await signIn(region, 'TH', 'issuing');
      const { writtenOff, left } = await ledgerItem(region, 'TH', officer, number);
      return { writtenOff, left };
    };
    before(async () => {
      ({ number } = await issueCertificate(region, ['TH', 'VN']));
      const importer = await signIn(region, 'VN', 'importer');
      // Each is reported by itself, so that there are several reports; one drawn at random is not released, and tells too.
      for (const quantity of ['100', '50', '25']) {
        await lodge(region, 'VN', importer, declarationOf({ items: [motorsOf(number, quantity)] }));
        await eventually('it is told', async () => {
          const { rows } = await vietNam.node.pool.query({
            text: 'select 1 from certificate_partners where number = $1 and due_at is null',
            values: [number],
          });
          return rows.length > 0;
        });
      }
      await settled(vietNam.node);
      const { rows } = await vietNam.node.pool.query<{ bytes: Buffer }>({
        text: `select bytes from documents where kind = 'application-response'
          and position(convert_to($1, 'UTF8') in bytes) > 0 and position(convert_to('set-aside', 'UTF8') in bytes) > 0
          order by stored_at`,
        values: [number],
      });
      reports = rows.map(({ bytes }) => bytes);
      stands = await atIssuer();
    });

    test('there are some, and the issuing country knows what was used', () => {
      assert.ok(reports.length >= 1, `${reports.length} reports`);
    });

    const WRONG: readonly (readonly [string, () => readonly Payload[], string?])[] = [
      ['altered', () => [xml((reports[0] ?? Buffer.alloc(0)).toString('utf8').replace(/>100</g, '>1<'))]],
      ['that is no XML', () => [xml('nothing')]],
      ['with a DOCTYPE', () => [xml('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')]],
      ['that is a certificate', () => [xml(forgeSeal(unsealedCertificate().xml, vietNam.keys.sealing))]],
      ['with a second document', () => [xml(reports[0] ?? ''), xml(reports[0] ?? '')]],
      ['under the name of a return', () => [xml(reports[0] ?? '')], RETURN_ACTION],
      ['under a name that is none', () => [xml(reports[0] ?? '')], 'GrantAllotment'],
    ];
    for (const [what, make, action] of WRONG)
      test(`one ${what} is receipted and quarantined with an alarm, and changes nothing`, async () => {
        const messageId = await report(make(), action);
        await quarantined(thailand, messageId);
        assert.equal(await countEvents(thailand.node, 'certificate-use.refused', messageId), 1);
        assert.deepEqual(await atIssuer(), stands);
      });

    test('those that come again, and old ones after new ones, change nothing', async () => {
      for (const one of [...reports, ...reports.toReversed()]) await report([xml(one)]);
      assert.deepEqual(await atIssuer(), stands);
      await assertReady(region, 'TH');
    });
  });
});
