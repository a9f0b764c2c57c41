import { type DeclarationTaker, MEDIA_TYPES } from '../clearance/received-document.ts';
import { checkBytes } from '../documents/check.ts';
import { composeResponse, type ResponseContext } from '../documents/declaration/compose-response.ts';
import { readFacts } from '../documents/declaration/read-facts.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import { BackgroundTaker } from '../documents/declaration/take-in-background.ts';
import { wcoShapeOf } from '../documents/declaration/wco-kinds.ts';
import { writeWco } from '../documents/declaration/write-wco.ts';
import { isObject } from '../documents/json.ts';
import type { DeclarationReading } from '../forwarding/ports.ts';

/** Reads and judges what declarants send to this node, large documents in a thread of its own. */
export interface NodeTaker extends DeclarationTaker {
  /** Ends the thread. */
  close(): Promise<void>;
}

/** The taker of a node: by the shared schema, the code lists of the day, and the profile of its country. */
export function declarationTaker(country: string): NodeTaker {
  const background = new BackgroundTaker();
  return {
    take: (bytes, form, date) => background.take(bytes, MEDIA_TYPES[form], { country, date }),
    close: () => background.close(),
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
