import type { Reader } from '../store/pool.ts';
import type { Actor } from './actor.ts';
import { isRight, isRole } from './rights.ts';
import { secretDigest } from './secrets.ts';
import type { SessionTerms } from './sessions.ts';

/** How long an answer of the database about a session or token may be used again, in milliseconds. */
const REUSE = 2_000;
/** Most answers that are held; the oldest goes first. */
const MOST_HELD = 10_000;
/** The time of last use is written at most this often, in milliseconds. */
const USE_NOTED_EVERY = 60_000;

/** What the person came with. */
export type Proof = { readonly session: string } | { readonly token: string };

interface Held {
  readonly actor: Actor;
  readonly until: number;
  readonly expiresAt: number;
}

interface IdentityRow {
  person_id: string;
  name: string;
  role: string;
  office: string | null;
  firm_id: string | null;
  identifier_scheme: string | null;
  identifier_value: string | null;
  only_rights: string[] | null;
  last_used_at: Date | null;
  expires_at: Date;
}

const PERSON = `p.name, p.role, p.office, p.firm_id, f.identifier_scheme, f.identifier_value`;
const JOINED = `join people p on p.id = s.person_id and p.active left join firms f on f.id = p.firm_id`;

const BY_SESSION = `select s.person_id, ${PERSON}, null::text[] as only_rights, s.last_used_at, s.expires_at
  from sessions s ${JOINED} where s.secret_digest = $1 and s.expires_at > $2 and s.last_used_at > $3`;
const BY_TOKEN = `select s.person_id, ${PERSON}, s.only_rights, s.last_used_at, s.expires_at
  from tokens s ${JOINED} where s.secret_digest = $1 and s.expires_at > $2 and s.revoked_at is null`;

/**
 * Finds out who a session or token belongs to: one indexed query, whose answer is used again for at most two seconds.
 * Revocation is prompt all the same: in the process that revokes, `forget` drops the answers at once; another process
 * of the same node may let the revoked one in for those two seconds, and no longer.
 */
export class Identities {
  readonly #reader: Reader;
  readonly #country: string;
  readonly #terms: SessionTerms;
  readonly #held = new Map<string, Held>();
  /** Counts up with every `forget`, so that an answer that was on its way meanwhile is not kept. */
  #generation = 0;

  constructor(reader: Reader, country: string, terms: SessionTerms) {
    this.#reader = reader;
    this.#country = country;
    this.#terms = terms;
  }

  /** @returns null when the proof is unknown, has ended or was revoked, or its person is not let in */
  async identify(proof: Proof, now: Date): Promise<Actor | null> {
    const digest = secretDigest('session' in proof ? `${proof.session}` : proof.token);
    const key = `${'session' in proof ? 's' : 't'}${digest.toString('base64')}`;
    const time = now.getTime();
    const held = this.#held.get(key);
    if (held !== undefined && time < held.until && time >= held.until - REUSE && time < held.expiresAt)
      return held.actor;
    const generation = this.#generation;
    const row = await this.#find(proof, digest, now);
    const actor = row === undefined ? null : this.#actor(row, proof);
    if (row === undefined || actor === null) {
      this.#held.delete(key);
      return null;
    }
    await this.#noteUse(proof, digest, row, now);
    if (generation === this.#generation) {
      this.#held.delete(key);
      this.#held.set(key, { actor, until: time + REUSE, expiresAt: row.expires_at.getTime() });
      if (this.#held.size > MOST_HELD) for (const oldest of this.#held.keys()) return this.#drop(oldest, actor);
    }
    return actor;
  }

  /** Drops what is held about a person; to be called after the commit of what changes their rights. */
  forget(personId: string): void {
    this.#generation += 1;
    for (const [key, held] of this.#held) if (held.actor.personId === personId) this.#held.delete(key);
  }

  #drop(key: string, actor: Actor): Actor {
    this.#held.delete(key);
    return actor;
  }

  async #find(proof: Proof, digest: Buffer, now: Date): Promise<IdentityRow | undefined> {
    if ('token' in proof) {
      const { rows } = await this.#reader.query<IdentityRow>({
        name: 'identify-by-token',
        text: BY_TOKEN,
        values: [digest, now],
      });
      return rows[0];
    }
    const idleSince = new Date(now.getTime() - this.#terms.idleSeconds * 1_000);
    const { rows } = await this.#reader.query<IdentityRow>({
      name: 'identify-by-session',
      text: BY_SESSION,
      values: [digest, now, idleSince],
    });
    return rows[0];
  }

  #actor(row: IdentityRow, proof: Proof): Actor | null {
    if (!isRole(row.role)) return null;
    return {
      personId: row.person_id,
      name: row.name,
      role: row.role,
      firmId: row.firm_id,
      firmIdentifier:
        row.identifier_scheme === null || row.identifier_value === null
          ? null
          : { scheme: row.identifier_scheme, value: row.identifier_value },
      office: row.office,
      country: this.#country,
      via: 'session' in proof ? 'session' : 'token',
      onlyRights: row.only_rights?.filter(isRight) ?? null,
    };
  }

  async #noteUse(proof: Proof, digest: Buffer, row: IdentityRow, now: Date): Promise<void> {
    if (row.last_used_at !== null && now.getTime() - row.last_used_at.getTime() < USE_NOTED_EVERY) return;
    await this.#reader.query(
      'session' in proof
        ? {
            name: 'note-session-use',
            text: 'update sessions set last_used_at = greatest(last_used_at, $2) where secret_digest = $1',
            values: [digest, now],
          }
        : {
            name: 'note-token-use',
            text: 'update tokens set last_used_at = greatest(last_used_at, $2) where secret_digest = $1',
            values: [digest, now],
          },
    );
  }
}
