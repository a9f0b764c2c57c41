import { parentPort } from 'node:worker_threads';
import { takeDeclaration } from './take.ts';
import type { BackgroundAnswer, BackgroundOrder } from './take-in-background.ts';

/** Reads and judges large declarations, one after the other, for `BackgroundTaker`. */
parentPort?.on('message', ({ id, bytes, contentType, context }: BackgroundOrder) => {
  const taking = takeDeclaration(bytes, contentType, context);
  const { form, label } = taking;
  if (!taking.ok) {
    const answer: BackgroundAnswer = { id, ok: false, form, label, faults: taking.faults };
    parentPort?.postMessage(answer);
    return;
  }
  const text = new TextEncoder().encode(JSON.stringify(taking.json));
  const answer: BackgroundAnswer = { id, ok: true, form, label, text, facts: taking.facts };
  parentPort?.postMessage(answer, [text.buffer]);
});
