import type { Logger } from 'pino';
import type { Fault } from '../documents/fault.ts';
import { appendEvent } from '../store/log.ts';
import type { Pool } from '../store/pool.ts';
import { inTransaction, type Transaction } from '../store/transaction.ts';
import { type Acceptance, acceptDirectory } from './accept-directory.ts';
import type { Directory, DirectoryState, VerifiedDirectory } from './directory.ts';
import {
  countRefusal,
  currentSerial,
  insertDirectory,
  loadCurrentDirectory,
  loadDirectoryVersion,
  loadKnownKeys,
  lockDirectories,
  noteOverdue,
  saveKnownKeys,
} from './directory-store.ts';
import type { FederationAnchor } from './federation-anchor.ts';
import type { MemberRules } from './judge-members.ts';
import { readDirectory } from './read-directory.ts';
import { keepTrustView, TrustView } from './trust.ts';

export interface DirectoryKeeperOptions {
  readonly pool: Pool;
  readonly anchor: FederationAnchor;
  readonly clock: () => Date;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Which endpoints members may have (default: none on this machine or in private networks). */
  readonly rules?: MemberRules;
  /** How often the database is asked whether another process accepted a newer version (default 5,000 ms). */
  readonly pollMilliseconds?: number;
}

/** What became of a candidate. */
export type Consideration =
  | { readonly outcome: 'accepted'; readonly serial: number }
  | { readonly outcome: 'already-held'; readonly serial: number }
  | {
      readonly outcome: 'refused';
      readonly code: string;
      readonly reason: string;
      readonly alarm: boolean;
      readonly faults: readonly Fault[];
    };

/** The node holds no directory yet: it trusts nobody. */
export class NoDirectoryError extends Error {
  readonly code = 'DIRECTORY-NONE';

  constructor() {
    super(
      'This node holds no federation directory yet, so it trusts nobody. Give it one, or a source to fetch one from.',
    );
    this.name = 'NoDirectoryError';
  }
}

const ACTOR = { id: 'federation', name: 'Federation directory', role: 'node' } as const;

/**
 * Holds the directory of a node: loads it from the database and checks its signatures again, considers candidates,
 * raises alarms, follows what other processes on the same database accept, and answers with the current trust view.
 */
export class DirectoryKeeper {
  readonly #options: DirectoryKeeperOptions;
  #held: VerifiedDirectory | null = null;
  #view: TrustView | null = null;
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> | undefined;
  #unsavedKeys: string[] = [];
  readonly #listeners: ((view: TrustView) => void)[] = [];

  private constructor(options: DirectoryKeeperOptions) {
    this.#options = options;
  }

  /**
   * Opens the keeper over a migrated database and starts to follow it.
   * @throws Error when the held version does not verify against the anchor: one of the two was tampered with or changed
   */
  static async open(options: DirectoryKeeperOptions): Promise<DirectoryKeeper> {
    const keeper = new DirectoryKeeper(options);
    await keeper.#adoptStored();
    keeper.#timer = setInterval(() => {
      keeper.refresh().catch((error: unknown) => {
        options.log.error({ err: error }, 'directory.refresh-failed');
      });
    }, options.pollMilliseconds ?? 5_000);
    keeper.#timer.unref();
    return keeper;
  }

  /** The held directory with its digest; null before the first. */
  get held(): VerifiedDirectory | null {
    return this.#held;
  }

  /** The trust view over the held directory. @throws NoDirectoryError before the first */
  get view(): TrustView {
    if (this.#view === null) throw new NoDirectoryError();
    return this.#view;
  }

  /** The held directory. @throws NoDirectoryError before the first */
  get directory(): Directory {
    return this.view.directory;
  }

  /** How the directory stands now; `none` before the first. */
  state(): DirectoryState | 'none' {
    return this.#view === null ? 'none' : this.#view.state(this.#options.clock());
  }

  /** Calls the listener with every view that takes the place of another (new TLS authorities, new endpoints). */
  onChange(listener: (view: TrustView) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Considers the bytes of a signed directory: accepts it, or refuses it with an alarm and keeps the held one. What is
   * stored and told is one transaction; processes on one database take turns.
   * @param source where the bytes come from, in words for people
   * @param intermediates signed bytes of the versions between, for a node that missed some
   */
  async consider(bytes: Uint8Array, source: string, intermediates: readonly Uint8Array[] = []): Promise<Consideration> {
    const { anchor, pool, clock } = this.#options;
    const now = clock();
    const reading = readDirectory(bytes, anchor);
    if (!reading.ok) {
      const [fault] = reading.faults;
      const code = fault?.code ?? 'DIRECTORY-UNREADABLE';
      const reason = fault?.message ?? 'The directory cannot be read.';
      const subject = `${source} ${now.toISOString().slice(0, 10)}`;
      await inTransaction(pool, (transaction) =>
        this.#tellRefusal(transaction, { code, subject, source, bytes: undefined, at: now }, reason),
      );
      return { outcome: 'refused', code, reason, alarm: true, faults: reading.faults };
    }
    const between = readVersions(intermediates, anchor);
    const acceptance = await inTransaction(pool, async (transaction): Promise<Acceptance> => {
      await lockDirectories(transaction);
      const stored = await loadCurrentDirectory(transaction);
      const held = stored === undefined ? null : this.#verifyStored(stored.bytes);
      const decision = acceptDirectory(held, { ...reading, intermediates: between }, now, this.#options.rules);
      if (decision.outcome === 'refused' && decision.alarm) {
        const refusal = { code: decision.code, subject: reading.digest, source, bytes, at: now };
        await this.#tellRefusal(transaction, refusal, decision.reason);
      }
      if (decision.outcome === 'accepted') {
        const skipped = held === null ? [] : between.filter(isBetween(held.directory.serial, reading.directory.serial));
        for (const version of [...skipped, { ...reading, bytes }]) {
          await insertDirectory(transaction, version, { bytes: version.bytes, source, receivedAt: now });
        }
        await appendEvent(transaction, {
          kind: 'directory.accepted',
          subject: `directory ${reading.directory.serial}`,
          actor: ACTOR,
          occurredAt: now,
          data: {
            digest: reading.digest,
            source,
            signers: reading.signers,
            members: reading.directory.members.map((member) => member.country),
          },
        });
      }
      return decision;
    });
    if (acceptance.outcome === 'refused') return acceptance;
    if (this.#held === null || this.#held.directory.serial < reading.directory.serial) await this.#adoptStored();
    return { outcome: acceptance.outcome, serial: reading.directory.serial };
  }

  /** Whether a version is one that this node held and has left behind. */
  async heldBefore({ directory, digest }: VerifiedDirectory): Promise<boolean> {
    if (this.#held === null || directory.serial >= this.#held.directory.serial) return false;
    return (await loadDirectoryVersion(this.#options.pool, directory.serial))?.digest === digest;
  }

  /**
   * Takes over what another process accepted, saves which keys became known, and tells once when the directory becomes
   * stale or expired. Called by itself on a timer; calls at the same time share one run.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Stops following the database, after what is under way; saves what is to be saved. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing?.catch(() => undefined);
    await this.#saveKnown();
  }

  async #refresh(): Promise<void> {
    const serial = await currentSerial(this.#options.pool);
    if (serial !== undefined && serial !== this.#held?.directory.serial) await this.#adoptStored();
    await this.#saveKnown();
    await this.#tellOverdue();
  }

  async #adoptStored(): Promise<void> {
    const { pool, log } = this.#options;
    const stored = await loadCurrentDirectory(pool);
    if (stored === undefined) return;
    const held = this.#verifyStored(stored.bytes);
    const known = [...(await loadKnownKeys(pool)), ...(this.#view?.knownFingerprints() ?? [])];
    // Another candidate may have been adopted while this one was read.
    if (this.#held !== null && this.#held.directory.serial >= held.directory.serial) return;
    this.#unsavedKeys.push(...(this.#view?.takeNewlyKnown() ?? []));
    const view = keepTrustView(new TrustView(held.directory, known));
    this.#held = held;
    this.#view = view;
    log.info({ serial: held.directory.serial, digest: held.digest }, 'directory.adopted');
    for (const listener of this.#listeners) listener(view);
  }

  #verifyStored(bytes: Uint8Array): VerifiedDirectory {
    const reading = readDirectory(bytes, this.#options.anchor);
    if (reading.ok) return reading;
    throw new Error(
      `The federation directory in the database does not verify against the federation anchor (${reading.faults[0]?.code}). Either the anchor is another federation's, or the database was altered: compare the anchor with the federation's operators.`,
    );
  }

  async #saveKnown(): Promise<void> {
    this.#unsavedKeys.push(...(this.#view?.takeNewlyKnown() ?? []));
    const saving = [...this.#unsavedKeys];
    if (saving.length === 0) return;
    await saveKnownKeys(this.#options.pool, saving, this.#options.clock());
    this.#unsavedKeys.splice(0, saving.length);
  }

  async #tellOverdue(): Promise<void> {
    const { pool, clock, log } = this.#options;
    const now = clock();
    const view = this.#view;
    const state = view?.state(now);
    if (view === null || state === undefined || state === 'fresh') return;
    const { serial, freshUntil, expiresAt } = view.directory;
    view.know(await loadKnownKeys(pool));
    const reason =
      state === 'stale'
        ? `The directory was to be renewed by ${freshUntil}. It expires at ${expiresAt}; ask the federation's operators for the next version.`
        : `The directory expired at ${expiresAt}. Known partners are served on; no new key is trusted until a newer version comes.`;
    const first = await inTransaction(pool, async (transaction) => {
      if (!(await noteOverdue(transaction, serial, state, now))) return false;
      const subject = `directory ${serial}`;
      await appendEvent(transaction, { kind: `directory.${state}`, subject, actor: ACTOR, occurredAt: now, reason });
      return true;
    });
    if (first) log.warn({ serial, state }, `directory.${state}`);
  }

  async #tellRefusal(
    transaction: Transaction,
    refusal: Parameters<typeof countRefusal>[1],
    reason: string,
  ): Promise<void> {
    if (!(await countRefusal(transaction, refusal))) return;
    await appendEvent(transaction, {
      kind: 'directory.refused',
      subject: `directory ${refusal.subject}`,
      actor: ACTOR,
      occurredAt: refusal.at,
      reason,
      data: { alarm: true, code: refusal.code, source: refusal.source },
    });
    transaction.afterCommit(() => {
      this.#options.log.warn({ code: refusal.code, source: refusal.source, alarm: true }, 'directory.refused');
    });
  }
}

/** The versions that verify, each once. */
function readVersions(
  all: readonly Uint8Array[],
  anchor: FederationAnchor,
): (VerifiedDirectory & { readonly bytes: Uint8Array })[] {
  const versions = new Map<string, VerifiedDirectory & { readonly bytes: Uint8Array }>();
  for (const bytes of all) {
    const reading = readDirectory(bytes, anchor);
    if (reading.ok) versions.set(reading.digest, { ...reading, bytes });
  }
  return [...versions.values()];
}

function isBetween(lower: number, upper: number): (version: VerifiedDirectory) => boolean {
  return ({ directory }) => directory.serial > lower && directory.serial < upper;
}
