import { createHash, randomUUID } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { Refusal } from '../documents/refusal.ts';
import type { Reader } from '../store/pool.ts';

/** How many failed tries are free, how the lock grows after that, and how fast failures are forgotten. */
interface GuessingRule {
  readonly free: number;
  readonly firstLockSeconds: number;
  readonly longestLockSeconds: number;
  /** One failure less for each of these. */
  readonly forgetSeconds: number;
}

/** One account: five tries, then 30 s, 1 min, 2 min … up to 15 min. Never for good, else anybody could lock anybody out. */
const OF_USERNAME: GuessingRule = { free: 5, firstLockSeconds: 30, longestLockSeconds: 900, forgetSeconds: 1_800 };
/** One address: many people may share it, so more tries are free, and forgotten sooner. */
const OF_ADDRESS: GuessingRule = { free: 30, firstLockSeconds: 30, longestLockSeconds: 900, forgetSeconds: 60 };

function subject(kind: 'username' | 'address', value: string): Buffer {
  return createHash('sha256').update(`${kind}\n${value}`).digest();
}

/** One customer of an IPv6 network has a /64, so guesses count for that. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const { hostname } = new URL(`http://[${plain.replace(/%.*$/, '')}]/`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return groups.slice(0, 4).join(':');
}

/** What is left of the failures counted before. */
const REMEMBERED = `greatest(0, g.failures - greatest(0, extract(epoch from $2 - g.last_attempt_at)) / $6)`;

/**
 * Counts a try BEFORE the password is checked, so that a hundred tries at once count as a hundred. A try while locked
 * is refused and does not make the lock longer.
 */
async function countTry(reader: Reader, key: Buffer, rule: GuessingRule, now: Date): Promise<number> {
  const { rows } = await reader.query<{ wait: number }>({
    name: 'count-sign-in-try',
    text: `insert into sign_in_guards as g (subject, failures, last_attempt_at, locked_until, last_admitted)
      values ($1, 1, $2, $2, $7)
      on conflict (subject) do update set
        failures = case when g.locked_until > $2 then g.failures else ${REMEMBERED} + 1 end,
        locked_until = case
          when g.locked_until > $2 then g.locked_until
          when round(${REMEMBERED} + 1) < $3 then $2
          else $2 + make_interval(secs => least($5, $4 * power(2, least(round(${REMEMBERED} + 1) - $3, 20)))) end,
        last_admitted = case when g.locked_until > $2 then g.last_admitted else $7 end,
        last_attempt_at = case when g.locked_until > $2 then g.last_attempt_at else $2 end
      returning case
        when g.last_admitted = $7 then 0
        else ceil(extract(epoch from g.locked_until - $2))::int end as wait`,
    values: [key, now, rule.free, rule.firstLockSeconds, rule.longestLockSeconds, rule.forgetSeconds, randomUUID()],
  });
  return Math.max(0, rows[0]?.wait ?? 0);
}

/**
 * Counts a try for the user name and for the address it came from.
 * @throws a Refusal `SIGN-IN-TOO-MANY` with the seconds to wait
 */
export async function refuseTooManyTries(
  reader: Reader,
  attempt: { readonly username: string; readonly address: string },
  now: Date,
): Promise<void> {
  const ofAddress = await countTry(reader, subject('address', network(attempt.address)), OF_ADDRESS, now);
  const wait =
    ofAddress > 0 ? ofAddress : await countTry(reader, subject('username', attempt.username), OF_USERNAME, now);
  if (wait > 0)
    throw new Refusal(
      'too-many',
      'SIGN-IN-TOO-MANY',
      `There were too many tries with a wrong password. Wait ${wait} seconds, then try again.`,
      { retryAfterSeconds: wait },
    );
}

/**
 * After a success: the user name starts anew; the address only gets back this one try, or somebody with an account of
 * their own could guess at others for ever.
 */
export async function forgiveSignIn(
  reader: Reader,
  attempt: { readonly username: string; readonly address: string },
): Promise<void> {
  await reader.query({
    name: 'forgive-sign-in',
    text: `with cleared as (delete from sign_in_guards where subject = $1)
      update sign_in_guards set failures = greatest(failures - 1, 0), locked_until = last_attempt_at where subject = $2`,
    values: [subject('username', attempt.username), subject('address', network(attempt.address))],
  });
}

/** Removes rows in which nothing is left to remember. */
export async function pruneSignInGuards(reader: Reader, now: Date): Promise<void> {
  await reader.query({
    name: 'prune-sign-in-guards',
    text: `delete from sign_in_guards where last_attempt_at < $1::timestamptz - interval '2 days' and locked_until < $1`,
    values: [now],
  });
}
