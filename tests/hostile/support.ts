import assert from 'node:assert/strict';
import { type KeyObject, randomUUID, sign, type X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { XmlDocument } from 'libxml2-wasm';
import { toXml } from '../../src/documents/codec.ts';
import type { ComposedMessage, MessageKey, Payload, UserMessageHeader } from '../../src/exchange/message/message.ts';
import { composeUserMessage } from '../../src/exchange/message/user-message.ts';
import { makeCertificate } from '../../src/issuance/make-certificate.ts';
import { CERTIFICATE_ACTION, CERTIFICATE_SERVICE } from '../../src/issuance/ports.ts';
import type { RunningNode } from '../../src/node/start-node.ts';
import type { CertifiedKey } from '../../src/pki/certificate-authority.ts';
import { type NodeKeys, openKeyStore } from '../../src/pki/key-store.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { canonicalXml, digestOf } from '../../src/seal/canonical-xml.ts';
import { certificateDigest } from '../../src/seal/seal.ts';
import { PLACE_BEGINS, PLACE_ENDS, signature, signedInfo, signedProperties } from '../../src/seal/seal-form.ts';
import { SHARED_KINDS } from '../../src/tracing/kinds.ts';
import type { TestRegion } from '../support/region.ts';

/** The running node of a country. */
export function nodeOf(region: TestRegion, country: string): RunningNode {
  const node = region.region.nodes.find((one) => one.configuration.country === country);
  assert.ok(node, `no node of ${country}`);
  return node;
}

/** Every key of a node, its national authority's too, as somebody has them who broke in there. */
export async function stolenKeys(
  region: TestRegion,
  country: string,
): Promise<NodeKeys & { readonly authority: CertifiedKey }> {
  const keys = await openKeyStore(join(region.folder.node(country), 'keys'));
  const { authority } = keys;
  assert.ok(authority);
  return { ...keys, authority };
}

/** What an AS4 endpoint answered. */
export interface As4Answer {
  readonly status: number;
  readonly text: string;
  /** `EBMS:nnnn`, or null for a receipt. */
  readonly error: string | null;
}

/** Posts bytes to the AS4 endpoint of a node over TLS, with this client certificate (null: none). */
export function postAs4(
  node: RunningNode,
  tls: MessageKey | null,
  contentType: string | undefined,
  body: Uint8Array,
): Promise<As4Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: node.configuration.as4.port,
        path: '/as4',
        method: 'POST',
        agent: false,
        // What is tested is the node; the client is the attacker, who does not care whom it talks to.
        rejectUnauthorized: false,
        headers: {
          'Content-Length': body.length,
          ...(contentType === undefined ? {} : { 'Content-Type': contentType }),
        },
        ...(tls === null
          ? {}
          : { key: tls.privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: tls.certificate.toString() }),
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          assertNoInternals(text);
          resolve({
            status: response.statusCode ?? 0,
            text,
            error: /errorCode="(EBMS:\d{4})"/.exec(text)?.[1] ?? null,
          });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A message id like those the nodes make. */
export function newMessageId(): string {
  return `${randomUUID()}@hostile.example`;
}

/** A good message from one node to another, signed and encrypted, but for what is asked for. */
export function messageBetween(
  from: { readonly node: RunningNode; readonly keys: NodeKeys },
  to: { readonly node: RunningNode; readonly keys: NodeKeys },
  payloads: readonly (Payload | string | Uint8Array)[],
  other: Partial<UserMessageHeader> & { readonly signing?: MessageKey; readonly recipient?: X509Certificate } = {},
): ComposedMessage {
  const { signing, recipient, ...header } = other;
  return composeUserMessage(
    {
      messageId: newMessageId(),
      timestamp: new Date(),
      fromPartyId: from.node.configuration.partyId,
      toPartyId: to.node.configuration.partyId,
      service: CERTIFICATE_SERVICE,
      action: CERTIFICATE_ACTION,
      conversationId: 'HOSTILE-CONSIGNMENT',
      properties: {},
      ...header,
    },
    payloads.map((payload) =>
      typeof payload === 'string' || payload instanceof Uint8Array
        ? { contentType: 'application/xml', bytes: Buffer.from(payload) }
        : payload,
    ),
    {
      signing: signing ?? from.keys.as4Signing['edelivery-2.0-common-usage'],
      recipient: recipient ?? to.keys.as4Encryption['edelivery-2.0-common-usage'].certificate,
    },
  );
}

let serial = 9_000_000;

/** A good certificate of Thailand for Viet Nam as XML without a seal, each time with another number. */
export function unsealedCertificate(now = new Date()): { readonly number: string; readonly xml: string } {
  const [thailand, vietNam] = [sampleCountry('TH'), sampleCountry('VN')];
  serial += 1;
  const made = makeCertificate(sampleApplication(thailand, vietNam, 'ATIGA-FORM-D', `H${serial}`, now), {
    country: 'TH',
    authority: { name: thailand.authority, timeZone: thailand.timeZone, offices: [thailand.office] },
    office: thailand.office,
    officer: 'Issuing officer',
    at: now,
    serial,
  });
  return { number: made.number, xml: toXml('certificate-of-origin', made) };
}

/** What a forger does otherwise than the sealer does. */
export interface Forgery {
  readonly info?: (info: string) => string;
  readonly properties?: (properties: string) => string;
  readonly whole?: (signature: string) => string;
  readonly document?: (xml: string) => string;
  readonly certificate?: X509Certificate;
  readonly key?: KeyObject;
  readonly signingTime?: Date;
}

/** Seals with a signature that fits, but for the differences asked for. */
export function forgeSeal(unsealed: string, sealer: MessageKey, forgery: Forgery = {}): string {
  const certificate = forgery.certificate ?? sealer.certificate;
  const alter = (text: string, by: ((text: string) => string) | undefined): string => by?.(text) ?? text;
  const xml = alter(unsealed, forgery.document);
  const at = xml.indexOf('>', xml.indexOf('<CertificateOfOrigin')) + 1;
  const [before, after] = [xml.slice(0, at) + PLACE_BEGINS, PLACE_ENDS + xml.slice(at)];
  using document = XmlDocument.fromString(before + after);
  const time = (forgery.signingTime ?? new Date()).toISOString().replace(/\.\d+Z$/, 'Z');
  const properties = alter(signedProperties(time, certificateDigest(certificate)), forgery.properties);
  const info = alter(signedInfo(digestOf(canonicalXml(document)), digestOf(properties)), forgery.info);
  const value = sign('sha256', Buffer.from(info), {
    key: forgery.key ?? sealer.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  const made = signature({
    signedInfo: info,
    value: value.toString('base64'),
    certificate: certificate.raw.toString('base64'),
    signedProperties: properties,
  });
  return before + alter(made, forgery.whole) + after;
}

/** No answer tells of the inside: no stack trace, no SQL, no path of a file. */
export function assertNoInternals(text: string): void {
  for (const sign of [
    /\n\s+at .+:\d+:\d+/,
    /node_modules|node:internal|\.ts:\d/,
    /\b(select|insert into|update|delete from) \w+ (from|set|where|values|\()/i,
    /(\/work|\/root|\/home|\/tmp|\/usr|\/var)\//,
    /libxml|pg_|relation "/,
  ])
    assert.doesNotMatch(text, sign);
}

/** Rows of every table that hostile input must leave as it is, by name: all but the log and the bookkeeping of refusals. */
export async function countRows(node: RunningNode, except: readonly string[] = []): Promise<Record<string, number>> {
  const kept = [
    'events',
    'log_chain',
    'open_alarms',
    'federation_refusals',
    'sign_in_guards',
    'sessions',
    'sharing_cursor',
    ...except,
  ];
  const { rows } = await node.pool.query<{ name: string }>({
    text: `select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
  });
  const counts: Record<string, number> = {};
  for (const { name } of rows.filter((row) => !kept.includes(row.name))) {
    const counted = await node.pool.query<{ count: string }>({ text: `select count(*)::text as count from "${name}"` });
    counts[name] = Number(counted.rows[0]?.count);
  }
  return counts;
}

/** What every table but those of the bookkeeping holds, as a digest of each: hostile input must not change a single value. */
export async function digestTables(node: RunningNode): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of Object.keys(await countRows(node))) {
    const { rows } = await node.pool.query<{ digest: string }>({
      text: `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from "${name}" t`,
    });
    digests[name] = rows[0]?.digest ?? '';
  }
  return digests;
}

/** The node answers that it is ready. */
export async function assertReady(region: TestRegion, country: string): Promise<void> {
  const answer = await fetch(new URL('/health/ready', region.address(country)));
  assert.equal(answer.status, 200, await answer.text());
}

/** How often the log of a node has an event of this kind, about this subject if one is given. */
export async function countEvents(node: RunningNode, kind: string, subject?: string): Promise<number> {
  const { rows } = await node.pool.query<{ count: string }>({
    text: 'select count(*)::text as count from events where kind = $1 and ($2::text is null or subject = $2)',
    values: [kind, subject ?? null],
  });
  return Number(rows[0]?.count);
}

/** Asks again and again until it is so, for ten seconds at most. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isSo()) return;
    await wait(50);
  }
  assert.fail(`it did not come about: ${what}`);
}

/** Waits until a node has sent all that it had queued; it may go on telling its partners of consignments. */
export async function queueSent(node: RunningNode): Promise<void> {
  await eventually('everything queued is sent', async () => {
    const { rows } = await node.pool.query({ text: `select 1 from outgoing_messages where state = 'queued' limit 1` });
    return rows.length === 0;
  });
}

/** Whether the log holds something that a partner of its consignment was not told yet. */
const UNTOLD = `exists (select from events e left join log_chain c on c.event_id = e.id
    where e.conversation is not null and e.kind = any($1)
      and (c.position is null or c.position > (select position from sharing_cursor)))`;

/** Whether anything is to be sent, told to a partner of a consignment, or answered by a partner. */
const BUSY = `exists (select from outgoing_messages where state = 'queued')
  or exists (select from papers
    where side = 'sent' and kind <> 'paper-answer' and message_id is not null and answered_at is null)
  or ${UNTOLD}`;

async function isSo(node: RunningNode, condition: string): Promise<boolean> {
  const { rows } = await node.pool.query<{ so: boolean }>({
    text: `select ${condition} as so`,
    values: [SHARED_KINDS],
  });
  return rows[0]?.so === true;
}

/** Waits until a node has queued all that it has to tell its partners of consignments. */
export async function queuedAll(node: RunningNode): Promise<void> {
  await eventually('everything is queued', async () => !(await isSo(node, UNTOLD)));
}

/** Waits until a node has sent and told all that it had to, and has been answered, so that nothing more changes by itself. */
export async function settled(node: RunningNode): Promise<void> {
  await eventually('everything is sent, told and answered', async () => !(await isSo(node, BUSY)));
}
