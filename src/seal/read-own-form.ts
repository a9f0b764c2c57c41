import { digestOf } from './canonical-xml.ts';
import { LONGEST_OWN_SEAL, readOwnTemplate } from './own-template.ts';
import { canonicalPlainForm, plainBeginning } from './plain-form.ts';
import type { SealClaims } from './read-seal.ts';
import { NAMESPACE, PLACE_BEGINS, PLACE_ENDS } from './seal-form.ts';

/** What a seal says, and the bytes and digests to compare it with. */
export interface SealToJudge {
  readonly seal: SealClaims;
  /** In canonical form. */
  readonly signedInfo: Buffer;
  /** As they are in the document. */
  readonly propertiesDigest: string;
  readonly documentDigest: string;
}

const MOST_BYTES = 1024 * 1024;
/** Where the root declares one of these, elements of a further seal could stand anywhere. */
const OF_A_SEAL: readonly string[] = Object.values(NAMESPACE);

/**
 * Reads a sealed document of which every byte is as the sealer writes it: the document in plain form, the seal in its
 * place by the sealer's own template. Its signed parts are in canonical form as they stand, so that nothing need be
 * parsed. Undefined when a byte is otherwise, or when a digest does not fit: then the parser and the allow list decide.
 * So this may say what holds, and never what does not.
 */
export function readOwnForm(bytes: Buffer): SealToJudge | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  const beginning = plainBeginning(bytes);
  if (beginning === undefined || beginning.namespaces.some((one) => OF_A_SEAL.includes(one))) return undefined;
  const text = bytes.toString('latin1', beginning.end, beginning.end + LONGEST_OWN_SEAL);
  if (!text.startsWith(PLACE_BEGINS)) return undefined;
  const read = readOwnTemplate(text, PLACE_BEGINS.length);
  if (read === undefined || !text.startsWith(PLACE_ENDS, read.end)) return undefined;
  const { seal } = read;
  if (digestOf(read.signedProperties) !== seal.propertiesDigest) return undefined;
  const rest = beginning.end + read.end + PLACE_ENDS.length;
  const canonical = canonicalPlainForm(bytes, beginning, PLACE_BEGINS + PLACE_ENDS, rest);
  if (canonical === undefined || digestOf(canonical) !== seal.documentDigest) return undefined;
  return {
    seal,
    signedInfo: Buffer.from(read.signedInfo),
    propertiesDigest: seal.propertiesDigest,
    documentDigest: seal.documentDigest,
  };
}
