import { mayDo, type Right } from '../access/rights.ts';
import { Refusal } from '../documents/refusal.ts';
import { keepDocument } from '../store/documents.ts';
import { amendDeclaration, supplementDeclaration } from './amend.ts';
import type { ArrivalReport } from './arrival-note.ts';
import { reportArrival } from './arrive.ts';
import type { Asked } from './asked.ts';
import type { DeclarationRow } from './declaration-row.ts';
import { lodgeDeclaration } from './lodge.ts';
import type { LodgementParts } from './lodgement-parts.ts';
import { type ReceivedDocument, refuseFaulty } from './received-document.ts';
import { withdrawDeclaration } from './withdraw.ts';

/** What a message did: it registered a declaration, or changed one. */
export interface MessageTaken {
  readonly done: 'lodged' | 'amended' | 'supplemented' | 'withdrawn' | 'arrived';
  readonly row: DeclarationRow;
}

/**
 * Takes a message of the wrapper as what it is: a declaration is lodged, a request to amend or to cancel and the
 * presentation of goods change the declaration whose MRN they name, supplementary data complete a simplified one. Each
 * needs the right for what it does, also where all come in by one door.
 * @throws the refusals of each, and `RIGHT-MISSING`.
 */
export async function takeMessage(
  parts: LodgementParts,
  asked: Asked,
  document: ReceivedDocument,
  arrival: ArrivalReport | null,
): Promise<MessageTaken> {
  const { facts } = refuseFaulty(document.reading);
  const mrn = facts.movementReference ?? '';
  switch (facts.message) {
    case 'declaration':
      return { done: 'lodged', row: (await lodgeDeclaration(parts, asked, document, arrival)).row };
    case 'supplementary':
      refuseWithout(asked, 'declaration.amend');
      return { done: 'supplemented', row: await supplementDeclaration(parts, asked, document) };
    case 'amendment':
      refuseWithout(asked, 'declaration.amend');
      return { done: 'amended', row: await amendDeclaration(parts, asked, mrn, null, document, null) };
    case 'cancellation': {
      refuseWithout(asked, 'declaration.withdraw');
      const requestDigest = keepRequest(asked, document);
      const row = await withdrawDeclaration(parts, asked, mrn, null, { reason: facts.reason, requestDigest });
      return { done: 'withdrawn', row };
    }
    case 'goods-presentation': {
      refuseWithout(asked, 'arrival.report');
      const report = arrival ?? { at: asked.now, precision: 'minute' };
      const presented = { ...report, document: keepRequest(asked, document) };
      return { done: 'arrived', row: await reportArrival(parts, asked, mrn, null, presented) };
    }
  }
}

function keepRequest(asked: Asked, document: ReceivedDocument): string {
  keepDocument(asked.transaction, document.digest, {
    kind: 'declaration-request',
    contentType: document.contentType,
    bytes: document.bytes,
  });
  return document.digest.toString('hex');
}

function refuseWithout({ actor }: Asked, right: Right): void {
  if (!mayDo(actor, right))
    throw new Refusal('not-allowed', 'RIGHT-MISSING', `Your role, ${actor.role}, may not do this (${right}).`);
}
