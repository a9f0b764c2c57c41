import { spawnSync } from 'node:child_process';

/** Whether an outside program that serves as an oracle is on this machine: tests that need it are skipped otherwise. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}
