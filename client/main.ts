import { run } from '@stricli/core';
import { app } from './app.ts';
import { createAppContext } from './context.ts';

/** Exit codes of stricli itself: bad usage is the user's mistake like any other bad input. */
const USAGE_CODES = new Set([-4, -5, 251, 252]);

await run(app, process.argv.slice(2), createAppContext(process));
if (USAGE_CODES.has(Number(process.exitCode))) process.exitCode = 2;
