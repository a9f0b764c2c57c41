import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, test } from 'node:test';
import { guardedLookup, isPublicAddress, judgeAddress } from '../../src/responses/outgoing-address.ts';

// Threat H4: an address that a firm gives must not lead the node into its own network.
const PRIVATE = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '64:ff9b::7f00:1',
  'not an address',
];
const PUBLIC = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1'];

describe('an address of the public Internet', () => {
  for (const address of PRIVATE) test(`is not ${address}`, () => assert.equal(isPublicAddress(address), false));
  for (const address of PUBLIC) test(`may be ${address}`, () => assert.equal(isPublicAddress(address), true));
});

describe('the address of a webhook', () => {
  const refused = [
    'http://hooks.example.com/x',
    'ftp://hooks.example.com/x',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:secret@hooks.example.com/',
    'https://hooks.example.com/#x',
    'https://localhost/x',
    'https://LOCALHOST./x',
    'https://printer.local/x',
    'https://db.internal/x',
    'https://intranet/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://0177.0.0.1/x',
    'https://[::1]/x',
    'https://[::ffff:10.0.0.1]/x',
    'https://169.254.169.254/latest/meta-data',
    `https://hooks.example.com/${'x'.repeat(500)}`,
    'hooks.example.com',
    '',
  ];
  for (const address of refused)
    test(`is not ${address.slice(0, 60) || 'empty'}`, () => {
      assert.throws(() => judgeAddress(address, { privateAddresses: 'refused' }), { code: 'WEBHOOK-ADDRESS' });
    });
  test('is kept as it will be called', () => {
    const judged = judgeAddress('https://Hooks.Example.com:8443/a b?x=1', { privateAddresses: 'refused' });
    assert.equal(judged, 'https://hooks.example.com:8443/a%20b?x=1');
  });
});

describe('looking up the name of a webhook', () => {
  const found = (addresses: readonly string[]): LookupFunction =>
    ((_host, _options, callback) =>
      callback(
        null,
        addresses.map((address): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) satisfies LookupFunction;
  const look = (addresses: readonly string[], all: boolean): Promise<string> =>
    new Promise((resolve) => {
      const lookup = guardedLookup({ privateAddresses: 'refused', lookup: found(addresses) });
      lookup('hooks.example.com', { all }, (error, answer) => {
        resolve(error === null ? JSON.stringify(answer) : error.message);
      });
    });

  test('gives the address that was judged', async () => {
    assert.equal(await look(['1.1.1.1', '8.8.8.8'], false), '"1.1.1.1"');
    assert.equal(await look(['1.1.1.1'], true), '[{"address":"1.1.1.1","family":4}]');
  });
  for (const addresses of [['127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['::1'], []])
    test(`is refused when it means ${addresses.join(' and ') || 'nothing'}`, async () => {
      assert.match(await look(addresses, false), /not public/);
    });
});
