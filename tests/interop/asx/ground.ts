import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMember, type TestMember } from '../../exchange/members.ts';
import type { Endpoints } from '../../exchange/running-exchange.ts';
import { SelatNode } from '../selat-node.ts';
import { asxConfiguration, SHARED_PROFILE } from './asx-configuration.ts';
import { AsxProcess, buildAsx, type PayloadFile } from './process.ts';

/** Selat as the node of TH and asx-rs as that of MY, each knowing the other's keys. */
export class Ground {
  readonly selat: SelatNode;
  readonly asx: AsxProcess;
  readonly my: TestMember;
  /** Another member, whom asx-rs pretends to be where a test says so. */
  readonly vn: TestMember;
  readonly #endpoints: Endpoints;
  readonly #folder = mkdtempSync(join(tmpdir(), 'selat-asx-'));

  private constructor(selat: SelatNode, my: TestMember, vn: TestMember, endpoints: Endpoints) {
    this.selat = selat;
    this.asx = new AsxProcess(buildAsx());
    this.my = my;
    this.vn = vn;
    this.#endpoints = endpoints;
  }

  /** Of every member. */
  get authorities(): readonly TestMember['authority'][] {
    return [this.my, this.vn, this.selat.member].map(({ authority }) => authority);
  }

  /** Starts both; asx-rs takes messages after {@link speak}. */
  static async start(): Promise<Ground> {
    const [th, my, vn] = await Promise.all([
      createMember('TH', SHARED_PROFILE),
      createMember('MY', SHARED_PROFILE),
      createMember('VN', SHARED_PROFILE),
    ]);
    const endpoints: Endpoints = {};
    return new Ground(await SelatNode.start(th, [th, my, vn], endpoints), my, vn, endpoints);
  }

  /**
   * Makes asx-rs an access point.
   * @param profile as asx-rs calls it
   * @param local whom it is; MY unless a test says otherwise
   * @param partner with whom it exchanges; Selat's member unless a test says otherwise
   */
  async speak(profile: string, local: TestMember = this.my, partner: TestMember = this.selat.member): Promise<void> {
    const { endpoint } = this.selat;
    this.#endpoints['MY'] = await this.asx.configure(
      asxConfiguration(profile, local, partner, endpoint, this.authorities),
    );
  }

  /** Writes payloads to files, for asx-rs to read. */
  files(payloads: readonly { readonly contentType: string; readonly bytes: Uint8Array }[]): PayloadFile[] {
    return payloads.map(({ contentType, bytes }, index) => {
      const file = join(this.#folder, `payload-${index}`);
      writeFileSync(file, bytes);
      return { file, mimeType: contentType };
    });
  }

  async stop(): Promise<void> {
    await this.selat.stop();
    await this.asx.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
