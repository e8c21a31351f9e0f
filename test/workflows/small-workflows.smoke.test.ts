import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import type { RunOverview } from '../../workflows/contract/step-data.ts';
import { readFailure, startSmokeEnvironment, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps, stubPlan } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

const plan = stubPlan('gone', ['shop:a'], {});
const { runId, workflowId, inventoryDigest } = plan;
const overview: RunOverview = {
  run: { runId, workflowId, source: 'old', target: 'new', inventoryDigest },
  workflow: 'ended',
  plan,
  notes: [
    { side: 'source', kind: 'peer', subject: plan.peerId, at: plan.createdAt },
    { side: 'source', kind: 'fence', subject: 'shop:a', at: plan.createdAt },
    { side: 'source', kind: 'guard', subject: '1', at: plan.createdAt },
  ],
  claims: [{ side: 'source', table: 'shop:a' }],
  marks: [],
};
const clean = { type: 'cleanRun', args: [{ runId }] };

test('cleanRun: without a mark it competes for it, then undoes', async () => {
  const stubs = createStubSteps([], { listRuns: async () => [overview] });
  await env.withWorkflow(stubs, clean, async (handle) => {
    expect((await handle.result()) as unknown as CleanReport).toMatchObject({ outcome: 'undone', dryRun: false });
  });
  expect(stubs.names().slice(0, 2)).toEqual(['listRuns', 'setMark']);
  expect(stubs.names()[2]).toContain('settle fence');
  expect(stubs.names().at(-1)).toBe('closeRun');
});

test('cleanRun: past the mark it completes forward', async () => {
  const marks: RunOverview['marks'] = [{ epoch: 1, decision: 'cut-over', by: 'workflow', at: plan.createdAt }];
  const stubs = createStubSteps([], { listRuns: async () => [{ ...overview, marks }] });
  await env.withWorkflow(stubs, clean, async (handle) => {
    expect((await handle.result()) as unknown as CleanReport).toMatchObject({ outcome: 'completed' });
  });
  expect(stubs.names().slice(0, 3)).toEqual(['listRuns', 'openTarget', 'proveDrained']);
  expect(stubs.names()[3]).toContain('settle peer');
});

test('cleanRun: a dry run only says what it would do', async () => {
  const stubs = createStubSteps([], {
    listRuns: async () => [overview],
    settleNotes: async ({ kind, side, dryRun }) => {
      expect(dryRun).toBe(true);
      return { settled: kind === 'peer' && side === 'source' ? [{ subject: 'p', action: 'remove' }] : [], kept: [] };
    },
  });
  await env.withWorkflow(stubs, { type: 'cleanRun', args: [{ runId, dryRun: true }] }, async (handle) => {
    const report = (await handle.result()) as unknown as CleanReport;
    expect(report.settled).toEqual([{ cluster: 'old', kind: 'peer', subject: 'p', action: 'remove' }]);
  });
  const changing = ['setMark', 'openTarget', 'closeRun', 'auditLeaks'];
  expect(stubs.names().filter((name) => changing.includes(name))).toEqual([]);
});

test.each([
  ['running', false, /is still going: temporal-hbase cancel /],
  ['running', true, /is still going: temporal-hbase cancel /],
  ['unknown', false, /temporal-hbase clean .* --force/],
] as const)(
  'cleanRun: a run that is %s, force %s, is refused before anything is changed',
  async (workflow, force, why) => {
    const stubs = createStubSteps([], { listRuns: async () => [{ ...overview, workflow }] });
    await env.withWorkflow(stubs, { type: 'cleanRun', args: [{ runId, force }] }, async (handle) => {
      const failure = await readFailure(handle);
      expect(failure).toMatchObject({ type: 'run.active', message: expect.stringMatching(why) });
    });
    expect(stubs.names()).toEqual(['listRuns']);
  },
);

test('cleanRun: a run that is unknown to Temporal is cleaned by force, and shown without', async () => {
  const stubs = createStubSteps([], { listRuns: async () => [{ ...overview, workflow: 'unknown' }] });
  for (const args of [{ force: true }, { dryRun: true }])
    await env.withWorkflow(stubs, { type: 'cleanRun', args: [{ runId, ...args }] }, async (handle) => {
      expect((await handle.result()) as unknown as CleanReport).toMatchObject({ outcome: 'undone' });
    });
});

test('cleanRun: an unknown run is said to be unknown', async () => {
  await env.withWorkflow(createStubSteps([]), clean, async (handle) => {
    expect((await readFailure(handle)).type).toBe('run.unknown');
  });
});

test.each([
  ['cleanRun', [], '"runId":'],
  ['liftFence', [{ cluster: 'old', tabel: 'x' }], 'tabel is unknown'],
  ['checkClusters', [{ clusters: 'old' }], 'must be a list'],
])('%s: bad input fails at once with an example', async (type, args, expected) => {
  const stubs = createStubSteps([]);
  await env.withWorkflow(stubs, { type, args }, async (handle) => {
    const failure = await readFailure(handle);
    expect(failure).toMatchObject({ type: 'request.invalid', message: expect.stringContaining(expected) });
    expect(failure.message).toContain('Example: {');
  });
  expect(stubs.names()).toEqual([]);
});

test('planMigration: answers the plan and its steps, and claims nothing', async () => {
  const stubs = createStubSteps(['shop:a']);
  await env.withWorkflow(stubs, { type: 'planMigration', args: [{}] }, async (handle) => {
    expect(await handle.result()).toMatchObject({ plan: { runId }, steps: [] });
  });
  expect(stubs.names()).toEqual(['planMigration', 'describePlan']);
});

test('bundle: neither zod nor ssh2 weighs on the sandbox', () => {
  expect(env.bundledCode).toContain('migrateTables');
  expect(env.bundledCode).not.toMatch(/node_modules\/(zod|ssh2)\//);
});
