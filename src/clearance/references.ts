import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import type { Reader } from '../store/pool.ts';
import type { Declarant } from './declarant.ts';
import { readMovementReference } from './movement-reference.ts';
import type { ClearanceParts } from './ports.ts';
import { faulty } from './received-document.ts';
import type { DeclarationState } from './states.ts';

/** An earlier declaration that a document refers to, and what this node knows of it. */
export interface ReferencedDeclaration {
  readonly pointer: string;
  readonly movementReference: string;
  /** `not-checked`: not of this administration, or not of the same declarant, so that its standing is not told here. */
  readonly verdict: 'known' | 'withdrawn' | 'not-checked';
}

/** The earlier declarations that a document refers to by MRN, with what this node may say of them to the declarant. */
export async function referencedDeclarations(
  parts: Pick<ClearanceParts, 'country'>,
  reader: Reader,
  declarant: Pick<Declarant, 'firmId'>,
  facts: DeclarationFacts,
): Promise<readonly ReferencedDeclaration[]> {
  const named = [facts, ...facts.items].flatMap(({ previousDocuments }) =>
    previousDocuments.flatMap(({ pointer, id }) => {
      const reference = id === null ? undefined : readMovementReference(id);
      return id === null || reference === undefined ? [] : [{ pointer, id, country: reference.country }];
    }),
  );
  const own = [...new Set(named.filter(({ country }) => country === parts.country).map(({ id }) => id))];
  const states = own.length === 0 ? new Map<string, DeclarationState>() : await statesOf(reader, declarant.firmId, own);
  return named.map(({ pointer, id }) => {
    const state = states.get(id);
    const verdict = state === undefined ? 'not-checked' : state === 'withdrawn' ? 'withdrawn' : 'known';
    return { pointer, movementReference: id, verdict };
  });
}

/**
 * Refuses what refers to a declaration that the same declarant has withdrawn.
 * @throws the refusal `DECLARATION-FAULTY`.
 */
export async function refuseUnusableReferences(
  parts: Pick<ClearanceParts, 'country'>,
  reader: Reader,
  declarant: Pick<Declarant, 'firmId'>,
  facts: DeclarationFacts,
): Promise<void> {
  const faults = referenceFaults(await referencedDeclarations(parts, reader, declarant, facts));
  if (faults.length > 0) throw faulty(faults);
}

/** A fault for each reference that cannot be used. */
export function referenceFaults(references: readonly ReferencedDeclaration[]): readonly Fault[] {
  return references
    .filter(({ verdict }) => verdict === 'withdrawn')
    .map(({ pointer, movementReference }) => ({
      code: 'REFERENCE-WITHDRAWN',
      pointer,
      message: 'The declaration that is referred to was withdrawn.',
      found: movementReference,
    }));
}

async function statesOf(
  reader: Reader,
  firmId: string,
  references: readonly string[],
): Promise<ReadonlyMap<string, DeclarationState>> {
  const { rows } = await reader.query<{ mrn: string; state: DeclarationState }>({
    name: 'referenced-declarations',
    text: 'select mrn, state from declarations where mrn = any($1::text[]) and declarant_firm_id = $2',
    values: [references, firmId],
  });
  return new Map(rows.map(({ mrn, state }) => [mrn, state]));
}
