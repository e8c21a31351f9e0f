import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { clearStateDir } from './state.ts';

/** Ends with its standard input, that is, with the process that started it, however that one ended. */
const PROGRAM = fileURLToPath(import.meta.url);

export interface Reaper {
  /** The sandbox was stopped in an orderly way. */
  dismiss(): void;
}

/**
 * Watches over a sandbox that shall not outlive this process: when this process is gone, even by kill -9, everything
 * recorded in the folder is stopped and the folder is removed.
 */
export function startReaper(stateDir: string): Reaper {
  const child = spawn(process.execPath, [PROGRAM, stateDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  child.unref();
  // A pipe that is open would keep this process alive.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  // Without the reaper the next start clears what is left.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return { dismiss: () => child.stdin.end('stopped') };
}

async function reap(stateDir: string): Promise<void> {
  let said = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) said += String(chunk);
  if (said !== 'stopped') await clearStateDir(stateDir);
}

const [, program, stateDir] = process.argv;
if (program === PROGRAM && stateDir !== undefined) await reap(stateDir);
