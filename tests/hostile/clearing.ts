import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/documents/json.ts';
import type { CertificateApplication, SchemeId } from '../../src/documents/types.ts';
import { sampleApplication } from '../../src/region/sample-application.ts';
import { sampleCountry } from '../../src/region/sample-country.ts';
import { type ExampleItem, type ExampleOptions, importDeclaration } from '../documents/declaration-examples.ts';
import type { TestRegion } from '../support/region.ts';
import { eventually, nodeOf } from './support.ts';
import { ask, signIn, type WebAnswer } from './web.ts';

let serial = 0;

/** A reference that no other has. */
export function freshReference(prefix: string): string {
  serial += 1;
  return `${prefix}-${process.pid}-${serial}`;
}

/** A certificate as it was issued on one node and is seen on another. */
export interface Issued {
  readonly number: string;
  readonly applicationId: string;
  readonly consignmentReference: string;
}

/**
 * A certificate of a country for another, applied for, approved and verified there; by default 1,000 motors (item 1,
 * HS 8501.31) and 200 rotors (item 2, HS 8503.00).
 */
export async function issueCertificate(
  region: TestRegion,
  [from, to]: readonly [string, string],
  change: (application: CertificateApplication) => CertificateApplication = (application) => application,
  scheme: SchemeId = 'ATIGA-FORM-D',
): Promise<Issued> {
  const application = change(
    sampleApplication(sampleCountry(from), sampleCountry(to), scheme, freshReference('H'), new Date()),
  );
  const trader = await signIn(region, from, 'exporter');
  const officer = await signIn(region, from, 'issuing');
  const created = await ask(region, from, trader, 'POST', '/api/applications', application);
  assert.equal(created.status, 201, created.text);
  const applicationId = String(bodyOf(created)['id']);
  const path = `/api/applications/${applicationId}`;
  const submitted = await ask(region, from, trader, 'POST', `${path}/submit`, undefined, versionOf(created));
  assert.equal(submitted.status, 200, submitted.text);
  const approved = await ask(region, from, officer, 'POST', `${path}/approve`, {}, versionOf(submitted));
  assert.equal(approved.status, 200, approved.text);
  const number = String(bodyOf(approved)['certificateNumber']);
  await eventually(`${number} is verified in ${to}`, async () => {
    const { rows } = await nodeOf(region, to).pool.query({
      text: `select 1 from certificates where number = $1 and own_outcome = 'verified'`,
      values: [number],
    });
    return rows.length > 0;
  });
  return { number, applicationId, consignmentReference: application.consignmentReference };
}

/** The version that an answer names, as a header that asks for it. */
export function versionOf(answer: WebAnswer): { readonly 'If-Match': string } {
  return { 'If-Match': answer.headers.get('etag') ?? '' };
}

export function bodyOf(answer: WebAnswer): JsonObject {
  return JSON.parse(answer.text);
}

/** Motors under a certificate: so many of item 1. */
export function motorsOf(certificate: string, quantity: string, more: ExampleItem = {}): ExampleItem {
  return {
    preferenceCode: '301',
    certificate: { id: certificate, quantity },
    quantity,
    grossMass: '1240.5',
    netMass: '1100',
    ...more,
  };
}

/** An import declaration in Viet Nam with references of its own. */
export function declarationOf(options: ExampleOptions = {}): JsonObject {
  return importDeclaration({
    localReference: freshReference('LRN'),
    consignmentReference: freshReference('6VN0207654321'),
    ...options,
  });
}

/** A declaration that was accepted. */
export interface Accepted {
  readonly mrn: string;
  readonly version: number;
  readonly body: JsonObject;
}

/** Lodges; the answer must be 201. */
export async function lodge(
  region: TestRegion,
  country: string,
  cookie: string,
  declaration: JsonObject,
): Promise<Accepted> {
  const answer = await ask(region, country, cookie, 'POST', '/api/declarations', declaration);
  assert.equal(answer.status, 201, answer.text);
  const body = bodyOf(answer);
  return { mrn: String(body['mrn']), version: Number(body['version']), body };
}

/** The version of a declaration at this moment. */
export async function currentVersion(region: TestRegion, country: string, mrn: string): Promise<number> {
  const { rows } = await nodeOf(region, country).pool.query<{ version: number }>({
    text: 'select version from declarations where mrn = $1',
    values: [mrn],
  });
  return rows[0]?.version ?? 0;
}

/** An act on a declaration, at the version that stands unless another is named. */
export async function act(
  region: TestRegion,
  country: string,
  cookie: string,
  mrn: string,
  path: string,
  body?: object,
  version?: number,
): Promise<WebAnswer> {
  const seen = version ?? (await currentVersion(region, country, mrn));
  return ask(region, country, cookie, 'POST', `/api/declarations/${mrn}/${path}`, body, { 'If-Match': `"${seen}"` });
}

/** An act that has to succeed. */
export async function done(...given: Parameters<typeof act>): Promise<JsonObject> {
  const answer = await act(...given);
  assert.ok(answer.status < 300, `${given[4]}: ${answer.text}`);
  return bodyOf(answer);
}

/** The use of certificates that a declaration makes: state and code of each, by item. */
export async function usesOf(
  region: TestRegion,
  country: string,
  cookie: string,
  mrn: string,
): Promise<{ readonly state: string; readonly code: string | null; readonly reason: string }[]> {
  const answer = await ask(region, country, cookie, 'GET', `/api/declarations/${mrn}`);
  assert.equal(answer.status, 200, answer.text);
  const { certificates }: { certificates: { state: string; code: string | null; reason: string }[] } = JSON.parse(
    answer.text,
  );
  return certificates.map(({ state, code, reason }) => ({ state, code, reason }));
}

/** What the ledger of a node says of an item of a certificate. */
export async function ledgerItem(
  region: TestRegion,
  country: string,
  cookie: string,
  number: string,
  item = 1,
): Promise<{ readonly issued: string; readonly left: string; readonly setAside: string; readonly writtenOff: string }> {
  const answer = await ask(region, country, cookie, 'GET', `/api/certificates/${encodeURIComponent(number)}/ledger`);
  assert.equal(answer.status, 200, answer.text);
  const {
    items,
  }: { items: { itemNumber: number; issued: string; left: string; setAside: string; writtenOff: string }[] } =
    JSON.parse(answer.text);
  const found = items.find(({ itemNumber }) => itemNumber === item);
  assert.ok(found, answer.text);
  return found;
}
