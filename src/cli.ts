import { CommanderError } from 'commander';
import { buildProgram } from './cli/program.ts';
import { Refusal } from './documents/refusal.ts';

// The command line: parses, runs one command, turns what it throws into a sentence and an exit status.
// 0: done. 1: what was examined is not valid, or the work was refused. 2: the command line itself is wrong.
try {
  await buildProgram().parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof Refusal) {
    process.stderr.write(`${error.message} (${error.code})\n`);
    for (const fault of error.faults) process.stderr.write(`  ${fault.code} ${fault.pointer} ${fault.message}\n`);
    process.exitCode = 1;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.stderr.write('This is a defect of Selat. Please report it with the lines above.\n');
    process.exitCode = 1;
  }
}
