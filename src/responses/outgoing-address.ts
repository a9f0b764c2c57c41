import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Refusal } from '../documents/refusal.ts';
import type { WebhookTerms } from './ports.ts';

/**
 * Addresses that are not of the public Internet (IANA special-purpose registries, RFC 6890): this machine, private and
 * link-local networks, documentation, multicast. A webhook must not lead a node into its own network (threat H4).
 */
const NOT_PUBLIC = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  NOT_PUBLIC.addSubnet(network, prefix, 'ipv4');
/** Global unicast is 2000::/3; within it these are for other things, or lead to IPv4 by a way that is not looked into. */
const NOT_PUBLIC_V6 = new BlockList();
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  NOT_PUBLIC_V6.addSubnet(network, prefix, 'ipv6');
const GLOBAL_V6 = new BlockList();
GLOBAL_V6.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address is one of the public Internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, 'ipv4');
    case 6:
      return GLOBAL_V6.check(address, 'ipv6') && !NOT_PUBLIC_V6.check(address, 'ipv6');
    default:
      return false;
  }
}

const LONGEST_ADDRESS = 500;

/**
 * Judges the address of a webhook before it is kept.
 * @returns the address as it will be called
 * @throws the refusal `WEBHOOK-ADDRESS` that says what is wrong with it
 */
export function judgeAddress(text: string, terms: WebhookTerms): string {
  const url = URL.canParse(text) && text.length <= LONGEST_ADDRESS ? new URL(text) : undefined;
  if (url === undefined) throw refused(`is no address of at most ${LONGEST_ADDRESS} characters`);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && terms.privateAddresses === 'allowed'))
    throw refused('does not begin with https://');
  if (url.username !== '' || url.password !== '') throw refused('has a user or password in it; deliveries are signed');
  if (url.hash !== '') throw refused('has a fragment (#), which is never sent');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (terms.privateAddresses === 'refused') {
    if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused('is of a network that is not public');
    if (isIP(host) === 0 && (!host.includes('.') || /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/.test(host)))
      throw refused('is the name of a machine in a private network');
  }
  return url.href;
}

function refused(why: string): Refusal {
  return new Refusal('invalid', 'WEBHOOK-ADDRESS', `The address of the webhook ${why}.`);
}

/** Why a name was not followed. */
export class AddressRefused extends Error {}

/**
 * Looks a name up and gives only public addresses. The connection is made to the address that was judged, so a name that
 * means another machine a moment later (DNS rebinding) gains nothing.
 */
export function guardedLookup(terms: WebhookTerms): LookupFunction {
  const underlying: LookupFunction = terms.lookup ?? systemLookup;
  if (terms.privateAddresses === 'allowed') return underlying;
  return (host, options, callback) => {
    underlying(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const all = Array.isArray(found) ? found : [];
      const [first] = all;
      if (first === undefined || !all.every(({ address }) => isPublicAddress(address))) {
        callback(new AddressRefused(`${host} leads into a network that is not public`), '', 0);
        return;
      }
      if (options.all === true) callback(null, all);
      else callback(null, first.address, first.family);
    });
  };
}
