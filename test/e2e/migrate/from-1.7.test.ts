import { test } from 'vitest';
import { moveByStaging } from './by-staging.ts';

test('migrateTables: 1.7.1 to 2.6.1 moves a table by the intermediate path under a live writer, fence disable', async () => {
  await moveByStaging({ pair: '1.7.1:2.6.1', fence: 'disable' });
});
