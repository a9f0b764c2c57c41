import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { compress } from '../src/exchange/message/compression.ts';
import type { Pool } from '../src/store/pool.ts';
import { inTransaction, type Transaction } from '../src/store/transaction.ts';

// The ceiling of the exchange benchmark: the same cryptography and the same commits, and nothing else: no XML, no MIME,
// no HTTP, no queue, no checks.
const wrapIv = Buffer.alloc(8, 0xa6);
const info = Buffer.from('bench');
/** As many bytes as a SignedInfo, a Messaging header and a receipt have. */
const signedInfo = randomBytes(1_100);
const messaging = randomBytes(1_900);
const body = randomBytes(260);
const receipt = randomBytes(3_600);

/** The keys that one round of cryptography needs. */
export interface CeilingKeys {
  readonly signing: KeyObject;
  readonly encryption: KeyObject;
}

function wrappingKeyOf(shared: Buffer, salt: Buffer): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', createSecretKey(shared), salt, info, 16)));
}

/** What the sender does to send: gzip, digests, signature, key agreement, key wrap, encryption. */
export function sendingWork(payload: Buffer, keys: CeilingKeys) {
  const compressed = compress(payload);
  for (const part of [messaging, body, compressed]) hash('sha256', part, 'base64');
  const signature = sign(null, signedInfo, keys.signing);
  const ephemeral = generateKeyPairSync('x25519');
  const salt = randomBytes(32);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: createPublicKey(keys.encryption) });
  const wrap = createCipheriv('aes128-wrap', wrappingKeyOf(shared, salt), wrapIv);
  const key = randomBytes(16);
  const wrapped = Buffer.concat([wrap.update(key), wrap.final()]);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-128-gcm', createSecretKey(key), iv);
  const encrypted = Buffer.concat([iv, cipher.update(compressed), cipher.final(), cipher.getAuthTag()]);
  return { signature, ephemeral: ephemeral.publicKey, salt, wrapped, encrypted };
}

/** What the receiver does: key agreement, decryption, digests, verification, gunzip, and the receipt's signature. */
export function receivingWork(sent: ReturnType<typeof sendingWork>, keys: CeilingKeys): void {
  const shared = diffieHellman({ privateKey: keys.encryption, publicKey: sent.ephemeral });
  const wrappingKey = wrappingKeyOf(shared, sent.salt);
  const unwrap = createDecipheriv('aes128-wrap', wrappingKey, wrapIv);
  const key = Buffer.concat([unwrap.update(sent.wrapped), unwrap.final()]);
  const decipher = createDecipheriv('aes-128-gcm', createSecretKey(key), sent.encrypted.subarray(0, 12));
  decipher.setAuthTag(sent.encrypted.subarray(-16));
  const compressed = Buffer.concat([decipher.update(sent.encrypted.subarray(12, -16)), decipher.final()]);
  for (const part of [messaging, body, compressed, sent.encrypted]) hash('sha256', part, 'base64');
  if (!verify(null, signedInfo, createPublicKey(keys.signing), sent.signature)) throw new Error('does not verify');
  gunzipSync(compressed);
  for (const part of [receipt, body]) hash('sha256', part, 'base64');
  sign(null, signedInfo, keys.signing);
}

/** What the sender does with the receipt: digests and verification. */
export function receiptWork(signature: Buffer, keys: CeilingKeys): void {
  for (const part of [receipt, body]) hash('sha256', part, 'base64');
  if (!verify(null, signedInfo, createPublicKey(keys.signing), signature)) throw new Error('does not verify');
}

export async function prepareCeilingTables(pool: Pool): Promise<void> {
  await pool.query({
    text: `create table if not exists ceiling_sent (id text primary key, body bytea not null, receipted boolean not null default false);
      create table if not exists ceiling_receipts (id text primary key, bytes bytea not null);
      create table if not exists ceiling_received (id text primary key, body bytea not null, receipt bytea not null)`,
  });
}

/** One commit for all that wait, as the exchange settles receipts. */
class GroupedCommits {
  readonly #pool: Pool;
  #waiting: { work: (transaction: Transaction) => Promise<unknown>; done: () => void }[] = [];
  #busy = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  commit(work: (transaction: Transaction) => Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ work, done: resolve });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, 64);
      await inTransaction(this.#pool, async (transaction) => {
        for (const { work } of batch) await work(transaction);
      });
      for (const { done } of batch) done();
    }
    this.#busy = false;
  }
}

async function lanes(count: number, inFlight: number, one: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let index = next++; index < count; index = next++) await one(index);
    }),
  );
}

/** The sender's share of `count` documents: two commits each, receipts together where several wait. */
export async function sendersShare(
  pool: Pool,
  keys: CeilingKeys,
  terms: { count: number; inFlight: number; payload: Buffer; wireBytes: number; run: string },
): Promise<void> {
  const receipts = new GroupedCommits(pool);
  await lanes(terms.count, terms.inFlight, async (index) => {
    const id = `${terms.run}-${index}`;
    const { signature } = sendingWork(terms.payload, keys);
    await inTransaction(pool, (transaction) =>
      transaction.query({
        name: 'ceiling-send',
        text: 'insert into ceiling_sent (id, body) values ($1, $2)',
        values: [id, randomBytes(terms.wireBytes)],
      }),
    );
    receiptWork(signature, keys);
    await receipts.commit((transaction) =>
      transaction.query({
        name: 'ceiling-receipt',
        text: `with sent as (update ceiling_sent set receipted = true where id = $1 returning id)
          insert into ceiling_receipts (id, bytes) select id, $2 from sent`,
        values: [id, receipt],
      }),
    );
  });
}

/** The receiver's share: one commit each. */
export async function receiversShare(
  pool: Pool,
  keys: CeilingKeys,
  terms: { count: number; inFlight: number; payload: Buffer; wireBytes: number; run: string },
): Promise<void> {
  const sent = sendingWork(terms.payload, keys);
  await lanes(terms.count, terms.inFlight, async (index) => {
    receivingWork(sent, keys);
    await inTransaction(pool, (transaction) =>
      transaction.query({
        name: 'ceiling-receive',
        text: 'insert into ceiling_received (id, body, receipt) values ($1, $2, $3)',
        values: [`${terms.run}-${index}`, randomBytes(terms.wireBytes), receipt],
      }),
    );
  });
}
