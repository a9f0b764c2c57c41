import type { DeclarationFacts } from '../documents/declaration/facts.ts';
import type { Fault } from '../documents/fault.ts';
import { Refusal } from '../documents/refusal.ts';
import type { Asked } from './asked.ts';
import { type Declarant, declarantFor } from './declarant.ts';
import { ownProfile } from './judgement.ts';
import type { CertificateUse, ClearanceParts } from './ports.ts';
import type { ReceivedDocument } from './received-document.ts';
import { type ReferencedDeclaration, referencedDeclarations, referenceFaults } from './references.ts';
import { registrableFrom } from './registrable.ts';
import { requiredPapers } from './required-papers.ts';
import type { CheckView } from './views.ts';

/**
 * Every fault for which a message would be refused, and what would follow if it were lodged now: the duty under each
 * claim, how its certificates stand, which certificates and permits are missing, whether the local reference is free.
 * Nothing is stored or set aside, and nothing is said of channels. Officials can check as well; whose declaration it
 * would be is then left open.
 * @throws the refusal `DECLARANT-NOT-YOURS`.
 */
export async function checkDeclaration(
  parts: ClearanceParts,
  asked: Asked,
  document: ReceivedDocument,
): Promise<CheckView> {
  const { reading } = document;
  if (!reading.ok) return checked(null, reading.faults);
  const { facts } = reading;
  if (facts.message !== 'declaration' && facts.message !== 'supplementary') return checked(facts, []);
  const missing = faultsOfRegistration(facts, parts);
  if (missing.length > 0) return checked(facts, missing);
  const declarant = asked.actor.firmId === null ? null : await declarantFor(asked, facts);
  const references = declarant === null ? [] : await referencedDeclarations(parts, asked.transaction, declarant, facts);
  const faults = referenceFaults(references);
  const preview = await previewOf(parts, asked, facts, document.date, declarant, references);
  return { ...checked(facts, faults), preview };
}

function checked(facts: DeclarationFacts | null, faults: readonly Fault[]): CheckView {
  return { valid: faults.length === 0 && facts !== null, message: facts?.message ?? null, faults };
}

function faultsOfRegistration(facts: DeclarationFacts, parts: ClearanceParts): readonly Fault[] {
  try {
    registrableFrom(facts, parts.customs.offices);
    return [];
  } catch (error) {
    if (error instanceof Refusal) return error.faults;
    throw error;
  }
}

async function previewOf(
  parts: ClearanceParts,
  asked: Asked,
  facts: DeclarationFacts,
  date: string,
  declarant: Declarant | null,
  references: readonly ReferencedDeclaration[],
): Promise<NonNullable<CheckView['preview']>> {
  const { transaction, now } = asked;
  const duty = await parts.duty.assess(transaction, facts, date);
  const importerIdentifier = facts.importer?.id ?? null;
  const certificates =
    facts.procedure === 'export' ? [] : await parts.ledger.preview(transaction, { facts, importerIdentifier }, now);
  return {
    localReferenceFree: declarant === null ? null : declarant.takenBy === null,
    duty,
    certificates,
    papers: requiredPapers(facts, ownProfile(parts)),
    references,
    notChecked: [
      ...notCheckedCertificates(certificates),
      ...duty.items.flatMap(({ sequence, claimed }) =>
        claimed.computed ? [] : [`Item ${sequence}: the duty was not computed. ${claimed.reason}`],
      ),
      ...references
        .filter(({ verdict }) => verdict === 'not-checked')
        .map(
          ({ movementReference }) => `Previous declaration ${movementReference}: not one of yours here, not checked.`,
        ),
    ],
  };
}

function notCheckedCertificates(uses: readonly CertificateUse[]): readonly string[] {
  return uses.filter(({ state }) => state === 'awaited').map((use) => `Item ${use.itemSequence}: ${use.reason}`);
}
