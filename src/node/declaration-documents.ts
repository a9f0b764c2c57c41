import type { DeclarationTaker } from '../clearance/received-document.ts';
import type { ResponseContext } from '../documents/declaration/compose-response.ts';
import { composeResponse } from '../documents/declaration/compose-response.ts';
import { judgeDeclaration } from '../documents/declaration/judge-declaration.ts';
import { readFacts } from '../documents/declaration/read-facts.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
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

/** Reads a declaration that another country sent forward; until the codec of the vocabulary is there, in JSON. */
export function readDeclaration(
  _country: string,
): (bytes: Buffer, mediaType: 'application/xml' | 'application/json') => DeclarationReading {
  return (bytes) => {
    const reading = readJson(bytes);
    if (!reading.ok || !isObject(reading.value))
      return { ok: false, reason: reading.ok ? 'It is no JSON object.' : (reading.faults[0]?.message ?? '') };
    return { ok: true, json: reading.value, facts: readFacts(reading.value) };
  };
}

/** Writes responses; until the codec of the vocabulary is there, in JSON. */
export function responseWriter(context: ResponseContext): (content: ResponseContent) => Buffer {
  return (content) => Buffer.from(JSON.stringify(composeResponse(content, context)));
}
