import { SampleUser } from './client.ts';
import type { RegionDescription } from './region-folder.ts';

/** The people of the samples while they work: each signs in once, and all sign out together. */
export class SampleUsers {
  readonly #region: RegionDescription;
  readonly #signedIn = new Map<string, Promise<SampleUser>>();
  /** One signs in after the other: a node holds off many at once from one address as guessing. */
  #lastEntry: Promise<unknown> = Promise.resolve();

  constructor(region: RegionDescription) {
    this.#region = region;
  }

  /** Somebody of a country's node, signed in. */
  of(country: string, username: string): Promise<SampleUser> {
    const key = `${country} ${username}`;
    const known = this.#signedIn.get(key);
    if (known !== undefined) return known;
    const user = this.#lastEntry.then(() => this.#enter(country, username));
    this.#lastEntry = user.catch(() => undefined);
    this.#signedIn.set(key, user);
    return user;
  }

  async signOut(): Promise<void> {
    for (const user of await Promise.allSettled(this.#signedIn.values()))
      if (user.status === 'fulfilled') await user.value.signOut();
    this.#signedIn.clear();
  }

  async #enter(country: string, username: string): Promise<SampleUser> {
    const node = this.#region.nodes[country];
    const person = node?.people.find((candidate) => candidate.username === username);
    if (node === undefined || person === undefined) throw new Error(`the region has no ${username} in ${country}`);
    const user = new SampleUser(node.pagesUrl, person.username);
    await user.signIn(person.password);
    return user;
  }
}
