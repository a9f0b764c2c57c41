import { hasProgram } from '../../support/programs.ts';
import { type Cell, NotSupported, type Suite, tried } from '../cells.ts';
import { payloads, SIZES } from '../payloads.ts';
import { asxConfiguration, SHARED_PROFILE } from './asx-configuration.ts';
import { Ground } from './ground.ts';
import { fromAsx, toAsx } from './matrix.ts';
import { SITUATIONS } from './refusals.ts';

type Attempt = (labels: Cell['labels'], tryIt: () => Promise<string | undefined>) => Promise<void>;

/** Every message of the matrix in a profile of asx-rs, in both directions. */
async function tryMatrix(ground: Ground, profile: string, sizes: readonly (typeof SIZES)[number][], attempt: Attempt) {
  await ground.speak(profile);
  for (const direction of ['asx-rs → Selat', 'Selat → asx-rs'])
    for (const count of [1, 3] as const)
      for (const compress of [true, false])
        for (const size of sizes)
          await attempt(
            { direction, profile, payloads: String(count), compressed: compress ? 'yes' : 'no', size: size.words },
            () =>
              (direction === 'asx-rs → Selat' ? fromAsx : toAsx)(ground, {
                payloads: payloads(count, size.bytes),
                compress,
              }),
          );
}

/** Profiles that one of the two does not have. asx-rs is set to the nearest of its own, and says itself why not. */
async function tryOtherProfiles(ground: Ground, attempt: Attempt): Promise<void> {
  const nearest = [
    {
      profile: 'edelivery-2.0-common-usage',
      asx: 'edelivery-1.15',
      evidence: 'src/keys.rs:291 "pub enum SignatureAlgorithm" has RsaSha256 and EcdsaSha256 only',
    },
    {
      profile: 'edelivery-2.0-alternative-ec',
      asx: 'bdew',
      evidence: 'src/profile.rs:364: ECDSA is in bdew only, whose keys are "KeyRule::EcCurve(Nid::BRAINPOOL_P256R1)"',
    },
  ] as const;
  for (const { profile, asx, evidence } of nearest)
    await attempt({ direction: 'both', profile }, async () => {
      const { my, selat } = ground;
      const configuration = asxConfiguration(asx, my, selat.member, selat.endpoint, ground.authorities, profile);
      const words = await ground.asx.configure(configuration).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (words === undefined) throw new Error('asx-rs takes keys of this profile: the matrix must be tried with them');
      throw new NotSupported(`asx-rs: ${words}; ${evidence}`);
    });
}

/** asx-rs as the other access point. */
export const asx: Suite = {
  name: 'asx-rs',
  missing: () => (hasProgram('cargo') ? undefined : 'cargo not found. Install Rust 1.88 or newer (rustup.rs).'),
  async run(tell, chosen) {
    const ground = await Ground.start();
    const attempt: Attempt = async (labels, tryIt) => {
      if (chosen(labels)) tell(await tried(labels, tryIt));
    };
    try {
      await tryMatrix(ground, SHARED_PROFILE, SIZES, attempt);
      // The same on the wire; tried small, because asx-rs has another set of rules for it.
      await tryMatrix(ground, 'entsog', SIZES.slice(0, 1), attempt);
      for (const { direction, what, tryIt } of SITUATIONS)
        await attempt({ direction, profile: SHARED_PROFILE, situation: what }, async () => {
          await ground.asx.answer('take');
          await ground.speak(SHARED_PROFILE);
          return tryIt(ground);
        });
      await tryOtherProfiles(ground, attempt);
    } finally {
      await ground.stop();
    }
  },
};
