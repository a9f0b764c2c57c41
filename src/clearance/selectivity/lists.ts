import { Refusal } from '../../documents/refusal.ts';
import type { ListKind } from '../../selectivity/rule-set.ts';
import type { Asked } from '../asked.ts';
import type { Changed, VersionView } from './change.ts';
import { type Approval, approveVersion, draftVersion, proposeVersion, withdrawVersion } from './four-eyes.ts';

/** A named list that rules read. */
export type ListContent = {
  readonly title: string;
  readonly kind: ListKind;
  readonly entries: readonly string[];
};

/** Entries of one list at most. */
export const MOST_LIST_ENTRIES = 10_000;

const COMMODITY_CODE = /^[0-9][0-9. ]{0,19}$/;
/** As the schema of rule sets has it: what rules can name. */
const NAME = /^[a-z][a-z0-9-]{1,62}$/;
const COUNTRY = /^[A-Z]{2}$/;

export function listNamed(name: string): Changed {
  return { kind: 'list', name };
}

/**
 * Proposes what a list shall hold from now on: the whole list, for somebody else to approve.
 * @throws the refusals `LIST-NAME`, and `LIST-ENTRIES` with every entry that does not fit the list's kind
 */
export async function proposeList(
  asked: Asked,
  name: string,
  content: ListContent,
  reason: string,
): Promise<VersionView> {
  if (!NAME.test(name))
    throw new Refusal(
      'invalid',
      'LIST-NAME',
      'A list has a name of 2 to 63 small letters, digits and hyphens that begins with a letter.',
    );
  const fit = { 'commodity-codes': COMMODITY_CODE, countries: COUNTRY, firms: undefined, texts: undefined }[
    content.kind
  ];
  const faults = content.entries.flatMap((entry, index) =>
    fit === undefined || fit.test(entry)
      ? []
      : [
          {
            code: 'SCHEMA-FORMAT',
            pointer: `/content/entries/${index}`,
            message: 'This entry does not fit the kind of the list.',
            found: entry,
            expected: content.kind === 'countries' ? 'two capital letters' : 'digits of a commodity code',
          },
        ],
  );
  if (faults.length > 0)
    throw new Refusal('invalid', 'LIST-ENTRIES', 'Some entries do not fit the kind of the list.', {
      faults: faults.slice(0, 200),
    });
  const entries = [...new Set(content.entries.map((entry) => entry.normalize('NFC').trim()))];
  const changed = listNamed(name);
  const draft = await draftVersion(asked, changed, { content: { ...content, entries }, reason });
  return proposeVersion(asked, changed, draft.number, null);
}

export async function approveList(
  asked: Asked,
  name: string,
  number: number,
  seen: number,
  approval: Approval,
): Promise<VersionView> {
  return approveVersion(asked, listNamed(name), number, seen, approval, async () => null);
}

export async function withdrawList(
  asked: Asked,
  name: string,
  number: number,
  seen: number,
  reason: string,
): Promise<VersionView> {
  return withdrawVersion(asked, listNamed(name), number, seen, reason);
}
