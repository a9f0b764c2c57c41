import { join, resolve } from 'node:path';
import type { RegionFolder } from '../region/region-folder.ts';
import type { SampleRun } from '../region/run-samples.ts';
import type { StartedRegion } from '../region/start-region.ts';
import { clearanceLines } from './clearance-summary.ts';

/** What the summary tells. */
export interface Summary {
  readonly region: StartedRegion;
  readonly run: SampleRun;
  readonly folder: RegionFolder;
  readonly seconds: number;
  readonly json: boolean;
  readonly samplesAsked: number | undefined;
}

function nodeLines({ region }: Summary): string[] {
  return region.nodes.flatMap(({ configuration }) => {
    const people = region.description.nodes[configuration.country]?.people ?? [];
    return [
      '',
      `  ${configuration.name}: ${configuration.pages.url}   (API: ${configuration.pages.url}/docs, AS4: ${configuration.as4.endpoint})`,
      ...people.map((person) => `      ${person.username.padEnd(11)} ${person.password}  ${person.role}`),
    ];
  });
}

function sampleLines({ carried }: SampleRun): string[] {
  return carried.flatMap((sample) => [
    '',
    `  ${sample.number}  ${sample.from} → ${sample.to}  (${sample.scheme}, consignment ${sample.consignmentReference})`,
    `      issued and sealed after ${sample.milliseconds.issued} ms; receipted, and ${sample.outcome} by ${sample.to}, after ${sample.milliseconds.answered} ms`,
    `      AS4 message ${sample.messageId}`,
    `      signed receipt ${sample.receiptId}`,
  ]);
}

function nextLines({ run, region, folder, samplesAsked }: Summary): string[] {
  const [first] = run.carried;
  const pages = region.nodes[0]?.configuration.pages.url ?? '';
  if (first === undefined)
    return [
      '',
      samplesAsked === 0 || !region.isEmpty
        ? '  No sample was carried this time; "npm run -s selat -- sample" carries one.'
        : '  These countries have no agreement in common that Selat knows, so no sample was carried.',
      `  Look next: ${pages}/ and ${pages}/docs`,
    ];
  const exporting = region.description.nodes[first.from]?.pagesUrl ?? '';
  const importing = region.description.nodes[first.to]?.pagesUrl ?? '';
  const consignments = run.cleared[0]?.consignments ?? [];
  const last = consignments.at(-1);
  return [
    '',
    '  Look next (sign in first: POST /api/sign-in, as the person named):',
    `      ${exporting}/api/certificates/${first.number}/history   (exporter)`,
    `      ${importing}/api/certificates/${first.number}/verification   (importer, clearance)`,
    `      ${importing}/api/certificates/${first.number}/ledger   (importer, clearance)`,
    ...(last === undefined
      ? []
      : [
          `      ${importing}/api/declarations/${last.movementReference}/verdict   (clearance)`,
          `      ${importing}/api/consignments/${last.consignmentReference}/timeline   (importer, clearance)`,
          `      ${importing}/api/responses?movementReference=${last.movementReference}   (importer)`,
        ]),
    `      npm run -s selat -- timing show${folder.path === resolve('.selat') ? '' : ` --data ${folder.path}`}`,
    `  Check the seal with the authority's certificate: ${join(folder.node(first.from), 'keys', 'authority.crt.pem')}`,
  ];
}

/** The summary of a start: nodes, who can sign in and how, what was exchanged, where to look next. */
export function summarise(summary: Summary): string {
  const { region, run, folder, seconds } = summary;
  if (summary.json)
    return `${JSON.stringify({
      folder: folder.path,
      database: region.databaseFolder ?? null,
      seconds: Math.round(seconds * 10) / 10,
      nodes: region.nodes.map(({ configuration }) => ({
        country: configuration.country,
        pages: configuration.pages.url,
        as4: configuration.as4.endpoint,
        people: region.description.nodes[configuration.country]?.people ?? [],
      })),
      ...run,
    })}\n`;
  const elsewhere =
    region.databaseFolder === undefined || region.databaseFolder === folder.database
      ? []
      : [`  The database's account cannot reach ${folder.path}; its files are in ${region.databaseFolder}.`];
  return `${[
    '',
    `The region is up (${seconds.toFixed(1)} s). All firms, people and goods are samples.`,
    ...nodeLines(summary),
    ...sampleLines(run),
    ...clearanceLines(run),
    ...nextLines(summary),
    ...elsewhere,
    '',
    `  Everything is kept in ${folder.path}. Ctrl-C stops; the next start goes on from there.`,
    '',
  ].join('\n')}`;
}
