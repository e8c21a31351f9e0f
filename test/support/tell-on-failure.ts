import { aroundEach } from 'vitest';
import { collectTellers, formatTold, type Teller } from './tell.ts';

/** Of every test file (vitest.config.ts): a test that fails prints what its helpers have seen. */
aroundEach(async (runTest, { task, onTestFailed }) => {
  const tellers: Teller[] = [];
  onTestFailed(async () => {
    if (tellers.length > 0) console.error(`${task.name}\n${await formatTold(tellers)}`);
  });
  await collectTellers(tellers, runTest);
});
