import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Role } from '../access/rights.ts';
import { Refusal } from '../documents/refusal.ts';

/** Someone of the samples who can sign in. */
export interface SamplePerson {
  readonly username: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

/** What a region's folder says of itself. */
export interface RegionDescription {
  readonly countries: readonly string[];
  readonly nodes: Readonly<Record<string, { readonly pagesUrl: string; readonly people: readonly SamplePerson[] }>>;
}

/** Names of everything in a region's folder; the folder holds all that a region is. */
export class RegionFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get description(): string {
    return join(this.path, 'region.json');
  }
  get federation(): string {
    return join(this.path, 'federation');
  }
  get anchor(): string {
    return join(this.path, 'federation', 'anchor.json');
  }
  get directory(): string {
    return join(this.path, 'federation', 'directory.json');
  }
  get database(): string {
    return join(this.path, 'postgres');
  }
  get lock(): string {
    return join(this.path, 'running.pid');
  }
  node(country: string): string {
    return join(this.path, 'nodes', country.toLowerCase());
  }

  /** Reads region.json; null where the folder has none yet. */
  read(): RegionDescription | null {
    if (!existsSync(this.description)) return null;
    try {
      return parseDescription(JSON.parse(readFileSync(this.description, 'utf8')));
    } catch (error) {
      throw new Refusal(
        'unavailable',
        'REGION-UNREADABLE',
        `${this.description} cannot be read. Restore it from a backup, choose another folder with --data, or begin anew with --fresh. (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }

  /** Writes region.json, readable by us alone: it holds the passwords of the sample people. */
  write(description: RegionDescription): void {
    mkdirSync(this.path, { recursive: true, mode: 0o755 });
    writeFileSync(this.description, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600 });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPerson(value: unknown): value is SamplePerson {
  return isRecord(value) && ['username', 'name', 'role', 'password'].every((field) => typeof value[field] === 'string');
}

function parseDescription(value: unknown): RegionDescription {
  if (!isRecord(value) || !Array.isArray(value['countries']) || !isRecord(value['nodes']))
    throw new TypeError('it does not describe a region');
  const countries = value['countries'].filter((country) => typeof country === 'string');
  const nodes: Record<string, { pagesUrl: string; people: SamplePerson[] }> = {};
  for (const country of countries) {
    const node = value['nodes'][country];
    if (!isRecord(node) || typeof node['pagesUrl'] !== 'string' || !Array.isArray(node['people']))
      throw new TypeError(`it does not describe the node of ${country}`);
    nodes[country] = { pagesUrl: node['pagesUrl'], people: node['people'].filter(isPerson) };
  }
  return { countries, nodes };
}
