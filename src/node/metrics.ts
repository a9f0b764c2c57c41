import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ExchangeMeter } from '../exchange/meter.ts';
import { EBMS_ERRORS } from '../exchange/signals/ebms-errors.ts';
import type { AlarmLine, DirectoryCondition, PartnerLine } from '../http/node-description.ts';
import type { MetricsText } from '../http/routes/metrics.ts';
import type { CertificateEnd } from './certificate-ends.ts';

/** What is asked of the node when somebody scrapes, and not more often than every few seconds. */
export interface NodeNumbers {
  readonly partners: readonly PartnerLine[];
  readonly directory: DirectoryCondition;
  readonly certificates: ReadonlyMap<string, readonly CertificateEnd[]>;
  readonly alarms: readonly AlarmLine[];
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number };
}

/** The metrics of one node. */
export interface NodeMetrics {
  /** Counts what the exchange does. */
  readonly meter: ExchangeMeter;
  /** All metrics in the text format of Prometheus. */
  read(): Promise<MetricsText>;
  /** Ends what watches the process. */
  close(): void;
}

/** Numbers out of the database are kept for so long, however often somebody scrapes. */
const NUMBERS_KEPT_MILLISECONDS = 5_000;

/** Partners may answer with any code: each unknown one would be a row of its own for ever. */
function codeLabel(code: string): string {
  return code === '' || Object.hasOwn(EBMS_ERRORS, code) || OWN_CODES.has(code)
    ? code
    : /^HTTP-[1-5]\d\d$/.test(code)
      ? code
      : 'other';
}
const OWN_CODES = new Set([
  'PARTNER-UNKNOWN',
  'TRY-FAILED-HERE',
  'WAITS-FOR-PULL',
  'RECEIPT-NOT-BY-PARTNER',
  'RECEIPT-DIGESTS',
  'RECEIPT-FOR-ANOTHER-MESSAGE',
  'ERROR-FOR-ANOTHER-MESSAGE',
  'DELIVERY-FAILED',
]);

/** Seconds since 1970, as Prometheus wants moments. */
function seconds(moment: Date): number {
  return moment.getTime() / 1_000;
}

/**
 * Collects the metrics of one node in a registry of its own, because a region has several nodes in one process; those
 * of the process itself are then in each. Counters begin at 0 with the process, as Prometheus expects.
 * @param numbers asked at a scrape; answers are kept for five seconds and shared by scrapes at the same time
 */
export function createMetrics(version: string, numbers: () => Promise<NodeNumbers>, clock: () => Date): NodeMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'selat_info',
    help: 'Version of the program',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  const exchange = exchangeCounters(registry);
  const gauges = nodeGauges(registry);
  let kept: { readonly at: number; readonly asked: Promise<NodeNumbers> } | undefined;
  const recent = (): Promise<NodeNumbers> => {
    const now = performance.now();
    if (kept !== undefined && now - kept.at < NUMBERS_KEPT_MILLISECONDS) return kept.asked;
    const asked = numbers();
    kept = { at: now, asked };
    asked.catch(() => {
      kept = undefined;
    });
    return asked;
  };
  return {
    meter: exchange,
    async read() {
      try {
        gauges.show(await recent(), clock());
        gauges.readable.set(1);
      } catch {
        // The numbers of the process are worth having above all when the database is away.
        gauges.clear();
        gauges.readable.set(0);
      }
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    close: () => registry.clear(),
  };
}

function exchangeCounters(registry: Registry): ExchangeMeter {
  const registers = [registry];
  const tries = new Counter({
    name: 'selat_message_tries_total',
    help: 'Tries to send a message, by what came of them',
    labelNames: ['partner', 'outcome'],
    registers,
  });
  const sendErrors = new Counter({
    name: 'selat_message_send_errors_total',
    help: 'Tries that brought no receipt, by code (EBMS:0005 is a failed connection)',
    labelNames: ['partner', 'code'],
    registers,
  });
  const duration = new Histogram({
    name: 'selat_message_dispatch_seconds',
    help: 'From the beginning of a try until its receipt was checked',
    labelNames: ['partner'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const arrivals = new Counter({
    name: 'selat_messages_received_total',
    help: 'Messages that arrived, by what came of them',
    labelNames: ['partner', 'outcome'],
    registers,
  });
  const receiveErrors = new Counter({
    name: 'selat_message_receive_errors_total',
    help: 'Messages that were refused or quarantined, by code',
    labelNames: ['partner', 'code'],
    registers,
  });
  return {
    tried(partner, outcome, code, milliseconds) {
      tries.inc({ partner, outcome });
      if (outcome === 'receipted') duration.observe({ partner }, milliseconds / 1_000);
      else sendErrors.inc({ partner, code: codeLabel(code) });
    },
    arrived(partner, outcome, code) {
      arrivals.inc({ partner, outcome });
      if (code !== '') receiveErrors.inc({ partner, code: codeLabel(code) });
    },
  };
}

const STATES = ['queued', 'held', 'failed', 'quarantined'] as const;

interface NodeGauges {
  readonly readable: Gauge;
  show(numbers: NodeNumbers, now: Date): void;
  clear(): void;
}

function nodeGauges(registry: Registry): NodeGauges {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge<Label>({ name, help, labelNames, registers: [registry] });
  const messages = gauge('selat_messages', 'Messages that are not done, by state', 'partner', 'state');
  const oldest = gauge(
    'selat_oldest_message_age_seconds',
    'Age of the oldest message in a state; 0 when there is none',
    'partner',
    'state',
  );
  const held = gauge('selat_partner_held', 'Whether a person holds the partner', 'partner');
  const reachable = gauge(
    'selat_partner_reachable',
    'Whether the last try reached the partner; no row before the first',
    'partner',
  );
  const circuit = gauge(
    'selat_partner_circuit_open',
    'Whether the circuit is open after failed connections',
    'partner',
  );
  const serial = gauge('selat_directory_serial', 'Serial of the directory held; 0 without one');
  const freshUntil = gauge('selat_directory_fresh_until_seconds', 'Until when the directory is fresh, since 1970');
  const expires = gauge('selat_directory_expires_seconds', 'When the directory expires, since 1970');
  const certificates = gauge(
    'selat_certificate_end_seconds',
    'When a certificate without successor ends, since 1970',
    'country',
    'use',
  );
  const connections = gauge('selat_database_connections', 'Connections of the pool', 'state');
  const waiting = gauge('selat_database_requests_waiting', 'Requests that wait for a connection');
  const alarms = gauge('selat_alarms', 'Alarms that ring, by severity', 'severity');
  const changing = [messages, oldest, held, reachable, circuit, certificates];
  return {
    readable: gauge('selat_database_readable', 'Whether the numbers below could be read at this scrape'),
    clear() {
      for (const each of changing) each.reset();
    },
    show(numbers, now) {
      for (const each of changing) each.reset();
      for (const line of numbers.partners) {
        const partner = line.country;
        for (const state of STATES) {
          const { count, oldestAt } = line[state];
          messages.set({ partner, state }, count);
          const age = oldestAt === null ? 0 : Math.max(0, seconds(now) - seconds(oldestAt));
          oldest.set({ partner, state }, age);
        }
        held.set({ partner }, line.hold === null ? 0 : 1);
        circuit.set({ partner }, line.restsUntil === null ? 0 : 1);
        if (line.reachable !== null) reachable.set({ partner }, line.reachable ? 1 : 0);
      }
      serial.set(numbers.directory.serial ?? 0);
      freshUntil.set(numbers.directory.freshUntil === undefined ? 0 : seconds(numbers.directory.freshUntil));
      expires.set(numbers.directory.expiresAt === undefined ? 0 : seconds(numbers.directory.expiresAt));
      for (const [country, ends] of numbers.certificates)
        for (const { use, endsAt } of ends) certificates.set({ country, use }, seconds(endsAt));
      connections.set({ state: 'busy' }, numbers.pool.total - numbers.pool.idle);
      connections.set({ state: 'idle' }, numbers.pool.idle);
      waiting.set(numbers.pool.waiting);
      for (const severity of ['urgent', 'warning'] as const)
        alarms.set({ severity }, numbers.alarms.filter((alarm) => alarm.severity === severity).length);
    },
  };
}
