import { expect, test } from 'vitest';

import { Failure } from '../../../activities/failure.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

test('waitUntil: an error of the probe means not yet', async () => {
  let calls = 0;
  const probe = () => {
    calls += 1;
    if (calls < 3) throw new Error('not yet');
    return calls;
  };
  await expect(waitUntil(probe, { what: 'it', timeoutMs: 5000, pollMs: 1 })).resolves.toBe(3);
});

test('waitUntil: a Failure of the probe means never', async () => {
  await expect(
    waitUntil(() => Promise.reject(new Failure('sandbox.failed', 'it died')), { what: 'it', timeoutMs: 60_000 }),
  ).rejects.toThrow('it died');
});

test('waitUntil: the time-out says what was awaited and what was seen last', async () => {
  const waiting = waitUntil(() => Promise.reject(new Error('connection refused')), {
    what: 'the server',
    timeoutMs: 5,
    pollMs: 1,
    describe: () => 'its log',
  });
  await expect(waiting).rejects.toThrow(/the server[^]*connection refused[^]*its log/);
});
