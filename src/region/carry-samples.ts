import { setTimeout as pause } from 'node:timers/promises';
import { AGREEMENTS, isMember } from '../documents/agreements.ts';
import { Refusal } from '../documents/refusal.ts';
import type { CertificateApplication, SchemeId } from '../documents/types.ts';
import { textAt } from './answers.ts';
import type { Answer, SampleUser } from './client.ts';
import type { RegionDescription } from './region-folder.ts';
import { sampleApplication } from './sample-application.ts';
import { type SampleCountry, sampleCountry } from './sample-country.ts';
import { SampleUsers } from './sample-users.ts';

/** One certificate that went from one country to another, as both sides tell it. */
export interface CarriedSample {
  readonly from: string;
  readonly to: string;
  readonly scheme: SchemeId;
  readonly number: string;
  readonly consignmentReference: string;
  /** AS4 message id of the certificate's message. */
  readonly messageId: string;
  /** AS4 message id of the signed receipt. */
  readonly receiptId: string;
  /** What the importing node found. */
  readonly outcome: string;
  readonly milliseconds: { readonly issued: number; readonly answered: number };
}

interface Lane {
  readonly from: SampleCountry;
  readonly to: SampleCountry;
  readonly scheme: SchemeId;
}

/** The agreement for a pair of countries: ATIGA before RCEP, as the one with fewer papers; undefined without one. */
function commonScheme(from: string, to: string, date: string): SchemeId | undefined {
  const schemes: readonly SchemeId[] = ['ATIGA-FORM-D', 'RCEP'];
  return schemes.find((scheme) => isMember(AGREEMENTS[scheme], from, date) && isMember(AGREEMENTS[scheme], to, date));
}

/** Every pair of the region's countries that has an agreement and ports, in the order in which the countries stand. */
export function lanes(countries: readonly string[], now: Date): Lane[] {
  const date = now.toISOString().slice(0, 10);
  return countries.flatMap((from) =>
    countries.flatMap((to) => {
      const scheme = from === to ? undefined : commonScheme(from, to, date);
      const [exporting, importing] = [sampleCountry(from), sampleCountry(to)];
      if (scheme === undefined || exporting.port === undefined || importing.port === undefined) return [];
      return [{ from: exporting, to: importing, scheme }];
    }),
  );
}

/** Waits until receipt and answer of the partner are there: asked every 50 ms, for at most a minute. */
async function answered(user: SampleUser, number: string): Promise<{ outcome: string; certificate: Answer }> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const { body } = await user.get(`/api/certificates/${number}/verification`);
    const outcome = textAt(body, 'partner', 'outcome');
    if (outcome !== '') {
      const certificate = await user.get(`/api/certificates/${number}`);
      if (textAt(certificate.body, 'delivery', 'receiptId') !== '') return { outcome, certificate };
    }
    await pause(50);
  }
  throw new Refusal(
    'unavailable',
    'SAMPLE-UNANSWERED',
    `No receipt and answer to ${number} came within a minute; GET /api/partners at the issuing node (as operator) says why.`,
  );
}

/**
 * Carries sample certificates of origin through a running region as its users would, over HTTP: a trader applies and
 * submits, an issuing officer approves, the node sends, the partner verifies and answers.
 * @param count certificates; they take the region's lanes in turn
 * @param progress told after each step
 */
export async function carrySamples(
  region: RegionDescription,
  count: number,
  progress: (words: string) => void,
): Promise<CarriedSample[]> {
  const users = new SampleUsers(region);
  const carried: CarriedSample[] = [];
  for (let index = 0; index < count; index += 1) {
    const sample = await carrySample(users, region, index, progress);
    if (sample === undefined) break;
    carried.push(sample);
  }
  await users.signOut();
  return carried;
}

/**
 * Carries one certificate, on the lane whose turn it is by the number of the sample.
 * @returns undefined where the region has no lane
 */
export async function carrySample(
  users: SampleUsers,
  region: RegionDescription,
  index: number,
  progress: (words: string) => void,
): Promise<CarriedSample | undefined> {
  const routes = lanes(region.countries, new Date());
  const lane = routes[index % routes.length];
  if (lane === undefined) return undefined;
  const serial = `${Date.now().toString(36)}${String(index + 1).padStart(3, '0')}`.toUpperCase();
  const application = sampleApplication(lane.from, lane.to, lane.scheme, serial, new Date());
  const trader = await users.of(lane.from.country, 'exporter');
  const officer = await users.of(lane.from.country, 'issuing');
  return carryOne(lane, application, trader, officer, progress);
}

async function carryOne(
  lane: Lane,
  application: CertificateApplication,
  trader: SampleUser,
  officer: SampleUser,
  progress: (words: string) => void,
): Promise<CarriedSample> {
  const start = performance.now();
  const created = await trader.post('/api/applications', JSON.parse(JSON.stringify(application)));
  const path = `/api/applications/${textAt(created.body, 'id')}`;
  const submitted = await trader.post(`${path}/submit`, undefined, created.version);
  progress(`${lane.from.exporter.name} applied for a certificate of origin (${lane.scheme})`);
  const approved = await officer.post(`${path}/approve`, {}, submitted.version);
  const number = textAt(approved.body, 'certificateNumber');
  const issued = performance.now();
  progress(`${lane.from.authority} issued and sealed ${number}`);
  const { outcome, certificate } = await answered(trader, number);
  const answeredAt = performance.now();
  progress(`${lane.to.name} received, receipted and ${outcome} it`);
  return {
    from: lane.from.country,
    to: lane.to.country,
    scheme: lane.scheme,
    number,
    consignmentReference: application.consignmentReference,
    messageId: textAt(certificate.body, 'delivery', 'messageId'),
    receiptId: textAt(certificate.body, 'delivery', 'receiptId'),
    outcome,
    milliseconds: { issued: Math.round(issued - start), answered: Math.round(answeredAt - start) },
  };
}
