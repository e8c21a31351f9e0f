import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { defaultCacheDir } from '../../../sandbox/folders.ts';
import { listRecordedProcesses } from '../../../sandbox/processes.ts';
import { startTemporal, type StartedTemporal } from '../../../sandbox/temporal/start-temporal.ts';

let stateDir: string;
let temporal: StartedTemporal;

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'thb-temporal-'));
  temporal = await startTemporal({ stateDir, cacheDir: defaultCacheDir(), pinnedOnly: true });
});
afterAll(async () => {
  await temporal?.stop();
  await rm(stateDir, { recursive: true });
});

test('restart: after kill -9 the same address serves the same workflows', async () => {
  await withClient((client) => client.workflow.start('any', { taskQueue: 'none', workflowId: 'kept' }));
  const { pid, address } = temporal;
  await temporal.kill();
  await temporal.restart();
  expect(temporal.pid).not.toBe(pid);
  expect(temporal.address).toBe(address);
  const description = await withClient((client) => client.workflow.getHandle('kept').describe());
  expect(description.status.name).toBe('RUNNING');
});

test('stop: leaves no record, and again is no error', async () => {
  await temporal.stop();
  await temporal.stop();
  expect(await listRecordedProcesses(stateDir)).toEqual([]);
});

async function withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}
