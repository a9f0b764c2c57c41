import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { AGREEMENTS } from '../documents/agreements.ts';
import type { SchemeId } from '../documents/types.ts';
import { type NodeConfiguration, readConfiguration } from '../node/configuration.ts';
import { openNodeKeys } from '../node/node-keys.ts';
import { explainFolder } from './fault-of-folder.ts';
import type { RegionDescription, RegionFolder } from './region-folder.ts';
import { sampleCountry } from './sample-country.ts';
import { describeMember } from './sample-member.ts';
import { inventPeople } from './sample-people.ts';
import { keepDirectory } from './sign-region-directory.ts';

/** What a region is to be. */
export interface RegionTerms {
  /** ISO 3166-1 alpha-2; those the folder has already stay in. */
  readonly countries: readonly string[];
  /** First port; each country takes the next ten. */
  readonly port: number;
  /** Host under which partners and people reach a node; `{country}` stands for its code in small letters. */
  readonly host: string;
  readonly passphrase: string | undefined;
  readonly now: Date;
}

/** Where a node listens and is reached. Where every node has a host of its own, all use the same two ports. */
function addresses(country: string, index: number, terms: RegionTerms): Pick<NodeConfiguration, 'pages' | 'as4'> {
  const ownHost = terms.host.includes('{country}');
  const host = terms.host.replaceAll('{country}', country.toLowerCase());
  const first = terms.port + 10 * (ownHost ? 1 : index + 1);
  const listenOn = ownHost ? '0.0.0.0' : '127.0.0.1';
  return {
    pages: { host: listenOn, port: first, url: `http://${host}:${first}` },
    as4: { host: listenOn, port: first + 1, endpoint: `https://${host}:${first + 1}/as4` },
  };
}

/**
 * What a person set in a node's `node.json` that is theirs and is kept: the security profile, and how it exchanges.
 * @throws a Refusal when it cannot be used
 */
function settingsIn(
  nodeFolder: string,
  sample: Pick<NodeConfiguration, 'customs'>,
): Pick<NodeConfiguration, 'profile' | 'exchange'> {
  const file = join(nodeFolder, 'node.json');
  if (!existsSync(file) || !/"(?:profile|exchange)"\s*:/.test(readFileSync(file, 'utf8'))) return {};
  const { profile, exchange } = readConfiguration(nodeFolder, { customs: sample.customs });
  return { ...(profile === undefined ? {} : { profile }), ...(exchange === undefined ? {} : { exchange }) };
}

function configure(country: string, index: number, terms: RegionTerms): NodeConfiguration {
  const sample = sampleCountry(country);
  return {
    country,
    name: sample.name,
    partyId: `urn:selat:sample:${country.toLowerCase()}`,
    authority: { name: sample.authority, timeZone: sample.timeZone, offices: [sample.office] },
    customs: {
      name: sample.customs.name,
      timeZone: sample.timeZone,
      currency: sample.customs.currency,
      offices: [sample.customs.office],
    },
    ...addresses(country, index, terms),
    directorySources: ['../../federation/directory.json'],
    sample: true,
  };
}

/** The schemes of which a country is a party. */
export function schemesOf(country: string): SchemeId[] {
  const schemes: readonly SchemeId[] = ['ATIGA-FORM-D', 'RCEP'];
  return schemes.filter((scheme) => AGREEMENTS[scheme].members.has(country));
}

/**
 * Makes what a region needs before its nodes can start, and leaves alone what is there: each country's settings, keys
 * and sample people, the federation's keys and anchor, and a signed directory of all members. When addresses changed or
 * the directory grows old, the next version of it is signed.
 * @throws a Refusal with a sentence when the folder cannot be used
 */
export async function prepareRegion(
  folder: RegionFolder,
  terms: RegionTerms,
  progress: (words: string) => void,
): Promise<RegionDescription> {
  try {
    const before = folder.read();
    const countries = [...new Set([...(before?.countries ?? []), ...terms.countries])];
    const made = countries.map(async (country, index) => {
      const nodeFolder = folder.node(country);
      const usual = configure(country, index, terms);
      const configuration = { ...usual, ...settingsIn(nodeFolder, usual) };
      if (!existsSync(nodeFolder)) progress(`Making the keys of ${configuration.name}`);
      mkdirSync(nodeFolder, { recursive: true, mode: 0o700 });
      writeWhenNew(join(nodeFolder, 'node.json'), `${JSON.stringify(configuration, null, 2)}\n`);
      const host = new URL(configuration.as4.endpoint).hostname;
      const keys = await openNodeKeys(join(nodeFolder, 'keys'), {
        ...(terms.passphrase === undefined ? {} : { passphrase: terms.passphrase }),
        holder: {
          country,
          name: configuration.authority.name,
          now: terms.now,
          dnsNames: isIP(host) === 0 ? [...new Set(['localhost', host])] : ['localhost'],
          ipAddresses: ['127.0.0.1', '::1'],
        },
      });
      const node = {
        pagesUrl: configuration.pages.url,
        people: inventPeople(before?.nodes[country]?.people),
      };
      return { country, node, member: describeMember(configuration, keys, schemesOf(country)) };
    });
    // All countries at once: RSA keys are made in threads of their own.
    const parts = await Promise.all(made);
    const nodes = Object.fromEntries(parts.map(({ country, node }) => [country, node]));
    const members = parts.map(({ member }) => member);
    const description: RegionDescription = { countries, nodes };
    folder.write(description);
    await keepDirectory(folder, members, terms, progress);
    return description;
  } catch (error) {
    throw explainFolder(error, folder.path);
  }
}

function writeWhenNew(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(file, text, { mode: 0o600 });
}
