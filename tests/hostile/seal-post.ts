import assert from 'node:assert/strict';
import type { SampleUser } from '../../src/region/client.ts';
import type { TestRegion } from '../support/region.ts';
import { answerTo } from './answers.ts';
import { assertNoInternals, assertReady, countEvents, messageBetween, nodeOf, postAs4, stolenKeys } from './support.ts';

/** A node with its keys, as whoever broke in there has them. */
export interface Side {
  readonly node: ReturnType<typeof nodeOf>;
  readonly keys: Awaited<ReturnType<typeof stolenKeys>>;
}

export async function sideOf(region: TestRegion, country: string): Promise<Side> {
  return { node: nodeOf(region, country), keys: await stolenKeys(region, country) };
}

/** Delivers sealed documents of Thailand to Viet Nam's node and tells what became of them there. */
export class SealPost {
  readonly #region: TestRegion;
  readonly #officer: SampleUser;
  readonly thailand: Side;
  readonly vietNam: Side;

  private constructor(region: TestRegion, sides: { thailand: Side; vietNam: Side }, officer: SampleUser) {
    this.#region = region;
    this.#officer = officer;
    this.thailand = sides.thailand;
    this.vietNam = sides.vietNam;
  }

  static async open(region: TestRegion): Promise<SealPost> {
    const sides = { thailand: await sideOf(region, 'TH'), vietNam: await sideOf(region, 'VN') };
    return new SealPost(region, sides, await region.user('VN', 'clearance'));
  }

  /** Delivers a document in a good message, which is receipted and answered. */
  async deliver(sealed: string): Promise<{ outcome: string; failure: string; kept: number }> {
    const { thailand, vietNam } = this;
    const message = messageBetween(thailand, vietNam, [sealed]);
    const answer = await postAs4(vietNam.node, thailand.keys.tls, message.contentType, message.body);
    assert.equal(answer.error, null, answer.text);
    const { response, failure } = await answerTo(vietNam.node, thailand.node, message.messageId);
    await assertReady(this.#region, 'VN');
    const { rows } = await vietNam.node.pool.query<{ own_outcome: string }>({
      text: 'select own_outcome from certificates where received_message_id = $1',
      values: [message.messageId],
    });
    for (const row of rows) assert.equal(row.own_outcome, response.outcome);
    return { outcome: response.outcome, failure, kept: rows.length };
  }

  /**
   * Delivers what must not be taken: it is receipted, refused, shown so to the officer if it could be read at all, and
   * answered. Gives step and code of the first failure.
   */
  async refusedAt(number: string, sealed: string): Promise<string> {
    const verified = await countEvents(this.vietNam.node, 'certificate.verified');
    const { outcome, failure, kept } = await this.deliver(sealed);
    assert.equal(outcome, 'refused');
    assert.equal(await countEvents(this.vietNam.node, 'certificate.verified'), verified);
    if (kept > 0) {
      const shown = await this.verificationOf(number);
      assert.match(shown, /"outcome":"refused"/);
      assert.ok(shown.includes(`"${failure.split(' ')[1]}"`), shown);
    }
    return failure;
  }

  /** What the officer of the receiving country is shown of the verification. */
  async verificationOf(number: string): Promise<string> {
    const shown = await this.#officer.get(`/api/certificates/${number}/verification`);
    assertNoInternals(shown.text);
    return shown.text;
  }
}
