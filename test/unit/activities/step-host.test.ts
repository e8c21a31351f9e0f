import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { defineActivity } from '../../../activities/define-step.ts';
import type { StepDeps } from '../../../activities/deps.ts';
import { getRequestScope, type RequestScope } from '../../../activities/hbase/request-scope.ts';
import { keepAlive } from '../../../activities/keep-alive.ts';
import { runJob } from '../../../activities/run-job.ts';
import type { Jobs } from '../../../activities/jobs/jobs.ts';
import { createPlainContext, type StepContext } from '../../../activities/step-context.ts';
import { bindActivity, type StepHost } from '../../../activities/step-host.ts';
import { temporalHost } from '../../../activities/temporal-context.ts';
import type { StepName } from '../../../workflows/contract/steps.ts';
import { createModelDeps } from '../../model/model-deps.ts';
import { createModelFixture, tableSpec } from '../../model/model-fixture.ts';
import { createRandom } from '../../model/random.ts';

const run = { runId: 'run001', workflowId: 'w', source: 'old', target: 'new', inventoryDigest: 'same' };
const INVENTORY = { digest: 'same', file: 'clusters.yaml' };

/** What the step `name` sends its first request with. */
async function scopeOf(name: StepName, ctx: StepContext): Promise<RequestScope> {
  let seen: RequestScope | undefined;
  const step = defineActivity<'auditLeaks'>({
    // The name decides; the shape of the step does not matter here.
    name: name as 'auditLeaks',
    kind: 'read',
    summary: '',
    run: async () => {
      await Promise.resolve();
      seen = getRequestScope();
      return { leaks: [], foreign: [], residues: [] };
    },
  });
  const deps = { inventory: INVENTORY } as StepDeps;
  await bindActivity(step, { deps, host: hostOf(ctx) })({ run, outcome: 'undone' });
  return seen!;
}

const hostOf = (ctx: StepContext): StepHost => ({ createContext: () => ctx, toThrown: (error) => error });

describe('bindActivity', () => {
  it('a request: carries workflow, activity and attempt', async () => {
    const env = new MockActivityEnvironment({ activityId: '17', attempt: 3 });
    const step = defineActivity<'sealEvidence'>({
      name: 'sealEvidence',
      kind: 'read',
      summary: '',
      run: async () => ({ digest: getRequestScope().operation }),
    });
    const deps = { inventory: INVENTORY } as StepDeps;
    const sealed = await env.run(bindActivity(step, { deps, host: temporalHost }), { evidence: {} });
    expect(sealed).toEqual({ digest: `${env.context.info.workflowExecution?.workflowId}/17/3` });
  });

  it('a step that makes something: its requests end with its attempt', async () => {
    const { signal } = new AbortController();
    expect((await scopeOf('addPeer', createPlainContext({ signal }))).signal).toBe(signal);
  });

  it.each<StepName>(['settleNotes', 'closeRun', 'stopFenceGuard', 'unfenceTables', 'liftFence'])(
    '%s takes back: its requests do not hear of a cancellation',
    async (name) => {
      const scope = await scopeOf(name, createPlainContext());
      expect(scope).toEqual({ operation: 'plain/1' });
    },
  );

  it('a cancelled attempt: a change that the cluster has not begun is never made, one that has begun is waited for', async () => {
    const { clock, world, old, settle } = createModelFixture();
    const random = createRandom(1);
    const link = { clock, random, decide: () => ({ kind: 'none' as const }), isAlive: () => true };
    const deps = createModelDeps({ world, link, random, runCommand: async () => ({ exitCode: 0, outputTail: '' }) });
    const controller = new AbortController();
    const ctx = createPlainContext({ signal: controller.signal, sleep: (ms) => clock.sleep(ms) });
    const step = defineActivity<'sealEvidence'>({
      name: 'sealEvidence',
      kind: 'change',
      summary: '',
      run: async (_input, world_) => {
        const cluster = await world_.deps.cluster('old');
        const first = cluster.createTable(tableSpec('begun'));
        await clock.sleep(20);
        controller.abort(new Error('cancelled'));
        await first;
        await cluster.createTable(tableSpec('late'));
        return { digest: '' };
      },
    });
    const done = settle(bindActivity(step, { deps, host: hostOf(ctx) })({ evidence: {} }));
    await expect(done).rejects.toThrow('cancelled');
    await clock.runFor(60_000);
    expect([...old.state.tables.keys()]).toEqual(['begun']);
  });

  it('a cancelled job: is stopped by requests that are not cancelled', async () => {
    const controller = new AbortController();
    const scopes: RequestScope[] = [];
    const jobs: Pick<Jobs, 'ensure' | 'stop'> = {
      ensure: async ({ key }) => {
        controller.abort(new Error('cancelled'));
        return { key, phase: 'running', log: '', logOffset: 0, counters: {} };
      },
      stop: async () => void scopes.push(getRequestScope()),
    };
    const step = defineActivity<'sealEvidence'>({
      name: 'sealEvidence',
      kind: 'job',
      summary: '',
      run: async (_input, world) => {
        const job = { key: 'r/export/s/1', timeLimitMs: 1, kind: 'program', program: 'hadoop', args: [] } as const;
        await runJob({ world, cluster: 'old', job: { ...job, args: [] }, phase: 'export' });
        return { digest: '' };
      },
    });
    const deps = { inventory: INVENTORY, jobs: async () => jobs } as unknown as StepDeps;
    const ctx = createPlainContext({ signal: controller.signal });
    const bound = bindActivity(step, { deps, host: hostOf(ctx) });
    await expect(bound({ evidence: {} })).rejects.toThrow('cancelled');
    expect(scopes).toEqual([{ operation: 'plain/1' }]);
  });
});

describe('keepAlive', () => {
  it('a cancelled step that waits for a change that has begun: goes on beating', async () => {
    const { clock, world, settle } = createModelFixture();
    const random = createRandom(1);
    const link = { clock, random, decide: () => ({ kind: 'none' as const }), isAlive: () => true };
    const deps = createModelDeps({ world, link, random, runCommand: async () => ({ exitCode: 0, outputTail: '' }) });
    const controller = new AbortController();
    let beats = 0;
    const ctx = createPlainContext({
      signal: controller.signal,
      sleep: (ms) => clock.sleep(ms),
      onProgress: () => (beats += 1),
    });
    controller.abort(new Error('cancelled'));
    await settle(keepAlive({ world: { ctx, deps }, cluster: 'old', phase: 'x' }, () => clock.sleep(10_000)));
    expect(beats).toBeGreaterThanOrEqual(8);
  });
});
