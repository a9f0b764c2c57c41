import { digestOf } from './canonical-xml.ts';
import { canonicalPlainForm, plainBeginning } from './plain-form.ts';
import type { SealClaims } from './read-seal.ts';
import { NAMESPACE, PLACE_BEGINS, PLACE_ENDS, signature, signedInfo, signedProperties } from './seal-form.ts';

/** What a seal in our own form says, and the bytes and digests to compare it with. */
export interface OwnSeal {
  readonly seal: SealClaims;
  readonly signedInfo: Buffer;
  readonly propertiesDigest: string;
  readonly documentDigest: string;
}

/** The seal as the sealer writes it, byte for byte, around the six things in it that are not always the same. */
const HOLE = '\n';
const LITERALS = `${PLACE_BEGINS}${signature({
  signedInfo: signedInfo(HOLE, HOLE),
  value: HOLE,
  certificate: HOLE,
  signedProperties: signedProperties(HOLE, HOLE),
})}${PLACE_ENDS}`.split(HOLE);
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;
const VALUE = /^[A-Za-z0-9+/]{86}==$/;
const CERTIFICATE = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const HOLES = [DIGEST, DIGEST, VALUE, CERTIFICATE, TIME, DIGEST] as const;
const LONGEST_SEAL = 10_000;
const MOST_BYTES = 1024 * 1024;
/** Where there is an element of these besides, `readSeal` and its companions say what is wrong. */
const OF_A_SEAL: readonly string[] = Object.values(NAMESPACE);

/**
 * Reads a sealed document of which every byte is as the sealer writes it: the document in plain form, the seal in its
 * place by the sealer's own template. Its signed parts are in canonical form as they stand, so that nothing need be
 * parsed; every check of the allow list holds by the template. Undefined when a byte is otherwise, or when a digest does
 * not fit: then the parser and the allow list decide. So this may say what holds, and never what does not.
 */
export function readOwnForm(bytes: Buffer): OwnSeal | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  const beginning = plainBeginning(bytes);
  if (beginning === undefined || beginning.namespaces.some((one) => OF_A_SEAL.includes(one))) return undefined;
  const read = readTemplate(bytes.toString('latin1', beginning.end, beginning.end + LONGEST_SEAL));
  if (read === undefined) return undefined;
  const [documentDigest, propertiesDigest, value, certificate, time, certificateDigest] = read.found;
  const signingTime = new Date(time);
  if (Number.isNaN(signingTime.getTime())) return undefined;
  if (digestOf(signedProperties(time, certificateDigest)) !== propertiesDigest) return undefined;
  const canonical = canonicalPlainForm(bytes, beginning, PLACE_BEGINS + PLACE_ENDS, beginning.end + read.length);
  if (canonical === undefined || digestOf(canonical) !== documentDigest) return undefined;
  return {
    seal: { documentDigest, propertiesDigest, value, certificate, certificateDigest, signingTime },
    signedInfo: Buffer.from(signedInfo(documentDigest, propertiesDigest)),
    propertiesDigest,
    documentDigest,
  };
}

type Found = readonly [
  documentDigest: string,
  propertiesDigest: string,
  value: string,
  certificate: string,
  time: string,
  certificateDigest: string,
];

/** What fills the holes of the template with which the text begins, and how long that is. */
function readTemplate(text: string): { readonly found: Found; readonly length: number } | undefined {
  const found: string[] = [];
  let at = 0;
  for (const [place, literal] of LITERALS.entries()) {
    if (!text.startsWith(literal, at)) return undefined;
    at += literal.length;
    const hole = HOLES[place];
    if (hole === undefined) continue;
    const end = text.indexOf('<', at);
    const filling = text.slice(at, end);
    if (end < 0 || !hole.test(filling)) return undefined;
    found.push(filling);
    at = end;
  }
  const [documentDigest, propertiesDigest, value, certificate, time, certificateDigest] = found;
  if (documentDigest === undefined || propertiesDigest === undefined || value === undefined) return undefined;
  if (certificate === undefined || time === undefined || certificateDigest === undefined) return undefined;
  return { found: [documentDigest, propertiesDigest, value, certificate, time, certificateDigest], length: at };
}
