import type { JsonValue } from '../documents/json.ts';
import { entriesAt, fieldOf, numberAt, textAt } from './answers.ts';
import type { Answer, SampleUser } from './client.ts';

const HOUR = 3_600_000;

/** Who handles a sample declaration: the declarant and an officer of the same country. */
export interface ControlParties {
  readonly importer: SampleUser;
  readonly officer: SampleUser;
}

/**
 * What officer and declarant do about a declaration that the system did not release, as far as it can be done: a query
 * and its answer where documents are controlled, the inspections that were ordered, the assessment, the payment of what
 * is due, the release.
 * @param happened told what was done, in words
 */
export async function controlSample(
  { importer, officer }: ControlParties,
  movementReference: string,
  happened: (words: string) => void,
): Promise<void> {
  const path = `/api/declarations/${movementReference}`;
  const verdict = await officer.get(`${path}/verdict`);
  const channel = textAt(verdict.body, 'channel');
  let standing = await officer.post(`${path}/claim`, undefined, verdict.version);
  happened('A clearance officer read the verdict and claimed the declaration.');
  if (channel === 'yellow') standing = await queryAndAnswer({ importer, officer }, path, standing, happened);
  if (channel === 'red') standing = await inspect(officer, path, standing, happened);
  standing = await officer.post(`${path}/assessment`, { findings: [] }, standing.version);
  happened('The officer accepted value, classification and origin as declared.');
  standing = await pay({ importer, officer }, path, standing, happened);
  await officer.post(`${path}/release`, {}, standing.version);
  happened('The officer released the goods.');
}

async function queryAndAnswer(
  { importer, officer }: ControlParties,
  path: string,
  standing: Answer,
  happened: (words: string) => void,
): Promise<Answer> {
  const raised = await officer.post(
    `${path}/queries`,
    {
      subject: 'Packing list',
      text: 'Which cartons hold the rotors? Send the packing list of this consignment.',
      askedFor: ['The packing list of the consignment'],
      items: [2],
      answerBy: new Date(Date.now() + 48 * HOUR).toISOString(),
    },
    standing.version,
  );
  const number = numberAt(raised.body, 'number');
  happened('The officer asked for the packing list, to be answered within two days.');
  const query = `${path}/queries/${number}`;
  const open = entriesAt((await importer.get('/api/queries')).body, 'items');
  if (!open.some((one) => path.endsWith(textAt(one, 'mrn')))) throw new Error(`${path}: the declarant sees no query`);
  const list = 'Cartons 1 to 2: motors SPM-350. Cartons 3 to 5: rotors SPM-350-R. Carton 6: brackets.\n';
  await importer.upload(`${query}/answer-files?name=packing-list.txt`, 'text/plain', Buffer.from(list));
  const seen = await importer.get(path);
  await importer.post(`${query}/answer`, { text: 'The rotors are in cartons 3 to 5; see the file.' }, seen.version);
  happened('The importer answered, with the packing list as a file.');
  const answered = await officer.get(`${path}/verdict`);
  const closed = await officer.post(`${query}/close`, { remark: 'The packing list agrees.' }, answered.version);
  happened('The officer read the answer and closed the query.');
  return closed;
}

async function inspect(
  officer: SampleUser,
  path: string,
  standing: Answer,
  happened: (words: string) => void,
): Promise<Answer> {
  const { body } = await officer.get(`${path}/verdict`);
  const ordered = entriesAt(body, 'inspections')[0];
  const by = textAt(ordered, 'orderedBy');
  happened(`An inspection was ordered${by === '' ? '' : ` (by: ${by})`}, since the channel is red.`);
  const inspection = `${path}/inspections/${numberAt(ordered, 'number')}`;
  const begun = await officer.post(`${inspection}/start`, undefined, standing.version);
  happened('The inspection began.');
  const ended = await officer.post(
    `${inspection}/result`,
    { findings: [], othersConform: true, remark: 'Counted 500 motors in 10 cartons; plates and drawings agree.' },
    begun.version,
  );
  happened('Its result was recorded: the goods are as declared.');
  return ended;
}

async function pay(
  { importer, officer }: ControlParties,
  path: string,
  standing: Answer,
  happened: (words: string) => void,
): Promise<Answer> {
  const { body } = await importer.get(path);
  const missing: JsonValue | undefined = fieldOf(fieldOf(body, 'charges'), 'missing');
  const amount = textAt(missing, 'amount');
  if (textAt(body, 'payment') !== 'due' || amount === '') return standing;
  const paid = await officer.post(
    `${path}/payments`,
    {
      kind: 'payment',
      amount,
      currency: textAt(missing, 'currency'),
      reference: `SAMPLE-${textAt(body, 'localReference')}`,
      source: 'Bank of the samples',
    },
    standing.version,
  );
  happened(`The importer paid the duty of ${amount} ${textAt(missing, 'currency')}; the payment was recorded.`);
  return paid;
}
