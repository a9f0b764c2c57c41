import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Refusal } from '../documents/refusal.ts';
import type { RegionFolder } from './region-folder.ts';

/** Who runs a region now. */
export interface RunningRegion {
  readonly processId: number;
  readonly databasePort: number;
}

/** Where the system tells (Linux): a process that only waits to be buried, or another one under the same number, is not it. */
function isOurs(processId: number): boolean {
  const folder = `/proc/${processId}`;
  if (!existsSync('/proc/self/stat')) return true;
  try {
    const state = readFileSync(`${folder}/stat`, 'utf8').replace(/^.*\) /s, '')[0];
    return state !== 'Z' && state !== 'X' && readFileSync(`${folder}/cmdline`, 'utf8').includes('cli.ts');
  } catch {
    return false;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return isOurs(processId);
}

/** Who runs the region of this folder now, or null. A note left by a killed process counts for nothing. */
export function runningRegion(folder: RegionFolder): RunningRegion | null {
  if (!existsSync(folder.lock)) return null;
  const [processId, databasePort] = readFileSync(folder.lock, 'utf8').trim().split(' ').map(Number);
  if (processId === undefined || databasePort === undefined || !Number.isInteger(processId)) return null;
  return processId !== process.pid && isAlive(processId) ? { processId, databasePort } : null;
}

/**
 * Takes the folder for this process.
 * @throws the Refusal `REGION-RUNNING` while another process has it
 * @returns what gives it back
 */
export function lockRegion(folder: RegionFolder, databasePort: number): () => void {
  const running = runningRegion(folder);
  if (running !== null)
    throw new Refusal(
      'conflict',
      'REGION-RUNNING',
      `The region in ${folder.path} runs already (process ${running.processId}). Use it, stop it with Ctrl-C, or choose another folder with --data and other ports with --port.`,
    );
  writeFileSync(folder.lock, `${process.pid} ${databasePort}\n`);
  return () => rmSync(folder.lock, { force: true });
}
