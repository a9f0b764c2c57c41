import type { JsonObject } from '../documents/json.ts';
import { NodeClient, type NodeOptions } from './node-client.ts';
import { ageText, listOf, memberOf, momentText, numberOf, print, printJson, table, textOf } from './words.ts';

function countOf(partner: JsonObject, state: string): number {
  return numberOf(memberOf(memberOf(partner, 'messages'), state), 'count');
}

function standingOf(partner: JsonObject): string {
  if (memberOf(partner, 'hold') !== null) return 'held';
  if (textOf(memberOf(partner, 'circuit'), 'state') === 'open') return 'away, tried in pauses';
  if (memberOf(partner, 'pulls') === true) return 'pulls by itself';
  const reachable = memberOf(partner, 'reachable');
  return reachable === null ? 'not tried yet' : reachable === true ? 'reachable' : 'not reachable';
}

/** Whether a partner needs nobody: nothing failed or in quarantine, and nothing waits for one that is away or held. */
function isFine(partner: JsonObject): boolean {
  const waits = numberOf(partner, 'undelivered') > 0;
  const serves = memberOf(partner, 'reachable') !== false && memberOf(partner, 'hold') === null;
  return countOf(partner, 'failed') === 0 && countOf(partner, 'quarantined') === 0 && (serves || !waits);
}

/** `selat queue`: how the messages of each partner stand. Exit status 1 when one needs a person. */
export async function queue(options: NodeOptions): Promise<void> {
  await using node = await NodeClient.open(options);
  const result = await node.get('/api/partners');
  const partners = listOf(result, 'items');
  if (!partners.every(isFine)) process.exitCode = 1;
  if (options.json === true) {
    printJson(result);
    return;
  }
  const now = new Date();
  const states = ['queued', 'held', 'failed', 'quarantined'];
  print(
    ...table([
      ['partner', 'standing', ...states, 'oldest', 'last receipt', 'certificates end'],
      ...partners.map((partner) => [
        textOf(partner, 'country'),
        standingOf(partner),
        ...states.map((state) => String(countOf(partner, state))),
        ageText(partner, 'oldestUndeliveredAt', now),
        momentText(partner, 'lastReceiptAt'),
        momentText(partner, 'certificatesEndAt').slice(0, 10),
      ]),
    ]),
  );
  for (const partner of partners) {
    const hold = memberOf(partner, 'hold') ?? null;
    const country = textOf(partner, 'country');
    if (hold !== null)
      print(`${country}: held by ${textOf(hold, 'by')} since ${momentText(hold, 'since')}: ${textOf(hold, 'reason')}`);
    if (textOf(partner, 'lastError') !== '')
      print(`${country}: ${textOf(partner, 'lastError')} (${textOf(partner, 'lastErrorCode')})`);
  }
}
