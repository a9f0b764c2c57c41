import { NodeClient, type NodeOptions } from './node-client.ts';
import { listOf, momentText, numberOf, print, printJson, textOf } from './words.ts';

/** `selat alarms`: what needs a person, and what to do now. Exit status 1 when anything rings. */
export async function alarms(options: NodeOptions): Promise<void> {
  await using node = await NodeClient.open(options);
  const result = await node.get('/api/alarms');
  const items = listOf(result, 'items');
  if (items.length > 0) process.exitCode = 1;
  if (options.json === true) {
    printJson(result);
    return;
  }
  if (items.length === 0) print('Nothing rings.');
  for (const alarm of items) {
    const about = textOf(alarm, 'about');
    const since = textOf(alarm, 'since') === '' ? '' : `, since ${momentText(alarm, 'since')}`;
    print(
      `${textOf(alarm, 'severity') === 'urgent' ? '■ urgent ' : '▲ warning'} ${textOf(alarm, 'code')}${about === '' ? '' : ` ${about}`} (${numberOf(alarm, 'count')}${since})`,
      `    ${textOf(alarm, 'means')}`,
      `    Do now: ${textOf(alarm, 'doNow')}`,
    );
    const id = textOf(alarm, 'id');
    if (id !== '') print(`    Then: selat alarms acknowledge ${id} --note "…"`);
  }
}

/** `selat alarms acknowledge ID`: says that an alarm of the log was seen and what was done. */
export async function acknowledge(id: string, options: NodeOptions & { readonly note: string }): Promise<void> {
  await using node = await NodeClient.open(options);
  const done = await node.post(`/api/alarms/${encodeURIComponent(id)}/acknowledge`, { note: options.note });
  if (options.json === true) printJson(done);
  else print(`${numberOf(done, 'acknowledged')} acknowledged.`);
}
