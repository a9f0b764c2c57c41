import { type DeclarationTaker, MEDIA_TYPES } from '../clearance/received-document.ts';
import { composeResponse, type ResponseContext } from '../documents/declaration/compose-response.ts';
import type { ResponseContent } from '../documents/declaration/response-content.ts';
import { BackgroundTaker } from '../documents/declaration/take-in-background.ts';
import type { DeclarationContentType } from '../documents/declaration/taking.ts';
import { wcoShapeOf } from '../documents/declaration/wco-kinds.ts';
import { writeWco } from '../documents/declaration/write-wco.ts';
import type { DeclarationReading as ForwardedReading } from '../forwarding/ports.ts';

/** Reads and judges declarations for a node, large ones in a thread of its own. */
export interface NodeTaker extends DeclarationTaker {
  /** What another country sent forward: by the rules that all nodes share, and nothing that only one country asks for. */
  takeForwarded(bytes: Buffer, mediaType: DeclarationContentType, date: string): Promise<ForwardedReading>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/** The taker of a node: what its declarants send is judged by the profile of its country as well. */
export function declarationTaker(country: string): NodeTaker {
  const background = new BackgroundTaker();
  return {
    take: (bytes, form, date) => background.take(bytes, MEDIA_TYPES[form], { country, date }),
    async takeForwarded(bytes, mediaType, date) {
      const taking = await background.take(bytes, mediaType, { country: null, date });
      return taking.ok ? taking : { ok: false, reason: taking.faults[0]?.message ?? 'It is no customs declaration.' };
    },
    close: () => background.close(),
  };
}

/** Writes responses to declarants in the vocabulary of the WCO (RES-DMS:2), as XML in UTF-8. */
export function responseWriter(context: ResponseContext): (content: ResponseContent) => Buffer {
  const shape = wcoShapeOf('declaration-response');
  return (content) => Buffer.from(writeWco(shape, composeResponse(content, context)));
}
