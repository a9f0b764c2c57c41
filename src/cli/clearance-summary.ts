import type { ClearedConsignment, ClearedSample, LedgerLine } from '../region/clear-samples.ts';
import type { ClearanceTimes, QuantileText } from '../region/clearance-times.ts';
import type { SampleRun } from '../region/run-samples.ts';
import { table } from './words.ts';

/** A colour is never the only sign: each channel has a shape and a word. */
const CHANNELS: Readonly<Record<string, string>> = {
  green: '● green (no control)',
  yellow: '▲ yellow (documents)',
  red: '■ red (inspection)',
};

/** What the samples' declarations came to, for people: consignment by consignment, the ledgers, the clearance times. */
export function clearanceLines({ cleared, times }: Pick<SampleRun, 'cleared' | 'times'>): string[] {
  return [...cleared.flatMap(sampleLines), ...timesLines(times)];
}

function sampleLines(sample: ClearedSample): string[] {
  return [
    '',
    `  Declared with ${sample.certificateNumber}:`,
    ...sample.consignments.flatMap((one) => consignmentLines(sample, one)),
    ...sample.leftOut.map((words) => `      ${words}`),
    ...ledgerLines(sample),
  ];
}

function consignmentLines(sample: ClearedSample, one: ClearedConsignment): string[] {
  const channel = CHANNELS[one.channel] ?? 'no channel yet';
  const otherwise = one.channel === one.expectedChannel ? '' : `; the samples expected ${one.expectedChannel}`;
  return [
    '',
    `      ${channel}${otherwise}: ${outcomeOf(one)}`,
    `          consignment ${one.consignmentReference}, export ${one.exportMovementReference} → import ${one.movementReference} (${sample.to}, own reference ${one.localReference})`,
    ...one.happened.map((words) => `          ${words}`),
    `          Told to the importer: ${one.responses.map(({ step }) => step.replaceAll('-', ' ')).join(' → ')}`,
  ];
}

function outcomeOf(one: ClearedConsignment): string {
  if (one.state === 'released') return `released, ${(one.milliseconds / 1_000).toFixed(1)} s after the exporter began`;
  return `${one.state.replaceAll('-', ' ')}, waits for ${one.waitingFor.replaceAll('-', ' ')}`;
}

function ledgerLines({ from, to, ledger }: ClearedSample): string[] {
  const agree = ledger.agree ? 'both ledgers say the same' : 'the report of the uses is still on its way';
  return [
    '',
    `      Left on the certificate (${agree}):`,
    ...table([
      ['item', 'unit', 'issued', 'set aside', 'written off', 'left', 'by the ledger of'],
      ...ledger.issuing.map((line) => ledgerRow(line, from)),
      ...ledger.importing.map((line) => ledgerRow(line, to)),
    ]).map((row) => `          ${row}`),
  ];
}

function ledgerRow(line: LedgerLine, country: string): string[] {
  return [line.item, line.unit, line.issued, line.setAside, line.writtenOff, line.left, country];
}

function timesLines(times: readonly ClearanceTimes[]): string[] {
  return times.flatMap(({ country, interval, title, clock, asOf, rows }) => [
    '',
    `  Clearance times of ${country}: ${interval} (${clock} clock), as of ${asOf}`,
    `      ${title}`,
    ...table([
      ['channel', 'n', 'open', 'median', 'p90'],
      ...rows
        .filter(({ cases }) => cases > 0)
        .map((row) => [row.channel, String(row.cases), String(row.open), quantile(row.median), quantile(row.p90)]),
    ]).map((row) => `          ${row}`),
  ]);
}

function quantile(value: QuantileText): string {
  if (value === 'n too small') return value;
  if (value.seconds === 0) return 'under 1 s';
  return value.seconds === null ? 'not reached' : `${value.seconds} s`;
}
