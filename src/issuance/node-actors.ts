import { memberOf } from '../federation/trust.ts';
import type { EventActor } from '../store/log.ts';
import type { IssuanceParts } from './ports.ts';

/** This node as the one who acts. */
export function nodeActor(parts: IssuanceParts): EventActor {
  return { id: parts.country, name: parts.authority.name, role: 'node' };
}

/** Another country's node as the one who acts. */
export function partnerActor(parts: IssuanceParts, country: string): EventActor {
  const directory = parts.directory();
  const name = directory === null ? undefined : memberOf(directory, country)?.name;
  return { id: country, name: name ?? country, role: 'node' };
}
