import { setTimeout as delay } from 'node:timers/promises';

import { Failure } from '../activities/failure.ts';

export interface WaitOptions {
  /** What is awaited, for the message: `the Web UI of Temporal`. */
  what: string;
  timeoutMs: number;
  /** @default 50 */
  pollMs?: number;
  /** Read at the time-out, to say what was seen last, e.g. the end of a log. */
  describe?: () => string | Promise<string>;
}

/**
 * Polls until `probe` answers something other than `undefined`. A probe that throws counts as "not yet", and its
 * message is part of the time-out's; a probe that throws a `Failure` ends the wait, so it can say "this never happens".
 */
export async function waitUntil<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let lastError = '';
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      if (error instanceof Failure) throw error;
      lastError = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() >= deadline) throw await toTimeoutFailure(options, lastError);
    await delay(options.pollMs ?? 50);
  }
}

async function toTimeoutFailure(options: WaitOptions, lastError: string): Promise<Failure> {
  const seen = [lastError, (await options.describe?.()) ?? ''].filter((part) => part !== '').join('\n');
  const seconds = Math.round(options.timeoutMs / 1000);
  return new Failure(
    'sandbox.failed',
    `Waited ${seconds} s for ${options.what} in vain.${seen === '' ? '' : `\n${seen}`}`,
  );
}
