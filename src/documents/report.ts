import type { Fault } from './fault.ts';
import type { FaultCode } from './fault-codes.ts';
import { shown } from './pointer.ts';

/** How a rule says what is wrong: code, JSON Pointer, words, what was found, what was expected. */
export type Report = (code: FaultCode, pointer: string, message: string, found?: string, expected?: string) => void;

/** A report that gathers faults. */
export function gather(faults: Fault[]): Report {
  return (code, pointer, message, found, expected) => {
    faults.push({
      code,
      pointer,
      message,
      ...(found === undefined ? {} : { found: shown(found) }),
      ...(expected === undefined ? {} : { expected: shown(expected) }),
    });
  };
}
