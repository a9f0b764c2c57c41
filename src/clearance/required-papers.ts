import type { DeclarationFacts, DocumentFacts, ItemFacts } from '../documents/declaration/facts.ts';
import {
  claimsPreference,
  isAwaited,
  isCertificateOfOrigin,
  type NationalProfile,
  permitsFor,
} from '../documents/declaration/national-profile.ts';

/** A certificate or permit that goods need by the national profile, and whether the declaration refers to one. */
export interface RequiredPaper {
  readonly kind: 'certificate-of-origin' | 'permit';
  /** What it is, in words. */
  readonly title: string;
  /** Of a permit: the agency that gives it. */
  readonly agency: string | null;
  readonly itemSequences: readonly number[];
  /** `given`: the declaration refers to it; `awaited`: it says that it follows; `missing`: it says nothing. */
  readonly standing: 'given' | 'awaited' | 'missing';
}

/**
 * The certificates and permits that the goods of a declaration need, those of one kind and standing together. Whether
 * what is given is true is not judged here.
 */
export function requiredPapers(facts: DeclarationFacts, profile: NationalProfile): readonly RequiredPaper[] {
  const found = new Map<string, RequiredPaper>();
  const note = (paper: Omit<RequiredPaper, 'itemSequences'>, sequence: number): void => {
    const key = JSON.stringify([paper.kind, paper.title, paper.agency, paper.standing]);
    found.set(key, { ...paper, itemSequences: [...(found.get(key)?.itemSequences ?? []), sequence] });
  };
  for (const item of facts.items) {
    if (facts.procedure === 'import' && claimsPreference(profile, item.preferenceCode)) {
      const documents = documentsOf(facts, item).filter((one) => isCertificateOfOrigin(profile, one));
      const standing = standingOf(documents, profile);
      note({ kind: 'certificate-of-origin', title: 'Certificate of origin', agency: null, standing }, item.sequence);
    }
    for (const permit of permitsFor(profile, facts.procedure, item.commodityCode)) {
      const documents = documentsOf(facts, item).filter((document) =>
        permit.documents.some(({ category, type }) => category === document.category && type === document.type),
      );
      const standing = standingOf(documents, profile);
      note({ kind: 'permit', title: permit.title, agency: permit.agency, standing }, item.sequence);
    }
  }
  return [...found.values()];
}

function documentsOf(facts: DeclarationFacts, item: ItemFacts): readonly DocumentFacts[] {
  return facts.documents.length === 0 ? item.documents : [...item.documents, ...facts.documents];
}

function standingOf(documents: readonly DocumentFacts[], profile: NationalProfile): RequiredPaper['standing'] {
  if (documents.some((one) => one.id !== null && !isAwaited(profile, one))) return 'given';
  return documents.length > 0 ? 'awaited' : 'missing';
}
