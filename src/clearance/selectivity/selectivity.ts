import { randomBytes } from 'node:crypto';
import type { JsonValue } from '../../documents/json.ts';
import { caseOf } from '../../selectivity/case.ts';
import { describeFields } from '../../selectivity/fields.ts';
import type { Pool, Reader } from '../../store/pool.ts';
import type { Asked } from '../asked.ts';
import type { CertificateUse, Selectivity } from '../ports.ts';
import { type AuthorisedTrader, approveTrader, holdsAt, proposeTrader, withdrawTrader } from './authorised-traders.ts';
import { type Changed, type ChangedKind, RULE_SET, type VersionLine, type VersionView } from './change.ts';
import { DryRunWorker, selectInTurns } from './dry-run-worker.ts';
import { abortDryRun, type DryRunTerms, type DryRunView, listDryRuns, readDryRun, requestDryRun } from './dry-runs.ts';
import { installFirstRules } from './first-rules.ts';
import { type Approval, proposeVersion, readVersion, versionLine, versionView, withdrawVersion } from './four-eyes.ts';
import { InForceKeeper } from './in-force.ts';
import { approveList, type ListContent, proposeList, withdrawList } from './lists.ts';
import { type RepeatedDraw, repeatDraw } from './repeat-draw.ts';
import { approveRuleSet, draftRuleSet } from './rule-sets.ts';
import { selectNewest, selectVersions } from './version-queries.ts';

/** What selectivity needs of the node. */
export interface SelectivityParts {
  readonly pool: Pool;
  /** A new UUID. */
  readonly newId: () => string;
  readonly clock: () => Date;
  /** How the references of a declaration to certificates stand; for dry runs. */
  readonly usesOf: (reader: Reader, declarationId: string) => Promise<readonly CertificateUse[]>;
  /** Told when a dry run fails; the node goes on. */
  readonly onError: (error: unknown) => void;
  /** 32 random bytes in hex; tests give their own. */
  readonly newSeed?: () => string;
}

/** What officials do with the rules; every change under four eyes. */
export interface SelectivityAdministration {
  fields(): { path: string; kind: string }[];
  /** Versions of one thing, the newest first, without their content. */
  listVersions(asked: Asked, changed: Changed, before: number | null): Promise<readonly VersionLine[]>;
  readVersion(asked: Asked, changed: Changed, number: number): Promise<VersionView>;
  /** Of every list or authorised trader the newest version; entries of lists are left out. */
  listNewest(asked: Asked, kind: ChangedKind, after: string): Promise<readonly VersionView[]>;

  draftRuleSet(asked: Asked, ruleSet: JsonValue, reason: string): Promise<VersionView>;
  proposeRuleSet(asked: Asked, number: number, seen: number): Promise<VersionView>;
  approveRuleSet(asked: Asked, number: number, seen: number, approval: Approval): Promise<VersionView>;
  withdrawRuleSet(asked: Asked, number: number, seen: number, reason: string): Promise<VersionView>;

  proposeList(asked: Asked, name: string, content: ListContent, reason: string): Promise<VersionView>;
  approveList(asked: Asked, name: string, number: number, seen: number, approval: Approval): Promise<VersionView>;
  withdrawList(asked: Asked, name: string, number: number, seen: number, reason: string): Promise<VersionView>;

  proposeTrader(asked: Asked, firmId: string, content: AuthorisedTrader, reason: string): Promise<VersionView>;
  approveTrader(asked: Asked, firmId: string, number: number, seen: number, approval: Approval): Promise<VersionView>;
  withdrawTrader(asked: Asked, firmId: string, number: number, seen: number, reason: string): Promise<VersionView>;

  requestDryRun(asked: Asked, ruleSet: number, terms: DryRunTerms): Promise<DryRunView>;
  readDryRun(asked: Asked, id: string): Promise<DryRunView>;
  listDryRuns(asked: Asked, ruleSet: number): Promise<readonly DryRunView[]>;
  abortDryRun(asked: Asked, id: string): Promise<DryRunView>;
  repeatDraw(asked: Asked, ruleSet: number, rule: string, movementReference: string): Promise<RepeatedDraw>;
}

/** Selectivity of a node: assigns channels, and keeps what they are assigned by. */
export interface SelectivityOfNode extends Selectivity, SelectivityAdministration {
  /** Puts the first rules in force on a node that has none. */
  installFirstRules(now: Date): Promise<boolean>;
  /** Works on dry runs that wait, also those that another gateway left; to be called now and then. */
  keepHouse(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts selectivity together. */
export function createSelectivity(parts: SelectivityParts): SelectivityOfNode {
  const keeper = new InForceKeeper();
  const newSeed = parts.newSeed ?? (() => randomBytes(32).toString('hex'));
  const worker = new DryRunWorker(parts);
  /** What is held is out of date once the change is stored. */
  const changing = async (asked: Asked, work: Promise<VersionView>): Promise<VersionView> => {
    const view = await work;
    asked.transaction.afterCommit(() => keeper.forget());
    return view;
  };
  return {
    async select(reader, declaration, now) {
      const { rules } = await keeper.at(reader, now);
      return selectInTurns(rules, caseOf(declaration), now);
    },
    async isAuthorised(reader, firmId, now) {
      return holdsAt((await keeper.at(reader, now)).authorised.get(firmId), now);
    },

    fields: () => describeFields(),
    listVersions: async (asked, changed, before) =>
      (await selectVersions(asked.transaction, changed, asked.now, before)).map(versionLine),
    readVersion,
    listNewest: async (asked, kind, after) =>
      (await selectNewest(asked.transaction, kind, asked.now, after)).map(versionView),

    draftRuleSet: (asked, ruleSet, reason) => draftRuleSet(asked, ruleSet, reason, newSeed),
    proposeRuleSet: (asked, number, seen) => proposeVersion(asked, RULE_SET, number, seen),
    approveRuleSet: (asked, number, seen, approval) => changing(asked, approveRuleSet(asked, number, seen, approval)),
    withdrawRuleSet: (asked, number, seen, reason) =>
      changing(asked, withdrawVersion(asked, RULE_SET, number, seen, reason)),

    proposeList,
    approveList: (asked, name, number, seen, approval) =>
      changing(asked, approveList(asked, name, number, seen, approval)),
    withdrawList: (asked, name, number, seen, reason) =>
      changing(asked, withdrawList(asked, name, number, seen, reason)),

    proposeTrader,
    approveTrader: (asked, firmId, number, seen, approval) =>
      changing(asked, approveTrader(asked, firmId, number, seen, approval)),
    withdrawTrader: (asked, firmId, number, seen, reason) =>
      changing(asked, withdrawTrader(asked, firmId, number, seen, reason)),

    async requestDryRun(asked, ruleSet, terms) {
      const view = await requestDryRun(asked, ruleSet, terms, parts.newId());
      asked.transaction.afterCommit(() => void worker.wake());
      return view;
    },
    readDryRun,
    listDryRuns,
    abortDryRun,
    repeatDraw,

    installFirstRules: (now) => installFirstRules(parts.pool, now, newSeed),
    keepHouse: () => worker.wake(),
    stop: () => worker.stop(),
  };
}
