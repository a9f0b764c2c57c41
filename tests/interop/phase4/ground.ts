import type { SecurityProfileName } from '../../../src/exchange/security-profile.ts';
import type { TestMember } from '../../exchange/members.ts';
import type { SelatNode } from '../selat-node.ts';
import type { Glue } from './glue.ts';

/** A security profile with the partner that speaks it: phase4 stands for one member in each. */
export interface SpokenProfile {
  readonly name: SecurityProfileName;
  readonly member: TestMember;
  /** PEM file of the certificate that phase4 encrypts to. */
  readonly recipient: string;
}

/** What the tries work with. */
export interface Ground {
  readonly selat: SelatNode;
  readonly glue: Glue;
  /** For payloads, key files and the log of the glue; gone at the end. */
  readonly folder: string;
  readonly profiles: readonly SpokenProfile[];
  /** Members that pull their messages, by what the glue calls them. */
  readonly pullers: readonly { readonly name: string; readonly member: TestMember }[];
}
