import { setTimeout as delay } from 'node:timers/promises';

/** Polls a condition to a deadline. The title says what did not come true. */
export async function waitUntil(
  title: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`After ${timeoutMs} ms it is still not true that ${title}.`);
    await delay(50);
  }
}
