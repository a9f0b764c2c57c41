import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NotSupported } from '../cells.ts';
import { payloads } from '../payloads.ts';
import type { Letter } from '../selat-node.ts';
import type { SendCommand } from './glue.ts';
import type { Ground, SpokenProfile } from './ground.ts';
import { writeCertificate } from './parties.ts';

/** Something wrong with a message: how each side is made to send it, and with which error the other answers. */
export interface Wrong {
  readonly words: string;
  readonly inPhase4: (ground: Ground, profile: SpokenProfile) => Partial<SendCommand>;
  readonly selatAnswers: string;
  readonly inSelat: (ground: Ground, profile: SpokenProfile) => Partial<Letter>;
  readonly phase4Answers: string;
  /** Where phase4's answer is not the one of the standard. */
  readonly remark?: string;
}

/** Changes one byte of the last payload's ciphertext or tag: it ends where the closing boundary begins. */
function alterPayload(body: Buffer): Buffer {
  const at = body.lastIndexOf('\r\n--', body.length - 5) - 20;
  body[at] = (body[at] ?? 0) ^ 1;
  return body;
}

function alterHeader(body: Buffer): Buffer {
  const opening = 'ConversationId>';
  body.write('X', body.indexOf(opening) + opening.length);
  return body;
}

export const WRONGS: readonly Wrong[] = [
  {
    words: 'encrypted to another key',
    inPhase4: ({ folder }, { name, member }) => ({
      recipient: writeCertificate(folder, `${name}-other-recipient`, member.keys.encryption[name].certificate),
    }),
    selatAnswers: 'EBMS:0102',
    inSelat: ({ selat }, { name }) => ({ recipient: selat.member.keys.encryption[name].certificate }),
    phase4Answers: 'EBMS:0102',
  },
  {
    words: 'unknown service',
    inPhase4: () => ({ service: 'urn:test:unknown' }),
    selatAnswers: 'EBMS:0010',
    inSelat: () => ({ service: 'urn:test:unknown' }),
    phase4Answers: 'EBMS:0010',
  },
  {
    words: 'payload altered on the way',
    inPhase4: () => ({ alter: 'payload' }),
    selatAnswers: 'EBMS:0102',
    inSelat: () => ({ alter: alterPayload }),
    phase4Answers: 'EBMS:0102',
  },
  {
    words: 'header altered on the way',
    inPhase4: () => ({ alter: 'header' }),
    selatAnswers: 'EBMS:0101',
    inSelat: () => ({ alter: alterHeader }),
    phase4Answers: 'EBMS:0102',
    remark: 'phase4 tells a failed signature as EBMS:0102, not EBMS:0101 (README, defect 1)',
  },
  {
    words: 'to another party',
    inPhase4: () => ({ toPartyId: 'urn:test:party:nobody' }),
    selatAnswers: 'EBMS:0003',
    inSelat: () => ({ toPartyId: 'urn:test:party:nobody' }),
    phase4Answers: 'EBMS:0010',
  },
  {
    words: 'from an unknown party',
    inPhase4: () => ({ fromPartyId: 'urn:test:party:nobody' }),
    selatAnswers: 'EBMS:0003',
    inSelat: () => ({ fromPartyId: 'urn:test:party:nobody' }),
    phase4Answers: 'EBMS:0010',
  },
];

/** phase4 sends something wrong: it must understand Selat's error, which is signed and names the message. */
export async function wrongFromPhase4(ground: Ground, profile: SpokenProfile, wrong: Wrong): Promise<string> {
  const { selat, glue, folder } = ground;
  const [payload] = payloads(1, 2_048);
  const file = join(folder, 'payload-wrong');
  writeFileSync(file, payload?.bytes ?? '');
  const messageId = `${randomUUID()}@phase4.example`;
  const sent = await glue.send({
    as: profile.name,
    endpoint: selat.endpoint,
    recipient: profile.recipient,
    messageId,
    conversationId: 'UCR-1',
    properties: {},
    payloads: [{ file, contentType: 'application/xml', compress: true }],
    ...wrong.inPhase4(ground, profile),
  });
  assert.equal(sent.result, 'as4-error-msg-received', `phase4 says ${JSON.stringify(sent)}`);
  const [error, ...others] = sent.errors ?? [];
  assert.equal(others.length, 0);
  assert.equal(error?.code, wrong.selatAnswers, `Selat answered ${JSON.stringify(error)}`);
  assert.equal(error.refToMessageInError, messageId);
  assert.equal(sent.refToMessageId, messageId);
  assert.ok(error.description.length > 0, 'the error has no description');
  assert.equal(sent.signed, true, 'the error is not signed');
  assert.equal(selat.delivered(messageId), undefined, 'Selat delivered it all the same');
  return `${error.code}: ${error.description}`;
}

/** Selat sends something wrong: it must understand phase4's error and who it is of. */
export async function wrongToPhase4(ground: Ground, profile: SpokenProfile, wrong: Wrong): Promise<string> {
  const { selat, glue } = ground;
  const { message, judgement } = await selat.send({
    to: profile.member,
    conversationId: 'UCR-1',
    properties: {},
    payloads: payloads(1, 2_048),
    ...wrong.inSelat(ground, profile),
  });
  assert.ok(judgement.means === 'refused' || judgement.means === 'retry', `Selat says ${JSON.stringify(judgement)}`);
  assert.equal(judgement.code, wrong.phase4Answers, judgement.reason);
  assert.equal(glue.timesReceived(message.messageId), 0, 'phase4 took it all the same');
  return [`${judgement.means}: ${judgement.reason}`, ...(wrong.remark === undefined ? [] : [wrong.remark])].join('; ');
}

/**
 * Selat sends the same bytes again, as after a receipt that was lost on its way: phase4 must not hand the message on twice.
 * What it answers is told as it is.
 */
export async function againToPhase4({ selat, glue }: Ground, profile: SpokenProfile): Promise<string> {
  const letter = { to: profile.member, conversationId: 'UCR-1', properties: {}, payloads: payloads(1, 2_048) };
  const first = await selat.send(letter);
  assert.equal(first.judgement.means, 'receipted');
  const second = await selat.sendAgain(profile.member, first.message);
  assert.equal(glue.timesReceived(first.message.messageId), 1, 'phase4 handed it on twice');
  if (second.means === 'receipted') return 'a receipt again';
  assert.equal(second.code, 'EBMS:0004');
  throw new NotSupported(
    `phase4 answers a repeated message with an error (README, defect 2); ${second.means}: ${second.reason}`,
  );
}
