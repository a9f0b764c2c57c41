import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { NS } from '../../src/exchange/envelope/namespaces.ts';
import type { MessageKey, Payload } from '../../src/exchange/message/message.ts';
import { readMultipart } from '../../src/exchange/message/mime.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { composeReceipt } from '../../src/exchange/signals/receipt.ts';
import { MESSAGE_PROFILES } from '../../src/pki/message-keys.ts';
import { hasProgram } from '../support/programs.ts';
import { createMember, NOW, type TestMember } from './members.ts';
import { headerOf } from './resigning.ts';

const skip = hasProgram('xmlsec1') ? false : 'xmlsec1 is not on this machine';
const transforms = skip === false ? spawnSync('xmlsec1', ['--list-transforms'], { encoding: 'utf8' }).stdout : '';

/*
 * xmlsec1 knows neither attachments (cid:) nor, before 1.3, Ed25519: so it judges header and Body of messages without
 * payloads and of receipts, signed with P-256 and RSA. The form is that of every signature here; with Ed25519 only the
 * algorithm's name and value differ.
 */
describe('xmlsec1 verifies the signature', { skip }, () => {
  let folder: string;
  let vietNam: TestMember;
  let thailand: TestMember;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'selat-exchange-'));
    [thailand, vietNam] = await Promise.all([createMember('TH'), createMember('VN')]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function verdict(envelope: Buffer | string, key: MessageKey): boolean {
    const file = join(folder, 'envelope.xml');
    const signer = join(folder, 'signer.pem');
    writeFileSync(file, envelope);
    writeFileSync(signer, key.certificate.toString());
    const ids = [`${NS.eb}:Messaging`, `${NS.soap12}:Body`].flatMap((name) => ['--id-attr:Id', name]);
    return spawnSync('xmlsec1', ['--verify', ...ids, '--pubkey-cert-pem', signer, file]).status === 0;
  }

  for (const profile of MESSAGE_PROFILES) {
    const unknown =
      profile === 'edelivery-2.0-common-usage' && !transforms.includes('eddsa')
        ? 'this xmlsec1 does not know Ed25519'
        : false;
    const sent = (payloads: readonly Payload[]) =>
      composeUserMessage(headerOf(thailand, vietNam), payloads, {
        profile,
        signing: thailand.keys.signing[profile],
        recipient: vietNam.keys.encryption[profile].certificate,
      });

    test(`of a message over header and Body, and refuses it once altered (${profile})`, { skip: unknown }, () => {
      const { contentType, body } = sent([]);
      const envelope = readMultipart(contentType, body)[0]?.bytes.toString() ?? '';
      assert.equal(verdict(envelope, thailand.keys.signing[profile]), true);
      assert.equal(verdict(envelope.replace('UCR-1', 'UCR-2'), thailand.keys.signing[profile]), false);
      assert.equal(verdict(envelope, vietNam.keys.signing[profile]), false);
    });

    test(`of a receipt, and refuses it once altered (${profile})`, { skip: unknown }, () => {
      const signing = vietNam.keys.signing[profile];
      const { messageId, references } = sent([{ contentType: 'text/plain', bytes: Buffer.from('x') }]);
      const receipt = composeReceipt({ messageId, references }, { messageId: 'r@vn', timestamp: NOW, signing });
      assert.equal(verdict(receipt, signing), true);
      assert.equal(verdict(receipt.toString().replace('r@vn', 's@vn'), signing), false);
    });
  }
});
