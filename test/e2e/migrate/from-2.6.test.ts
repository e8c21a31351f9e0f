import { test } from 'vitest';
import { moveByStaging } from './by-staging.ts';

test('migrateTables: 2.6.1 to 2.6.1 moves a table by the intermediate path under a live writer, fence readonly', async () => {
  await moveByStaging({ pair: '2.6.1:2.6.1', fence: 'readonly' });
});
