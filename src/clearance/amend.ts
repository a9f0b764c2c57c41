import { Refusal } from '../documents/refusal.ts';
import { keepDocument, readDocument } from '../store/documents.ts';
import { admitStep, reasonFrom } from './admit-step.ts';
import { applyAmendment } from './apply-amendment.ts';
import type { Asked } from './asked.ts';
import { type DeclarationRow, findDeclaration } from './declaration-row.ts';
import { localDay } from './local-day.ts';
import type { LodgementParts } from './lodgement-parts.ts';
import { readMovementReference } from './movement-reference.ts';
import { ReceivedDocument, refuseFaulty } from './received-document.ts';
import { replaceContent } from './replace-content.ts';
import { readVersion } from './versions.ts';

/**
 * Amends a declaration before its release: by the whole declaration as it shall stand (the same local reference), or by
 * a request (function 13, type COR) that says only what changes. `reason` is needed where the document gives none.
 * @throws the refusals `DECLARATION-NOT-FOUND`, `CHANGED-MEANWHILE`, `STATE-DOES-NOT-ALLOW`, `DECLARATION-FAULTY`,
 * `REASON-REQUIRED`, `AMENDMENT-OTHER-MESSAGE`.
 */
export async function amendDeclaration(
  parts: LodgementParts,
  asked: Asked,
  mrn: string,
  version: number | null,
  document: ReceivedDocument,
  reason: string | null,
): Promise<DeclarationRow> {
  const seen = await findDeclaration(asked.transaction, asked.actor, asked.now, mrn);
  const step = admitStep(seen, version, 'amend');
  const { facts } = refuseFaulty(document.reading);
  const why = reasonFrom(facts.reason ?? reason);
  if (facts.message === 'declaration')
    return replaceContent(parts, asked, seen, version, { document, facts, kind: 'amendment', reason: why, step });
  if (facts.message !== 'amendment' || facts.movementReference !== mrn)
    throw new Refusal(
      'invalid',
      'AMENDMENT-OTHER-MESSAGE',
      'Send the whole declaration as it shall stand, or a request to amend (function 13, type COR) that names its MRN.',
    );
  const composed = await compose(parts, asked, seen, document);
  keepDocument(asked.transaction, document.digest, {
    kind: 'declaration-request',
    contentType: document.contentType,
    bytes: document.bytes,
  });
  return replaceContent(parts, asked, seen, version, {
    document: composed,
    facts: refuseFaulty(composed.reading).facts,
    kind: 'amendment',
    reason: why,
    step,
    data: { requestDigest: document.digest.toString('hex') },
  });
}

/** The declaration as it stands with the request's changes, judged as a whole. */
async function compose(
  parts: LodgementParts,
  asked: Asked,
  seen: DeclarationRow,
  request: ReceivedDocument,
): Promise<ReceivedDocument> {
  const current = await readVersion(asked.transaction, seen.id, seen.document_version);
  const stored = await readDocument(asked.transaction, current.digest);
  if (stored === undefined) throw new Error(`document ${current.digest} is not there`);
  const before = refuseFaulty(
    await parts.taker.take(stored.bytes, current.form, localDay(current.lodged_at, parts.customs.timeZone)),
  );
  const after = applyAmendment(before.json, refuseFaulty(request.reading).json);
  const bytes = Buffer.from(JSON.stringify(after));
  return new ReceivedDocument(bytes, 'json', request.date, await parts.taker.take(bytes, 'json', request.date));
}

/**
 * Takes the data that a simplified declaration left out (additional types X, Y, Z and their kin): the whole declaration,
 * with an own local reference, that names the simplified one by its MRN, as MRN or previous document.
 * @throws the refusals `SUPPLEMENTED-UNKNOWN`, `NOT-SIMPLIFIED`, and those of an amendment.
 */
export async function supplementDeclaration(
  parts: LodgementParts,
  asked: Asked,
  document: ReceivedDocument,
): Promise<DeclarationRow> {
  const { facts } = refuseFaulty(document.reading);
  const named = facts.movementReference ?? previousReference(document);
  if (named === null)
    throw new Refusal(
      'invalid',
      'SUPPLEMENTED-UNKNOWN',
      'Supplementary data name the simplified declaration by its MRN, as Declaration/ID or as previous document.',
    );
  const seen = await findDeclaration(asked.transaction, asked.actor, asked.now, named);
  const step = admitStep(seen, null, 'supplement');
  if (!SIMPLIFIED.has(seen.type_code.charAt(2)))
    throw new Refusal(
      'conflict',
      'NOT-SIMPLIFIED',
      `The declaration ${seen.mrn} (${seen.type_code}) is not simplified; amend it instead.`,
    );
  return replaceContent(parts, asked, seen, null, {
    document,
    facts,
    kind: 'supplementary',
    reason: `Supplementary data ${facts.localReference ?? ''}`.trim(),
    step,
  });
}

/** Third letters of the type of declarations that leave data out. */
const SIMPLIFIED = new Set(['B', 'C', 'E', 'F']);

function previousReference(document: ReceivedDocument): string | null {
  const { facts } = refuseFaulty(document.reading);
  const references = [facts, ...facts.items].flatMap(({ previousDocuments }) => previousDocuments.map(({ id }) => id));
  return references.find((id) => id !== null && readMovementReference(id) !== undefined) ?? null;
}
