import type { SelectionCase } from './case.ts';
import { conditionTest, type Lists, listsOf, type Test } from './conditions.ts';
import { drawFor, isDrawn, seedFingerprint } from './draw.ts';
import { type Condition, type Exemption, RULE_LIMITS, type Rule, type RuleSet } from './rule-set.ts';
import { type AppliedExemption, type Channel, type FiredRule, milder, type Selection, stricter } from './selection.ts';

/** A rule set made ready for many declarations. */
export interface PreparedRuleSet {
  readonly version: number;
  /** Ids of all rules, in their order. */
  readonly ruleIds: readonly string[];
  /** Never throws; the same declaration, moment and set always give the same selection. */
  select(declaration: SelectionCase, now: Date): Selection;
  /** The same in steps of one rule each, so that a large declaration need not hold up others. */
  selectInSteps(declaration: SelectionCase, now: Date): Generator<void, Selection>;
}

/** What a rule set is evaluated with. */
export interface RuleSetParts {
  readonly version: number;
  readonly lists: Lists;
  /** Seeds in hex by id of the random rule; a random rule without a seed is not met. */
  readonly seeds: { readonly [rule: string]: string };
}

interface Period {
  readonly from: number;
  readonly until: number;
}

function periodOf(rule: Rule | Exemption): Period {
  return {
    from: rule.validFrom === undefined ? -Infinity : Date.parse(rule.validFrom),
    until: rule.validUntil === undefined ? Infinity : Date.parse(rule.validUntil),
  };
}

function testOf(condition: Condition | undefined, lists: Lists): Test {
  return condition === undefined ? () => true : conditionTest(condition, lists);
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

interface Prepared<Kind> {
  readonly rule: Kind;
  readonly period: Period;
  readonly test: Test;
}

function prepareEach<Kind extends Rule | Exemption>(rules: readonly Kind[], lists: Lists): Prepared<Kind>[] {
  return rules.toSorted(byId).map((rule) => ({ rule, period: periodOf(rule), test: testOf(rule.when, lists) }));
}

type Outcome = 'met' | 'not-met' | 'unfinished';

function ask<Kind>({ test, period }: Prepared<Kind>, whole: SelectionCase, now: Date): Outcome {
  if (!(period.from <= now.getTime() && now.getTime() < period.until)) return 'not-met';
  const work = { left: RULE_LIMITS.comparisons };
  const answer = test({ whole, entry: undefined, work });
  if (answer === true) return 'met';
  return work.left <= 0 && answer === undefined ? 'unfinished' : 'not-met';
}

/**
 * Makes a rule set ready. The channel is the strictest that the fired rules ask for; an exemption lowers what the rules
 * that it names ask for, except binding ones. The order in which rules stand makes no difference. A rule that would take
 * more than `RULE_LIMITS.comparisons` is not evaluated to its end and asks for yellow; an exemption then does not apply.
 */
export function prepareRuleSet(ruleSet: RuleSet, parts: RuleSetParts): PreparedRuleSet {
  const rules = prepareEach(ruleSet.rules, parts.lists);
  const exemptions = prepareEach(ruleSet.exemptions, parts.lists);
  const names = [...ruleSet.rules, ...ruleSet.exemptions].flatMap(({ when }) =>
    when === undefined ? [] : listsOf(when),
  );
  const lists: { [name: string]: number } = {};
  for (const name of [...new Set(names)].sort()) {
    const list = parts.lists.get(name);
    if (list !== undefined) lists[name] = list.version;
  }

  const fire = (prepared: Prepared<Rule>, whole: SelectionCase, now: Date): FiredRule | undefined => {
    const { rule } = prepared;
    const named = { rule: rule.id, version: parts.version, reason: rule.reason };
    let draw: FiredRule['draw'];
    if (rule.share !== undefined) {
      const seed = Object.hasOwn(parts.seeds, rule.id) ? parts.seeds[rule.id] : undefined;
      if (seed === undefined) return undefined;
      const value = drawFor(seed, rule.id, whole.movementReference);
      if (!isDrawn(value, rule.share)) return undefined;
      draw = { seed: seedFingerprint(seed), value, share: rule.share };
    }
    const outcome = ask(prepared, whole, now);
    if (outcome === 'not-met') return undefined;
    if (outcome === 'unfinished') return { ...named, channel: 'yellow', unfinished: true };
    return { ...named, channel: rule.channel, ...(draw === undefined ? {} : { draw }) };
  };

  const lower = (fired: FiredRule, binding: boolean, applied: readonly Exemption[]): FiredRule => {
    if (binding || fired.unfinished === true) return fired;
    const by = applied.filter(
      (exemption) =>
        (exemption.rules === undefined || exemption.rules.includes(fired.rule)) &&
        milder(exemption.to, fired.channel) !== fired.channel,
    );
    if (by.length === 0) return fired;
    const to = by.reduce<Channel>((mildest, exemption) => milder(mildest, exemption.to), fired.channel);
    return { ...fired, lowered: { to, by: by.map(({ id }) => id) } };
  };

  function* selectInSteps(whole: SelectionCase, now: Date): Generator<void, Selection> {
    const applied: Exemption[] = [];
    for (const each of exemptions) {
      if (ask(each, whole, now) === 'met') applied.push(each.rule);
      yield;
    }
    const fired: FiredRule[] = [];
    for (const each of rules) {
      const found = fire(each, whole, now);
      if (found !== undefined) fired.push(lower(found, each.rule.binding === true, applied));
      yield;
    }
    const used = applied
      .filter(({ id }) => fired.some(({ lowered }) => lowered?.by.includes(id) === true))
      .map(({ id, to, reason }): AppliedExemption => ({ exemption: id, to, reason }));
    return {
      channel: fired.reduce<Channel>(
        (strictest, each) => stricter(strictest, each.lowered?.to ?? each.channel),
        'green',
      ),
      ruleSetVersion: parts.version,
      fired,
      ...(used.length === 0 ? {} : { exemptions: used }),
      ...(Object.keys(lists).length === 0 ? {} : { lists }),
      at: now.toISOString(),
    };
  }

  return {
    version: parts.version,
    ruleIds: ruleSet.rules.map(({ id }) => id),
    selectInSteps,
    select(whole, now) {
      const steps = selectInSteps(whole, now);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return step.value;
      }
    },
  };
}
