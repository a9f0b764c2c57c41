import { TOKEN_PREFIX } from '../access/secrets.ts';
import type { Fault } from '../documents/fault.ts';
import type { JsonObject } from '../documents/json.ts';
import { Refusal } from '../documents/refusal.ts';
import { faultsOf } from './request-schemas.ts';
import type { Route } from './route.ts';

const LONGEST = 200;
/** Control characters, and those that change the direction or vanish: no identifier has them. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** Ids that others chose, such as those of messages (RFC 2822 §3.6.4). */
const OPAQUE = /^[!-~]{1,250}$/;

const WHOLE_TOKEN = new RegExp(`${TOKEN_PREFIX}[\\w-]{43}`, 'i');
/** Names that betray a secret in an address, where proxies and histories keep it (RFC 6750 §5.3). */
const SECRET_NAMES = ['access_token', 'token', 'password', 'session', 'api_key'];

/** @throws a Refusal `SECRET-IN-ADDRESS`: the secret is to be seen as known to others */
export function refuseSecretInAddress(path: string, query: URLSearchParams): void {
  const inQuery = [...query].some(
    ([name, value]) =>
      SECRET_NAMES.includes(name.toLowerCase()) || name.startsWith('selat_session') || value.includes(TOKEN_PREFIX),
  );
  // A refusal's entry in the log of events has the path; a token must not get there.
  if (inQuery || hasToken(path))
    throw new Refusal(
      'malformed',
      'SECRET-IN-ADDRESS',
      'A token or password must not stand in an address: it is written down on the way. Send the token in the header field Authorization, and revoke this one.',
    );
}

/** Whether a whole token stands in a path, however much of it is written with percent signs. */
function hasToken(path: string): boolean {
  const plain = path.includes('%') ? decodeURIComponent(path) : path;
  return WHOLE_TOKEN.test(plain);
}

/**
 * The parameters of the path, decoded by the router.
 * @throws a Refusal `NOT-FOUND` when one cannot name anything
 */
export function readParams(
  raw: { readonly [name: string]: string | string[] },
  route: Route,
): { readonly [name: string]: string } {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (route.opaqueParams?.includes(name) === true) {
      if (typeof value !== 'string' || !OPAQUE.test(value)) throw nothingThere();
      params[name] = value;
      continue;
    }
    const segments = typeof value === 'string' ? [value] : value;
    if (segments.some((segment) => segment === '.' || segment === '..' || /[/\\]/.test(segment))) throw nothingThere();
    const joined = segments.join('/');
    if (joined.length === 0 || joined.length > LONGEST || UNFIT.test(joined) || joined !== joined.normalize('NFC'))
      throw nothingThere();
    const schema = route.params?.[name];
    if (schema !== undefined && faultsOf(schema, joined).length > 0) throw nothingThere();
    params[name] = joined;
  }
  return params;
}

function nothingThere(): Refusal {
  return new Refusal('not-found', 'NOT-FOUND', 'There is nothing at this address.');
}

/** How long a parameter may be: 200 characters unless its schema says more. */
function longestOf(schema: JsonObject): number {
  const { maxLength } = schema;
  return typeof maxLength === 'number' ? Math.max(LONGEST, maxLength) : LONGEST;
}

/**
 * The parameters of the query; each at most once, only those of the route, each as its schema says.
 * @throws a Refusal `QUERY-INVALID` with every fault; `pointer` is `/` and the name
 */
export function readQuery(query: URLSearchParams, route: Route): { readonly [name: string]: string } {
  const known = route.query ?? {};
  const values: Record<string, string> = {};
  const faults: Fault[] = [];
  for (const [name, value] of query) {
    const pointer = `/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const schema = Object.hasOwn(known, name) ? known[name] : undefined;
    if (schema === undefined)
      faults.push({
        code: 'QUERY-UNKNOWN',
        pointer,
        message: 'This address has no such parameter.',
        expected: Object.keys(known).join(', ') || 'no parameters',
      });
    else if (Object.hasOwn(values, name))
      faults.push({ code: 'QUERY-REPEATED', pointer, message: 'This parameter is given more than once.' });
    else if (value.length > longestOf(schema) || UNFIT.test(value))
      faults.push({
        code: 'QUERY-UNFIT',
        pointer,
        message: `This parameter is longer than ${longestOf(schema)} characters or has characters that cannot be seen.`,
      });
    else {
      faults.push(...faultsOf(schema, value).map((fault) => ({ ...fault, pointer })));
      values[name] = value.normalize('NFC');
    }
  }
  if (faults.length > 0)
    throw new Refusal('malformed', 'QUERY-INVALID', 'The parameters after the question mark have faults.', { faults });
  return values;
}
