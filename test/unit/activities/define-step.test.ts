import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { describe, expect, it } from 'vitest';
import { defineActivity, defineStep } from '../../../activities/define-step.ts';
import type { StepDeps } from '../../../activities/deps.ts';
import { Failure } from '../../../activities/failure.ts';
import { createPlainContext, type ProgressReport } from '../../../activities/step-context.ts';
import { bindActivity } from '../../../activities/step-host.ts';
import { temporalHost } from '../../../activities/temporal-context.ts';

const run = { runId: 'run001', workflowId: 'w', source: 'old', target: 'new', inventoryDigest: 'same' };
const deps = {
  inventory: { digest: 'same', file: 'clusters.yaml' },
  cluster: () => Promise.resolve({ listNamespaces: () => Promise.resolve([]) }),
} as unknown as StepDeps;
const input = { run, peerId: 'thb_run001' };

function enableOnce(state: { enabled: boolean; applied: number; heals: boolean }) {
  return defineStep<'enablePeer'>({
    name: 'enablePeer',
    kind: 'change',
    summary: 'enable the peer',
    on: ({ run: { source } }) => source,
    plan: () => ({ cluster: 'old', summary: '', command: '', undo: '', doneWhen: '' }),
    observe: () =>
      Promise.resolve(state.enabled ? { done: true, result: {} } : { done: false, why: 'the peer is disabled' }),
    apply: () => {
      state.applied += 1;
      state.enabled = state.heals;
      return Promise.resolve();
    },
  });
}

const throwing = (error: unknown) =>
  defineActivity<'auditLeaks'>({
    name: 'auditLeaks',
    kind: 'read',
    summary: '',
    run: async () => {
      throw error;
    },
  });
const auditInput = { run, outcome: 'undone' as const };

describe('defineStep', () => {
  it('a step: already so is success without a change', async () => {
    const state = { enabled: true, applied: 0, heals: true };
    expect(await enableOnce(state).run(input, { ctx: createPlainContext(), deps })).toEqual({ changed: false });
    expect(state.applied).toBe(0);
  });

  it('a step: applies the difference once and observes again', async () => {
    const state = { enabled: false, applied: 0, heals: true };
    expect(await enableOnce(state).run(input, { ctx: createPlainContext(), deps })).toEqual({ changed: true });
    expect(state.applied).toBe(1);
  });

  it('a step: a change that is not visible afterwards is a retryable failure', async () => {
    const step = enableOnce({ enabled: false, applied: 0, heals: false });
    const failure = await step.run(input, { ctx: createPlainContext(), deps }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'step.not-converged', retryable: true });
  });

  it('a step: refuses a worker with another clusters file, retryably', async () => {
    const step = enableOnce({ enabled: false, applied: 0, heals: true });
    const other = { ...input, run: { ...run, inventoryDigest: 'another' } };
    const failure = await step.run(other, { ctx: createPlainContext(), deps }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'inventory.mismatch', retryable: true });
  });

  it('a step: a cancelled one does not begin to change anything', async () => {
    const state = { enabled: false, applied: 0, heals: true };
    const reason = new Error('stop');
    const ctx = createPlainContext({ signal: AbortSignal.abort(reason) });
    await expect(enableOnce(state).run(input, { ctx, deps })).rejects.toBe(reason);
    expect(state.applied).toBe(0);
  });

  it('progress: carries the step and the time', async () => {
    const seen: ProgressReport[] = [];
    const ctx = createPlainContext({ onProgress: (report) => seen.push(report), nowMs: () => 0 });
    const activity = defineActivity<'waitForPeerQueues'>({
      name: 'waitForPeerQueues',
      kind: 'wait',
      summary: '',
      run: (_input, world) => {
        world.ctx.progress({ phase: 'waiting', done: 1, total: 2, unit: 'wals' });
        return Promise.resolve({ changed: false });
      },
    });
    await activity.run(input, { ctx, deps });
    expect(seen).toMatchObject([{ step: 'waitForPeerQueues', phase: 'waiting', at: '1970-01-01T00:00:00.000Z' }]);
  });
});

describe('temporalHost', () => {
  it('a Failure: becomes an ApplicationFailure with the code as type, retryable by the table', async () => {
    const failure = new Failure('hbase.failed', 'old: busy', { cluster: 'old' });
    const thrown = await runInTemporal(throwing(failure));
    expect(thrown).toBeInstanceOf(ApplicationFailure);
    expect(thrown).toMatchObject({ type: 'hbase.failed', nonRetryable: false });
    expect((thrown as ApplicationFailure).details).toEqual([
      { step: 'auditLeaks', code: 'hbase.failed', cluster: 'old' },
    ]);
  });

  it('a final Failure: is not retried', async () => {
    expect(await runInTemporal(throwing(new Failure('target.has-data', 'x')))).toMatchObject({ nonRetryable: true });
  });

  it('an unexpected error: is internal and not retried', async () => {
    expect(await runInTemporal(throwing(new TypeError('boom')))).toMatchObject({
      type: 'internal',
      nonRetryable: true,
      message: 'auditLeaks: TypeError: boom',
    });
  });

  it('a cancellation: is thrown as it came', async () => {
    const env = new MockActivityEnvironment();
    const waiting = defineActivity<'auditLeaks'>({
      name: 'auditLeaks',
      kind: 'wait',
      summary: '',
      run: (_input, { ctx }) => ctx.sleep(60_000).then(() => ({ leaks: [], foreign: [], residues: [] })),
    });
    const done = env.run(bindActivity(waiting, { deps, host: temporalHost }), auditInput).catch((e: unknown) => e);
    env.cancel();
    expect(await done).toBeInstanceOf(CancelledFailure);
  });
});

function runInTemporal(activity: ReturnType<typeof throwing>): Promise<unknown> {
  const env = new MockActivityEnvironment();
  return env.run(bindActivity(activity, { deps, host: temporalHost }), auditInput).catch((error: unknown) => error);
}
