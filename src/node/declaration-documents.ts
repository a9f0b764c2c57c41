import type { DeclarationTaker } from '../clearance/received-document.ts';
import { checkBytes } from '../documents/check.ts';
import { composeResponse, type ResponseContext } from '../documents/declaration/compose-response.ts';
import { judgeDeclaration } from '../documents/declaration/judge-declaration.ts';
import { readFacts } from '../documents/declaration/read-facts.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import { wcoShapeOf } from '../documents/declaration/wco-kinds.ts';
import { writeWco } from '../documents/declaration/write-wco.ts';
import { isObject } from '../documents/json.ts';
import { readJson } from '../documents/read-json.ts';
import type { DeclarationReading } from '../forwarding/ports.ts';

/** Reads and judges what declarants send to this node; until the codec of the vocabulary is there, in JSON. */
export function declarationTaker(country: string): DeclarationTaker {
  return {
    async take(bytes, _form, date) {
      const reading = readJson(bytes);
      if (!reading.ok) return { ok: false, faults: reading.faults };
      const { faults, facts } = judgeDeclaration(reading.value, [], { country, date });
      return faults.length > 0 || !isObject(reading.value)
        ? { ok: false, faults }
        : { ok: true, facts, json: reading.value };
    },
  };
}

/**
 * Reads a declaration that another country sent forward: by the schema that all nodes share, and nothing that only one
 * country asks for.
 */
export function readForwarded(bytes: Buffer): DeclarationReading {
  const { kind, faults, json } = checkBytes(bytes);
  if (kind !== 'declaration' || json === undefined || !isObject(json) || faults.length > 0)
    return { ok: false, reason: faults[0]?.message ?? 'It is no customs declaration.' };
  return { ok: true, json, facts: readFacts(json) };
}

/** Writes responses to declarants in the vocabulary of the WCO (RES-DMS:2), as XML in UTF-8. */
export function responseWriter(context: ResponseContext): (content: ResponseContent) => Buffer {
  const shape = wcoShapeOf('declaration-response');
  return (content) => Buffer.from(writeWco(shape, composeResponse(content, context)));
}
