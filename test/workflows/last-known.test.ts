import { afterAll, beforeAll, expect, test } from 'vitest';
import { LAST_KNOWN } from '../../workflows/contract/last-known.ts';
import { runCli } from '../unit/client/run-cli.ts';
import { requestFor, startModelEnvironment, type ModelEnvironment } from './model-environment.ts';
import { until } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

/** The command line, over the connection of the test. */
function cli(args: string[], taskQueue: string) {
  const target = { connectionOptions: {}, address: 'a:1', namespace: 'default', taskQueue, uiUrl: 'http://ui' };
  const connected = { client: env.temporal.client, target, [Symbol.asyncDispose]: async () => undefined };
  return runCli(args, { connected, nowMs: Date.now() });
}

test('status without a worker: the last known phase, what it waits for, and the command; its exit is not that of an address', async () => {
  const site = { id: '', queue: '' };
  await env.withWorld(async ({ addTables, start, taskQueue }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    await until(handle, ({ canCutOver }) => canCutOver);
    Object.assign(site, { id: handle.workflowId, queue: taskQueue });
  });
  const { memo } = await env.temporal.client.workflow.getHandle(site.id).describe();
  expect(memo?.[LAST_KNOWN]).toMatchObject({ phase: 'awaiting-approval', tables: { total: 1, done: 1 } });
  const { stdout, exitCode } = await cli(['status', site.id], site.queue);
  expect(exitCode).toBe(17);
  expect(stdout).toMatch(/no worker answers; to Temporal it is RUNNING/);
  expect(stdout).toMatch(/awaiting-approval for/);
  expect(stdout).toMatch(/waited for approval since/);
  expect(stdout).toMatch(/pending: watchRun/);
  expect(stdout).toContain(`temporal-hbase worker --clusters clusters.yaml --task-queue ${site.queue}`);
  const listed = (await cli(['list', '--json'], site.queue)).document();
  expect(listed).toContainEqual(expect.objectContaining({ workflowId: site.id, phase: 'awaiting-approval' }));
});

test('status without a worker of a run that has ended: its report', async () => {
  const site = { id: '', queue: '' };
  await env.withWorld(async ({ addTables, start, taskQueue }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a'], { approval: 'automatic' }));
    await handle.result();
    Object.assign(site, { id: handle.workflowId, queue: taskQueue });
  });
  const { stdout, exitCode } = await cli(['status', site.id], site.queue);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining(`${site.id}: done for`)]);
});
