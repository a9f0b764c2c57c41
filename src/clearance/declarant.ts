import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Reader } from '../store/pool.ts';
import type { Asked } from './asked.ts';

/** The firm that declares, as it is registered on this node. */
export interface Declarant {
  readonly firmId: string;
  readonly name: string;
  readonly identifier: string;
  /** MRN of the declaration that already has the local reference; null when it is free. */
  readonly takenBy: string | null;
  /** The next number of the series of movement references; null where none was asked for. */
  readonly serial: bigint | null;
}

interface DeclarantRow {
  firm_id: string;
  name: string;
  identifier: string;
  taken_by: string | null;
  serial: bigint | null;
}

/**
 * The firm that a document names as its declarant, if the actor may act for it: their own, or for a broker one whose
 * mandate holds now (threats P1). The identifier may stand with the country before it, as economic operators are
 * numbered in many countries. Also says whether the document's local reference (LRN) is still free for that firm, and
 * takes a number for it where one is wanted: all in one question.
 * @throws the refusals `FIRM-MISSING` and `DECLARANT-NOT-YOURS`, which says the same of firms that are not registered.
 */
export async function declarantFor(
  asked: Asked,
  facts: DeclarationFacts,
  wanted: { readonly number: boolean } = { number: false },
): Promise<Declarant> {
  const { actor, now, transaction } = asked;
  if (actor.firmId === null)
    throw new Refusal('not-allowed', 'FIRM-MISSING', 'Only people of a firm lodge declarations.');
  const identifier = facts.declarant?.id ?? '';
  const { rows } = await selectDeclarants(transaction, {
    identifiers: identifiersIn(identifier),
    firmId: actor.firmId,
    broker: actor.role === 'broker',
    now,
    localReference: facts.localReference ?? '',
    number: wanted.number,
  });
  const [found, other] = rows;
  if (found === undefined || other !== undefined)
    throw new Refusal(
      'not-allowed',
      'DECLARANT-NOT-YOURS',
      `The declarant of the document (${identifier === '' ? 'none' : identifier}) is neither your firm nor one that your firm has a mandate for now. Put the identifier into Declarant/ID under which the firm is registered here.`,
    );
  return {
    firmId: found.firm_id,
    name: found.name,
    identifier: found.identifier,
    takenBy: found.taken_by,
    serial: found.serial,
  };
}

/** The identifier as given, and without the country in front of it. */
export function identifiersIn(identifier: string): readonly string[] {
  const rest = /^[A-Z]{2}(.+)$/.exec(identifier)?.[1];
  return rest === undefined ? [identifier] : [identifier, rest];
}

function selectDeclarants(
  reader: Reader,
  asked: {
    readonly identifiers: readonly string[];
    readonly firmId: string;
    readonly broker: boolean;
    readonly now: Date;
    readonly localReference: string;
    readonly number: boolean;
  },
): Promise<{ rows: DeclarantRow[] }> {
  // Of a trader only the own firm is looked up: with what a broker may do, no plan would be kept.
  const actsFor = asked.broker
    ? `(f.id = $2::uuid or exists (select 1 from mandates m where m.principal_firm_id = f.id
        and m.broker_firm_id = $2::uuid and m.valid_from <= $5 and m.valid_until > $5 and m.revoked_at is null))`
    : 'f.id = $2::uuid';
  return reader.query<DeclarantRow>({
    name: `declarant-of-document-${asked.broker ? 'broker' : 'trader'}`,
    text: `select f.id as firm_id, f.name, f.identifier_value as identifier,
        (select d.mrn from declarations d where d.declarant_firm_id = f.id and d.lrn = $3) as taken_by,
        case when $4::boolean then nextval('declaration_serial') end as serial
      from firms f where f.identifier_value = any($1::text[]) and ${actsFor}
      limit 2`,
    values: [asked.identifiers, asked.firmId, asked.localReference, asked.number, ...(asked.broker ? [asked.now] : [])],
  });
}
