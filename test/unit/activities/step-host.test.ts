import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { defineActivity, type StepWorld } from '../../../activities/define-step.ts';
import type { StepDeps } from '../../../activities/deps.ts';
import { getRequestScope, type RequestScope, whileWaiting } from '../../../activities/hbase/request-scope.ts';
import { runJob } from '../../../activities/run-job.ts';
import type { Jobs } from '../../../activities/jobs/jobs.ts';
import { createPlainContext, type ProgressReport, type StepContext } from '../../../activities/step-context.ts';
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

  it('a request: is never waited for beyond its attempt, whatever limit its verb has', async () => {
    const env = new MockActivityEnvironment({ startToCloseTimeoutMs: 20_000 });
    let endsMs: number | undefined;
    const step = defineActivity<'sealEvidence'>({
      name: 'sealEvidence',
      kind: 'read',
      summary: '',
      run: async () => {
        ({ endsMs } = getRequestScope());
        return { digest: '' };
      },
    });
    const deps = { inventory: INVENTORY } as StepDeps;
    const startedMs = performance.now();
    await env.run(bindActivity(step, { deps, host: temporalHost }), { evidence: {} });
    expect(endsMs).toBeGreaterThan(startedMs);
    expect(endsMs).toBeLessThan(performance.now() + 20_000);
  });

  it('a step that makes something: its requests end with its attempt', async () => {
    const { signal } = new AbortController();
    expect((await scopeOf('addPeer', createPlainContext({ signal }))).signal).toBe(signal);
  });

  it.each<StepName>(['settleNotes', 'closeRun', 'stopFenceGuard', 'unfenceTables', 'liftFence'])(
    '%s takes back: its requests do not hear of a cancellation',
    async (name) => {
      const scope = await scopeOf(name, createPlainContext());
      expect(scope).toEqual({ operation: 'plain/1', waits: new Set() });
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
    expect(scopes).toEqual([{ operation: 'plain/1', waits: new Set() }]);
  });
});

describe('heartbeat', () => {
  /** Runs a step that only does `work` on a virtual clock, and answers what it beat. */
  async function beatsOf(work: (world: StepWorld) => Promise<unknown>, signal?: AbortSignal) {
    const { clock, settle } = createModelFixture();
    const beats: { atMs: number; report: ProgressReport }[] = [];
    const ctx = createPlainContext({
      ...(signal === undefined ? {} : { signal }),
      sleep: (ms) => clock.sleep(ms),
      nowMs: () => clock.nowMs(),
      onProgress: (report) => beats.push({ atMs: clock.nowMs(), report }),
    });
    const step = defineActivity<'sealEvidence'>({
      name: 'sealEvidence',
      kind: 'read',
      summary: 'seals',
      run: async (_input, world) => {
        await work(world);
        return { digest: '' };
      },
    });
    const bound = bindActivity(step, { deps: { inventory: INVENTORY } as StepDeps, host: hostOf(ctx) });
    await settle(bound({ evidence: {} }));
    await clock.runFor(10_000);
    return beats;
  }
  const sleep = (world: StepWorld, ms: number): Promise<void> => world.ctx.sleepRegardless(ms);

  it('a step: beats each second while its cluster answers nothing, and no more once it has ended', async () => {
    const beats = await beatsOf((world) => sleep(world, 30_500));
    expect(beats.map(({ atMs }) => atMs - beats[0]!.atMs)).toEqual(Array.from({ length: 30 }, (_, at) => at * 1_000));
    expect(beats[0]?.report).toMatchObject({ step: 'sealEvidence', phase: 'seals' });
  });

  it('a step: beats with what it reported last', async () => {
    const beats = await beatsOf(async (world) => {
      world.ctx.progress({ phase: 'copying', done: 1, total: 2, unit: 'bytes' });
      await sleep(world, 2_500);
    });
    expect(beats).toHaveLength(3);
    expect(beats[2]?.report).toMatchObject({ step: 'sealEvidence', phase: 'copying', done: 1, total: 2 });
  });

  it('a cancelled step that waits for a change that has begun: goes on beating', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    expect(await beatsOf((world) => sleep(world, 10_500), signal)).toHaveLength(10);
  });

  it('a cluster that has been silent for a minute: is named, until it answers', async () => {
    const beats = await beatsOf(async (world) => {
      const sinceMs = world.ctx.nowMs();
      const wait = { cluster: 'new', verb: 'cloneSnapshot', sinceMs };
      getRequestScope().waits?.add(wait);
      await sleep(world, 62_500);
      getRequestScope().waits?.delete(wait);
      await sleep(world, 2_000);
    });
    const named = beats.filter(({ report }) => report.phase.includes('new has not answered cloneSnapshot since'));
    expect(named.map(({ report }) => report.phase.slice(0, 8))).toEqual(['seals; n', 'seals; n', 'seals; n']);
    expect(beats.at(-1)?.report.phase).toBe('seals');
  });

  it('a request: counts as unanswered until its reply or its failure', async () => {
    await beatsOf(async () => {
      const { waits } = getRequestScope();
      const failing = whileWaiting({ cluster: 'old', verb: 'readTable' }, () => Promise.reject(new Error('gone')));
      expect([...(waits ?? [])]).toMatchObject([{ cluster: 'old', verb: 'readTable' }]);
      await expect(failing).rejects.toThrow('gone');
      expect(waits).toEqual(new Set());
    });
  });
});
