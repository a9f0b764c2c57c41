import type { SealClaims } from './read-seal.ts';
import { signature, signedInfo, signedProperties } from './seal-form.ts';

/** The seal as the sealer writes it, byte for byte, around the six things in it that are not always the same. */
const HOLE = '\n';
const LITERALS = signature({
  signedInfo: signedInfo(HOLE, HOLE),
  value: HOLE,
  certificate: HOLE,
  signedProperties: signedProperties(HOLE, HOLE),
}).split(HOLE);
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;
const VALUE = /^[A-Za-z0-9+/]{86}==$/;
const CERTIFICATE = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const HOLES = [DIGEST, DIGEST, VALUE, CERTIFICATE, TIME, DIGEST] as const;
/** Far more than a seal of ours is long. */
export const LONGEST_OWN_SEAL = 10_000;

/** A seal that is as the sealer writes it: what it says, and where it ends in the text. */
export interface OwnTemplate {
  readonly seal: SealClaims;
  /** SignedInfo and SignedProperties in exclusive canonical form, in which the sealer writes them. */
  readonly signedInfo: string;
  readonly signedProperties: string;
  readonly end: number;
}

/**
 * Reads the `ds:Signature` that begins at `begin` when every byte of it is as the sealer writes it; all that the allow
 * list of `readSeal` asks for holds then. Undefined when a byte is otherwise, which says nothing against the seal.
 */
export function readOwnTemplate(text: string, begin: number): OwnTemplate | undefined {
  const found: string[] = [];
  let at = begin;
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
  const signingTime = new Date(time);
  if (Number.isNaN(signingTime.getTime())) return undefined;
  return {
    seal: { documentDigest, propertiesDigest, value, certificate, certificateDigest, signingTime },
    signedInfo: signedInfo(documentDigest, propertiesDigest),
    signedProperties: signedProperties(time, certificateDigest),
    end: at,
  };
}
