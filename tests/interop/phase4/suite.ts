import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMember } from '../../exchange/members.ts';
import type { Endpoints } from '../../exchange/running-exchange.ts';
import { hasProgram } from '../../support/programs.ts';
import { type Cell, type Suite, tried } from '../cells.ts';
import { SelatNode } from '../selat-node.ts';
import { againToPhase4, WRONGS, wrongFromPhase4, wrongToPhase4 } from './errors.ts';
import { FORMS, formFromPhase4, pingFromPhase4, pingToPhase4 } from './forms.ts';
import { buildGlue, Glue } from './glue.ts';
import type { Ground } from './ground.ts';
import { fromPhase4, messages, toPhase4 } from './matrix.ts';
import { writeCertificate, writeConfiguration } from './parties.ts';
import { pulledByPhase4 } from './pulling.ts';

/** phase4 is one member of the federation for each profile. */
const SPOKEN = [
  { name: 'edelivery-2.0-common-usage', country: 'VN' },
  { name: 'edelivery-2.0-alternative-ec', country: 'ID' },
  { name: 'edelivery-1.15', country: 'MY' },
] as const;

/** And one more for each that pulls its messages. */
const PULLING = [
  { name: 'edelivery-2.0-common-usage', country: 'LA' },
  { name: 'edelivery-2.0-alternative-ec', country: 'PH' },
  { name: 'edelivery-1.15', country: 'KH' },
] as const;

const FROM = 'phase4 → Selat';
const TO = 'Selat → phase4';

/** Starts phase4 as a member of the federation for each profile, and a Selat node that knows them. */
async function prepare(folder: string): Promise<Ground> {
  const member = await createMember('TH');
  const profiles = await Promise.all(
    SPOKEN.map(async ({ name, country }) => ({
      name,
      member: await createMember(country, name),
      recipient: writeCertificate(folder, `${name}-recipient`, member.keys.encryption[name].certificate),
    })),
  );
  const pullers = await Promise.all(
    PULLING.map(async ({ name, country }) => ({
      name: `${name} pulling`,
      member: { ...(await createMember(country, name)), pull: true as const },
    })),
  );
  const partners = [...profiles, ...pullers];
  const glue = await Glue.start(
    await buildGlue(),
    folder,
    partners.map((each) => writeConfiguration(folder, each.name, each.member.profile, each.member, member)),
  );
  const endpoints: Endpoints = {};
  for (const each of partners) endpoints[each.member.country] = `https://127.0.0.1:${glue.ports.get(each.name)}/as4`;
  const members = [member, ...partners.map((each) => each.member)];
  const selat = await SelatNode.start(member, members, endpoints);
  await selat.running.exchange.start();
  return { selat, glue, folder, profiles, pullers };
}

/** phase4 as the other access point. */
export const phase4: Suite = {
  name: 'phase4',
  missing() {
    const missing = ['java', 'javac', 'mvn'].filter((program) => !hasProgram(program));
    if (missing.length > 0) return `${missing.join(', ')} not found. Install a JDK of version 17 or newer, and Maven.`;
    const { stdout } = spawnSync('javac', ['-version'], { encoding: 'utf8' });
    const version = Number(/(\d+)/.exec(stdout)?.[1]);
    return version >= 17 ? undefined : `this is ${stdout.trim()}; install a JDK of version 17 or newer.`;
  },
  async run(tell, chosen) {
    const folder = mkdtempSync(join(tmpdir(), 'selat-phase4-'));
    const ground = await prepare(folder);
    console.log(`Selat against ${ground.glue.versions}`);
    const attempt = async (labels: Cell['labels'], tryIt: () => Promise<string | undefined>): Promise<void> => {
      if (chosen(labels)) tell(await tried(labels, tryIt, 60_000));
    };
    try {
      for (const direction of [FROM, TO])
        for (const { labels, message } of messages(ground.profiles))
          await attempt({ direction, ...labels }, async () => {
            await (direction === FROM ? fromPhase4 : toPhase4)(ground, message);
            return undefined;
          });
      for (const profile of ground.profiles) {
        for (const wrong of WRONGS)
          for (const direction of [FROM, TO])
            await attempt({ direction, profile: profile.name, what: wrong.words }, () =>
              (direction === FROM ? wrongFromPhase4 : wrongToPhase4)(ground, profile, wrong),
            );
        await attempt({ direction: TO, profile: profile.name, what: 'the same message again' }, () =>
          againToPhase4(ground, profile),
        );
        for (const form of FORMS)
          await attempt({ direction: FROM, profile: profile.name, what: form.words }, async () => {
            await formFromPhase4(ground, profile, form);
            return undefined;
          });
        for (const direction of [FROM, TO])
          await attempt({ direction, profile: profile.name, what: 'test service' }, async () => {
            await (direction === FROM ? pingFromPhase4 : pingToPhase4)(ground, profile);
            return undefined;
          });
      }
      for (const puller of ground.pullers)
        await attempt({ direction: TO, profile: puller.member.profile, what: 'pulled by phase4' }, () =>
          pulledByPhase4(ground, puller),
        );
    } finally {
      await ground.glue.stop();
      await ground.selat.stop();
      if (process.env['SELAT_INTEROP_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
      else console.log(`Files are kept in ${folder}`);
    }
  },
};
