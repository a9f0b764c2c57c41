import { Refusal } from '../documents/refusal.ts';
import { changedMeanwhile } from '../store/pool.ts';
import type { DeclarationRow } from './declaration-row.ts';
import { type DeclarationStep, judgeStep, type Step } from './states.ts';

/** Longest reason that is kept, in characters. */
export const LONGEST_REASON = 2000;

/**
 * The row of the table of steps for a step on a declaration that the actor sees, when its version is the one they saw
 * (null: nobody's decision depends on it).
 * @throws the refusals `CHANGED-MEANWHILE`, `STATE-DOES-NOT-ALLOW`.
 */
export function admitStep(row: DeclarationRow, version: number | null, step: DeclarationStep): Step {
  if (version !== null && version !== row.version) throw changedMeanwhile();
  const judged = judgeStep(row.state, step);
  if (judged.ok) return judged.step;
  throw new Refusal('conflict', judged.code, judged.message);
}

/**
 * A reason that a person gave, in NFC and without white space around it.
 * @throws the refusals `REASON-REQUIRED`, `REASON-TOO-LONG`.
 */
export function reasonFrom(text: string | null | undefined): string {
  const reason = (text ?? '').normalize('NFC').trim();
  if (reason === '') throw new Refusal('invalid', 'REASON-REQUIRED', 'Say why; the reason is kept and shown.');
  if (reason.length > LONGEST_REASON)
    throw new Refusal('invalid', 'REASON-TOO-LONG', `A reason has at most ${LONGEST_REASON} characters.`);
  return reason;
}
