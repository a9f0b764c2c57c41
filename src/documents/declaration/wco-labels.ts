import { isObject, type JsonValue } from '../json.ts';
import type { DeclarationMessage } from './facts.ts';
import { partOf, textOf } from './json-parts.ts';
import { messageOf, procedureOf } from './message-kind.ts';
import type { WcoKind } from './wco-kinds.ts';

const REQUESTS: Readonly<Record<Exclude<DeclarationMessage, 'declaration' | 'supplementary'>, string>> = {
  amendment: 'amendment of a declaration',
  cancellation: 'cancellation of a declaration',
  'goods-presentation': 'presentation of goods declared ahead',
};

/** What people call a WCO document: `import declaration`, `cancellation of a declaration`. */
export function wcoLabel(kind: WcoKind, json: JsonValue): string {
  if (kind === 'declaration-response') return 'response to a customs declaration';
  const declaration = isObject(json) ? partOf(json, 'declaration') : {};
  const type = textOf(declaration, 'typeCode');
  const message = messageOf(textOf(declaration, 'functionCode'), type);
  if (message === undefined) return 'customs declaration';
  if (message !== 'declaration' && message !== 'supplementary') return REQUESTS[message];
  const procedure = procedureOf(type, null);
  const what = procedure === 'other' ? 'customs declaration' : `${procedure} declaration`;
  return message === 'supplementary' ? `supplementary ${what}` : what;
}
