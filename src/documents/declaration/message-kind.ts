import type { DeclarationMessage } from './facts.ts';

/** Third letter of TypeCode (additional declaration type) of declarations lodged before the goods are there. */
const AHEAD = new Set(['D', 'E', 'F', 'K']);
/** Of declarations that give the data which an earlier, simplified one left out; Q closes a period of them. */
const SUPPLEMENTARY = new Set(['Q', 'U', 'V', 'X', 'Y', 'Z']);
const ORIGINAL = '9';
const REQUEST = '13';

/** TypeCode of the requests (function 13), to what they ask for. */
const REQUESTS: ReadonlyMap<string, DeclarationMessage> = new Map([
  ['COR', 'amendment'],
  ['INV', 'cancellation'],
  ['GPR', 'goods-presentation'],
]);

/**
 * What a message of the wrapper is, by FunctionCode and TypeCode; undefined for functions that a customs
 * administration does not take from a declarant.
 */
export function messageOf(functionCode: string | null, typeCode: string | null): DeclarationMessage | undefined {
  if (functionCode === REQUEST) return REQUESTS.get(typeCode ?? '');
  if (functionCode !== ORIGINAL) return undefined;
  return SUPPLEMENTARY.has(typeCode?.charAt(2) ?? '') ? 'supplementary' : 'declaration';
}

/** Whether the additional type says that the goods are not there yet. */
export function isLodgedAhead(typeCode: string | null): boolean {
  return AHEAD.has(typeCode?.charAt(2) ?? '');
}

/**
 * The procedure that the first letters of TypeCode mean: IM import, EX export. CO (trade with special territories of
 * the same customs union) is either, by the first digit of the procedure of the goods: 1 to 3 take them out.
 */
export function procedureOf(typeCode: string | null, customsProcedure: string | null): 'import' | 'export' | 'other' {
  const kind = typeCode?.slice(0, 2);
  if (kind === 'IM') return 'import';
  if (kind === 'EX') return 'export';
  if (kind !== 'CO' || customsProcedure === null) return 'other';
  return '123'.includes(customsProcedure.charAt(0)) ? 'export' : 'import';
}
