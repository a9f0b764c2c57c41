import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../documents/refusal.ts';

/** log2 of scrypt's N: 32 MiB and about 80 ms of one core a try. r = 8, p = 1 (RFC 7914). */
const COST = 15;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const LENGTH = 32;

/** Derivations that run at once; more would only take memory (32 MiB each) and the thread pool from everybody else. */
const AT_ONCE = 2;
/** Derivations that may wait; beyond this the node says that it is busy instead of queueing for minutes. */
const MOST_WAITING = 64;

let running = 0;
const waiting: (() => void)[] = [];

async function turn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running >= AT_ONCE) {
    if (waiting.length >= MOST_WAITING)
      throw new Refusal(
        'unavailable',
        'SIGN-IN-BUSY',
        'Too many people are signing in at this moment. Try again in a few seconds.',
        { retryAfterSeconds: 5 },
      );
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

function derive(password: string, salt: Buffer, cost: number, blockSize: number, parallel: number): Promise<Buffer> {
  const N = 2 ** cost;
  const options: ScryptOptions = { N, r: blockSize, p: parallel, maxmem: 256 * N * blockSize };
  return turn(
    () =>
      new Promise((resolve, reject) => {
        scrypt(password.normalize('NFC'), salt, LENGTH, options, (error, key) =>
          error === null ? resolve(key) : reject(error),
        );
      }),
  );
}

/** The form in which a password is kept: `scrypt$15$8$1$salt$key`, both base64url; the parameters travel with it. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, COST, BLOCK_SIZE, PARALLEL);
  return ['scrypt', COST, BLOCK_SIZE, PARALLEL, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** A hash that no password has, so that an unknown user name costs as much time as a known one. */
const NOBODY = ['scrypt', COST, BLOCK_SIZE, PARALLEL, 'AAAAAAAAAAAAAAAAAAAAAA', 'A'.repeat(43)].join('$');

/** Whether the password is the one that was hashed; `null` (nobody of that name) takes as long and is false. */
export async function passwordMatches(password: string, kept: string | null): Promise<boolean> {
  const parts = (kept ?? NOBODY).split('$');
  const [scheme, cost, blockSize, parallel, salt, key] = parts;
  if (scheme !== 'scrypt' || salt === undefined || key === undefined)
    throw new Error('a stored password has a form that this version does not know');
  const expected = Buffer.from(key, 'base64url');
  const found = await derive(
    password,
    Buffer.from(salt, 'base64url'),
    Number(cost),
    Number(blockSize),
    Number(parallel),
  );
  return timingSafeEqual(found, expected) && kept !== null;
}

/** Fewest characters of a password that a person chooses (NIST SP 800-63B: length, not composition). */
export const PASSWORD_LENGTH = { minimum: 12, maximum: 256 } as const;

/** @throws a Refusal `PASSWORD-TOO-SHORT` or `PASSWORD-TOO-LONG` */
export function checkNewPassword(password: string): void {
  const { length } = [...password];
  if (length < PASSWORD_LENGTH.minimum)
    throw new Refusal(
      'invalid',
      'PASSWORD-TOO-SHORT',
      `A password has at least ${PASSWORD_LENGTH.minimum} characters; a few words are easy to remember.`,
    );
  if (length > PASSWORD_LENGTH.maximum)
    throw new Refusal('invalid', 'PASSWORD-TOO-LONG', `A password has at most ${PASSWORD_LENGTH.maximum} characters.`);
}

/** A password of 100 bits that can be read out and typed: five groups of letters and digits without look-alikes. */
export function inventPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
  const groups: string[] = [];
  while (groups.length < 5) {
    let group = '';
    while (group.length < 4) {
      const byte = randomBytes(1)[0] ?? 0;
      // 248 = 8 × 31: what lies above would make the first letters likelier.
      if (byte < 248) group += alphabet[byte % alphabet.length] ?? '';
    }
    groups.push(group);
  }
  return groups.join('-');
}
