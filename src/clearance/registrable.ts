import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import { faulty } from './received-document.ts';

/** A declaration that names everything without which it cannot be registered. */
export interface Registrable {
  readonly facts: DeclarationFacts;
  readonly procedure: 'import' | 'export';
  readonly localReference: string;
  readonly consignmentReference: string;
  /** Code of one of the administration's offices. */
  readonly office: string;
}

const LONGEST_REFERENCE = 35;

/**
 * The declaration with what its registration needs.
 * @throws the refusal `DECLARATION-FAULTY` with a fault for each thing that is missing or not known here.
 */
export function registrableFrom(
  facts: DeclarationFacts,
  offices: readonly { readonly code: string; readonly name: string }[],
): Registrable {
  const faults: Fault[] = [];
  const reference = (value: string | null, pointer: string, what: string): string => {
    if (value !== null && value.length <= LONGEST_REFERENCE) return value;
    faults.push({
      code: 'REFERENCE-MISSING',
      pointer,
      message: `${what} is needed, at most ${LONGEST_REFERENCE} characters long.`,
    });
    return '';
  };
  const localReference = reference(
    facts.localReference,
    '/declaration/functionalReferenceID',
    'The local reference number (LRN)',
  );
  const consignmentReference = reference(
    facts.consignmentReference,
    '/declaration/goodsShipment/ucr/traderAssignedReferenceID',
    'The unique consignment reference (UCR)',
  );
  const office = offices.find(({ code }) => code === facts.office)?.code;
  if (office === undefined)
    faults.push({
      code: 'OFFICE-UNKNOWN',
      pointer: '/declaration/declarationOfficeID',
      message: 'No customs office of this administration has this code.',
      ...(facts.office === null ? {} : { found: facts.office }),
      expected: offices.map(({ code, name }) => `${code} (${name})`).join(', '),
    });
  if (facts.procedure === 'other')
    faults.push({
      code: 'PROCEDURE-UNKNOWN',
      pointer: '/declaration/typeCode',
      message: 'The type says neither import (IM) nor export (EX), and neither does the procedure of the goods.',
      found: facts.typeCode,
    });
  if (facts.items.length === 0)
    faults.push({
      code: 'ITEMS-MISSING',
      pointer: '/declaration/goodsShipment/governmentAgencyGoodsItem',
      message: 'A declaration has at least one goods item.',
    });
  if (faults.length > 0 || office === undefined || facts.procedure === 'other') throw faulty(faults);
  return { facts, procedure: facts.procedure, localReference, consignmentReference, office };
}
