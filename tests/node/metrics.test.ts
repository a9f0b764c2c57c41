import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetrics, type NodeNumbers } from '../../src/node/metrics.ts';

const NUMBERS: NodeNumbers = {
  partners: [],
  directory: { state: 'missing' },
  certificates: new Map(),
  alarms: [],
  pool: { total: 3, idle: 1, waiting: 0 },
};

describe('the metrics of a node', () => {
  test('ask the node once for many scrapes at the same time', async () => {
    let asked = 0;
    const metrics = createMetrics(
      '1',
      () => {
        asked += 1;
        return Promise.resolve(NUMBERS);
      },
      () => new Date(),
    );
    await Promise.all(Array.from({ length: 20 }, () => metrics.read()));
    await metrics.read();
    assert.equal(asked, 1);
    metrics.close();
  });

  test('go on about the process when the database is away, and come back with it', async () => {
    let away = true;
    const metrics = createMetrics(
      '1',
      () => (away ? Promise.reject(new Error('away')) : Promise.resolve(NUMBERS)),
      () => new Date(),
    );
    const without = await metrics.read();
    assert.match(without.text, /^selat_database_readable 0$/m);
    assert.match(without.text, /^process_resident_memory_bytes \d/m);
    away = false;
    assert.match((await metrics.read()).text, /^selat_database_readable 1$/m);
    metrics.close();
  });

  test('do not grow with codes that partners invent', async () => {
    const metrics = createMetrics(
      '1',
      () => Promise.resolve(NUMBERS),
      () => new Date(),
    );
    for (let n = 0; n < 500; n += 1) metrics.meter.tried('VN', 'retry', `CODE-${n}"\n`, 3);
    metrics.meter.tried('VN', 'retry', 'EBMS:0005', 3);
    metrics.meter.tried('VN', 'retry', 'HTTP-503', 3);
    const { text } = await metrics.read();
    const rows = [...text.matchAll(/^selat_message_send_errors_total\{(.*)\} (\d+)$/gm)].map((match) =>
      match.slice(1, 3),
    );
    assert.deepEqual(rows, [
      ['partner="VN",code="other"', '500'],
      ['partner="VN",code="EBMS:0005"', '1'],
      ['partner="VN",code="HTTP-503"', '1'],
    ]);
    metrics.close();
  });

  test('are each node’s own, also in one process', async () => {
    const [one, other] = [1, 2].map(() =>
      createMetrics(
        '1',
        () => Promise.resolve(NUMBERS),
        () => new Date(),
      ),
    );
    assert.ok(one && other);
    one.meter.arrived('VN', 'delivered', '');
    assert.match((await one.read()).text, /selat_messages_received_total\{partner="VN",outcome="delivered"\} 1/);
    assert.doesNotMatch((await other.read()).text, /selat_messages_received_total\{/);
    one.close();
    other.close();
  });
});
