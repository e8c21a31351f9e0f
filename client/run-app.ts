import { run } from '@stricli/core';
import { app } from './app.ts';
import type { AppContext } from './context.ts';
import { FAILURES } from '../workflows/contract/failures.ts';

/** Of stricli itself, an unknown command and bad flags: the user's mistake like any other bad input. */
const USAGE_CODES = new Set([-4, -5]);

/** Runs one command line. The exit code is set on the context's process, and is always one of the failure table's. */
export async function runApp(inputs: readonly string[], context: AppContext): Promise<void> {
  await run(app, inputs, context);
  const { process } = context;
  const code = Number(process.exitCode ?? 0);
  if (code < 0) process.exitCode = FAILURES[USAGE_CODES.has(code) ? 'request.invalid' : 'internal'].exit;
}
