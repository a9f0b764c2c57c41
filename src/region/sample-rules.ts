import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isArray, type JsonObject, type JsonValue } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { entriesAt, numberAt, textAt } from './answers.ts';
import type { Answer, SampleUser } from './client.ts';
import { sampleCountry } from './sample-country.ts';
import type { SampleUsers } from './sample-users.ts';

const FIRST_RULES = new URL('../../schemas/selectivity/default.json', import.meta.url);
const REASON = 'The rules of the sample region, so that its three consignments show the three channels.';
const NO_DRY_RUN =
  'The samples are the first declarations of this node, so that there is nothing to run the rules over.';
const DAY = 86_400_000;

/** Motors in one lot from which on the sample rules have the goods inspected. */
export const LARGE_LOT = 500;

/** The first rules of every new node, and two of the samples' own. */
function sampleRuleSet(): JsonObject {
  const first: JsonObject = JSON.parse(readFileSync(FIRST_RULES, 'utf8'));
  const imported: JsonObject = { field: 'declaration.procedure', is: 'equals', value: 'import' };
  const rules: readonly JsonValue[] = isArray(first['rules']) ? first['rules'] : [];
  return {
    ...first,
    title: 'Rules of the sample region',
    rules: [
      ...rules,
      {
        id: 'sample-motor-parts',
        title: 'Parts of motors',
        reason: 'Sample rule: parts of motors (heading 8503) are often classified wrongly; look at the documents.',
        channel: 'yellow',
        when: { all: [imported, someItem({ field: 'this.commodityCode', is: 'starts-with', values: ['8503'] })] },
        binding: true,
      },
      {
        id: 'sample-large-lot',
        title: 'Large lots of motors',
        reason: `Sample rule: lots of ${LARGE_LOT} motors (heading 8501) and more are inspected.`,
        channel: 'red',
        when: {
          all: [
            imported,
            someItem({
              all: [
                { field: 'this.commodityCode', is: 'starts-with', values: ['8501'] },
                { field: 'this.tariffQuantity.value', is: 'at-least', value: String(LARGE_LOT) },
              ],
            }),
          ],
        },
        binding: true,
      },
    ],
  };
}

function someItem(where: JsonObject): JsonObject {
  return { some: 'items', where };
}

/**
 * Sees to it that a country's node assigns channels by the sample rules, and that its sample importer is an authorised
 * trader, whom random checks leave out. People do it as they would, under four eyes: the clearance officer draws up the
 * rules and the supervisor approves them; one supervisor proposes the trader and the other approves. Where somebody has
 * changed the rules already, they stay as they are.
 */
export async function ensureSampleRules(users: SampleUsers, country: string): Promise<void> {
  const [officer, supervisor, second] = await Promise.all([
    users.of(country, 'clearance'),
    users.of(country, 'supervisor'),
    users.of(country, 'supervisor-2'),
  ]);
  await ensureRuleSet(officer, supervisor);
  await ensureAuthorisedImporter(country, supervisor, second);
}

async function ensureRuleSet(officer: SampleUser, supervisor: SampleUser): Promise<void> {
  const { body } = await officer.get('/api/selectivity/rule-sets');
  const versions = entriesAt(body, 'items');
  const ours = versions.find((one) => textAt(one, 'reason') === REASON);
  const others = versions.some((one) => numberAt(one, 'number') > 1 && one !== ours);
  if (ours === undefined && others) return;
  if (ours !== undefined && !['draft', 'proposed'].includes(textAt(ours, 'state'))) return;
  const drafted =
    ours === undefined
      ? await officer.post('/api/selectivity/rule-sets', { ruleSet: sampleRuleSet(), reason: REASON })
      : await officer.get(`/api/selectivity/rule-sets/${numberAt(ours, 'number')}`);
  const path = `/api/selectivity/rule-sets/${numberAt(drafted.body, 'number')}`;
  const proposed =
    textAt(drafted.body, 'state') === 'draft'
      ? await officer.post(`${path}/proposal`, undefined, drafted.version)
      : drafted;
  try {
    await supervisor.post(`${path}/approval`, { reason: NO_DRY_RUN }, proposed.version);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'DRY-RUN-MISSING') throw error;
    await dryRun(officer, path);
    await supervisor.post(`${path}/approval`, { reason: REASON }, proposed.version);
  }
}

/** Runs a version over the past declarations, as its approval asks for; waits at most half a minute. */
async function dryRun(officer: SampleUser, path: string): Promise<void> {
  const now = Date.now();
  const terms = { lodgedFrom: moment(now - 366 * DAY), lodgedUntil: moment(now + DAY) };
  const { body } = await officer.post(`${path}/dry-runs`, terms);
  for (let tries = 0; tries < 600; tries += 1) {
    const run = await officer.get(`/api/selectivity/dry-runs/${textAt(body, 'id')}`);
    if (!['waiting', 'running'].includes(textAt(run.body, 'state'))) return;
    await pause(50);
  }
}

function moment(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

async function ensureAuthorisedImporter(country: string, supervisor: SampleUser, second: SampleUser): Promise<void> {
  const { value } = sampleCountry(country).importer.identifier;
  const { body } = await supervisor.get('/api/firms');
  const firmId = textAt(
    entriesAt(body, 'items').find((firm) => textAt(firm, 'identifier', 'value') === value),
    'id',
  );
  if (firmId === '') return;
  const path = `/api/selectivity/authorised-traders/${firmId}/versions`;
  const known = entriesAt((await supervisor.get(path)).body, 'items')[0];
  if (known !== undefined && textAt(known, 'state') !== 'proposed') return;
  const proposed: Answer =
    known === undefined
      ? await supervisor.post(path, {
          content: { kind: 'AEO-C', validFrom: moment(Date.now() - DAY), validUntil: null, revoked: false },
          reason: 'The importer of the sample region is an authorised trader.',
        })
      : await supervisor.get(`${path}/${numberAt(known, 'number')}`);
  await second.post(`${path}/${numberAt(proposed.body, 'number')}/approval`, {}, proposed.version);
}
