import type { ClearanceParts } from './ports.ts';
import type { DeclarationTaker } from './received-document.ts';

/** What lodgement needs besides what clearance has. */
export interface LodgementPorts {
  readonly taker: DeclarationTaker;
}

export type LodgementParts = ClearanceParts & LodgementPorts;
