import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { MessageKey } from '../../src/exchange/message.ts';
import { composeReceipt } from '../../src/exchange/receipt.ts';
import { composeUserMessage } from '../../src/exchange/user-message.ts';
import { hasProgram } from '../support/programs.ts';
import { certify, createMember, NOW, type TestMember } from './members.ts';
import { headerOf } from './resigning.ts';

const skip = hasProgram('xmlsec1') ? false : 'xmlsec1 is not on this machine';

/*
 * xmlsec1 knows neither attachments (cid:) nor, before 1.3, Ed25519: so it judges what it can, receipts of messages that
 * are signed with P-256. Their form is that of every signature here; only the algorithm's name and value differ.
 */
describe('xmlsec1 verifies the signature', { skip }, () => {
  let folder: string;
  let vietNam: TestMember;
  let thailand: TestMember;
  let key: MessageKey;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'selat-exchange-'));
    thailand = await createMember('TH');
    vietNam = await createMember('VN');
    key = certify(
      vietNam.authority,
      'VN',
      'as4-signing',
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
    );
    writeFileSync(join(folder, 'signer.pem'), key.certificate.toString());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function verdict(envelope: Buffer | string): boolean {
    const file = join(folder, 'envelope.xml');
    writeFileSync(file, envelope);
    const eb = 'http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/';
    const soap = 'http://www.w3.org/2003/05/soap-envelope';
    const { status } = spawnSync('xmlsec1', [
      '--verify',
      '--id-attr:Id',
      `${eb}:Messaging`,
      '--id-attr:Id',
      `${soap}:Body`,
      '--pubkey-cert-pem',
      join(folder, 'signer.pem'),
      file,
    ]);
    return status === 0;
  }

  test('of a receipt, and refuses it once altered', () => {
    const { messageId, references } = composeUserMessage(
      headerOf(thailand, vietNam),
      [{ contentType: 'text/plain', bytes: Buffer.from('x') }],
      { signing: thailand.signing, recipient: vietNam.encryption.certificate },
    );
    const receipt = composeReceipt({ messageId, references }, { messageId: 'r@vn', timestamp: NOW, signing: key });
    assert.equal(verdict(receipt), true);
    assert.equal(verdict(receipt.toString().replace('r@vn', 's@vn')), false);
  });
});
