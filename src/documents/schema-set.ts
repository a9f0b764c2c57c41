import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import canonicalize from 'canonicalize';
import { isObject, type JsonObject, type JsonValue } from './json.ts';

/** One file of what the nodes share; `path` is relative to `schemas/`, with slashes; `digest` is SHA-256 in hex. */
export interface SchemaFile {
  readonly path: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** All that the nodes share, and the digest by which two nodes know that they judge by the same rules. */
export interface SchemaSet {
  readonly digest: string;
  readonly files: readonly SchemaFile[];
}

const ROOT = fileURLToPath(new URL('../../schemas/', import.meta.url));
/**
 * Samples for people, by which no document is judged; and the rules by which a country assigns channels, which nobody
 * outside of its customs may read.
 */
const NOT_SHARED = ['examples/', 'selectivity/'];

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

let held: SchemaSet | undefined;

/**
 * The schema set of this node, read once. Its digest is SHA-256 over the canonical JSON (RFC 8785) of the list of
 * files, each `{path, digest}`, in the order of their paths.
 */
export function schemaSet(): SchemaSet {
  if (held !== undefined) return held;
  const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.json') && !NOT_SHARED.some((folder) => path.startsWith(folder)))
    .sort()
    .map((path): SchemaFile => {
      const bytes = readFileSync(join(ROOT, path));
      return { path, digest: sha256(bytes), bytes };
    });
  const list = canonicalize(files.map(({ path, digest }) => ({ path, digest })));
  if (list === undefined) throw new Error('The list of schema files has no canonical form.');
  held = { digest: sha256(list), files };
  return held;
}

/**
 * One file of the set as a JSON object.
 * @param path relative to `schemas/`
 * @throws Error when it is not there or holds something else: the installation is broken
 */
export function schemaFile(path: string): JsonObject {
  const file = schemaSet().files.find((each) => each.path === path);
  if (file === undefined) throw new Error(`schemas/${path} is missing: the installation is broken.`);
  const value: JsonValue = JSON.parse(file.bytes.toString('utf8'));
  if (!isObject(value)) throw new Error(`schemas/${path} does not hold a JSON object.`);
  return value;
}
