import { run, type StricliProcess } from '@stricli/core';
import { app } from './app.ts';
import type { AppContext } from './context.ts';
import { toCalledForm } from './program-name.ts';
import { FAILURES } from '../workflows/contract/failures.ts';

/** Of stricli itself, an unknown command and bad flags: the user's mistake like any other bad input. */
const USAGE_CODES = new Set([-4, -5]);

/** What stricli itself prints, help above all, has its commands in the form in which the program was called, too. */
function toHelpProcess({ process, program }: AppContext): StricliProcess {
  const write = (stream: 'stdout' | 'stderr') => ({
    write: (text: string) => process[stream].write(toCalledForm(text, program)),
    getColorDepth: () => process[stream].getColorDepth?.() ?? 1,
  });
  return {
    stdout: write('stdout'),
    stderr: write('stderr'),
    get exitCode() {
      return process.exitCode ?? null;
    },
    set exitCode(code) {
      process.exitCode = code;
    },
  };
}

/** Runs one command line. The exit code is set on the context's process, and is always one of the failure table's. */
export async function runApp(inputs: readonly string[], context: AppContext): Promise<void> {
  const { process } = context;
  await run(app, inputs, { process: toHelpProcess(context), forCommand: () => context });
  const code = Number(process.exitCode ?? 0);
  if (code < 0) process.exitCode = FAILURES[USAGE_CODES.has(code) ? 'request.invalid' : 'internal'].exit;
}
