import { fileURLToPath } from 'node:url';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from './clock.ts';
import { createRandom } from './random.ts';
import type { StepContext } from '../../activities/step-context.ts';
import { createTemporalSimulator, getSandbox, type SimWorker, type TemporalSimulator } from './temporal-simulator.ts';

const workflowsPath = fileURLToPath(new URL('./temporal/fixture-workflows.ts', import.meta.url));

interface Fixture {
  clock: VirtualClock;
  simulator: TemporalSimulator;
  worker: SimWorker;
  attempts: string[];
  end<T>(promise: Promise<T>): Promise<T>;
}

async function setUp(overrides: Partial<Record<string, SimWorker['run']>> = {}): Promise<Fixture> {
  const clock = createVirtualClock();
  const sandbox = await getSandbox(workflowsPath);
  const attempts: string[] = [];
  const onAttempt = (type: string, attempt: number): number => attempts.push(`${type} ${attempt}`);
  const simulator = createTemporalSimulator({ clock, random: createRandom(7), sandbox, onAttempt });
  const run: SimWorker['run'] = async (type, input, ctx) => {
    const override = overrides[type];
    if (override) return override(type, input, ctx);
    if (type === 'fail') {
      const { type: code, retryable } = input as { type: string; retryable: boolean };
      throw ApplicationFailure.create({ message: 'no', type: code, nonRetryable: !retryable });
    }
    if (type === 'hang') await hang(ctx);
    return `${String(input)}!`;
  };
  const end = async <T>(promise: Promise<T>): Promise<T> => {
    let ended = false;
    const mark = (): void => {
      ended = true;
    };
    promise.then(mark, mark);
    await clock.runUntil(() => ended, { maxEvents: 100_000 });
    return promise;
  };
  return { clock, simulator, worker: simulator.startWorker(run), attempts, end };
}

describe('temporal simulator', () => {
  it('runs activities and timers on the virtual clock', async () => {
    const { simulator, clock, end } = await setUp();
    const startedMs = clock.nowMs();
    expect(await end(simulator.start('echoTwice', { workflowId: 'w', input: 'a' }).result())).toBe('a!!');
    expect(clock.nowMs() - startedMs).toBeGreaterThanOrEqual(600_000);
  });

  it('tries a retryable failure again by the policy, a final one never', async () => {
    const { simulator, attempts, end } = await setUp();
    const soft = simulator.start('failing', { workflowId: 'a', input: { type: 'soft', retryable: true } });
    expect(await end(soft.result())).toBe('soft: no');
    expect(attempts).toEqual(['fail 1', 'fail 2', 'fail 3']);
    const hard = simulator.start('failing', { workflowId: 'b', input: { type: 'hard', retryable: false } });
    expect(await end(hard.result())).toBe('hard: no');
    expect(attempts).toHaveLength(4);
  });

  it('takes signals, queries and updates, and refuses by validator', async () => {
    const { simulator, clock, end } = await setUp();
    const first = simulator.start('gated', { workflowId: 'w' });
    await clock.runFor(1_000);
    expect(await first.query('status')).toBe('waiting');
    await expect(end(first.update('tell', ''))).rejects.toThrow('nobody');
    expect(await end(first.update('tell', 'ann'))).toBe('ann');
    expect(await end(first.result())).toBe('ann');
    const second = simulator.start('gated', { workflowId: 'w' });
    second.signal('approve', 'bob');
    expect(await end(second.result())).toBe('bob');
    expect(await end(simulator.start('gated', { workflowId: 'w' }).result())).toBe('expired');
  });

  it('a cancellation reaches a running activity by its heartbeat, and the undo runs', async () => {
    const { simulator, clock, end } = await setUp();
    const handle = simulator.start('undoing', { workflowId: 'w' });
    await clock.runFor(20_000);
    handle.cancel();
    expect(await end(handle.result())).toBe('undone all!');
  });

  it('an attempt of a killed worker is tried again after its heartbeat time-out, and the run is replayed', async () => {
    const { simulator, clock, worker, attempts, end } = await setUp();
    const handle = simulator.start('undoing', { workflowId: 'w' });
    await clock.runFor(3_000);
    simulator.killWorker(worker);
    simulator.startWorker(async () => 'from the next worker');
    expect(await end(handle.result())).toBe('from the next worker');
    expect(attempts).toEqual(['hang 1', 'hang 2']);
  });

  it('an attempt that is cut off goes on, is told so by its own side, and its answer counts for nothing', async () => {
    const seen: string[] = [];
    const { simulator, clock, worker, end } = await setUp({
      hang: async (_type, _input, ctx) => {
        try {
          for (;;) await ctx.sleep(1_000);
        } catch (error) {
          seen.push(`${error instanceof CancelledFailure} ${ctx.cancelCause()}`);
          return 'too late';
        }
      },
    });
    const handle = simulator.start('undoing', { workflowId: 'w' });
    await clock.runFor(1_000);
    worker.connected = false;
    simulator.startWorker(async () => 'second attempt');
    expect(await end(handle.result())).toBe('second attempt');
    expect(seen).toEqual(['true interrupted']);
  });

  it('children run beside each other and give their results to the parent', async () => {
    const { simulator, end } = await setUp();
    const handle = simulator.start('parent', { workflowId: 'w', input: ['a', 'b'] });
    expect(await end(handle.result())).toEqual(['a!!', 'b!!']);
  });

  it('a termination ends the run and its children', async () => {
    const { simulator, clock } = await setUp();
    const handle = simulator.start('parent', { workflowId: 'w', input: ['a'] });
    await clock.runFor(5_000);
    expect(simulator.open()).toEqual(['w', 'child-a']);
    handle.terminate();
    expect(simulator.open()).toEqual([]);
  });

  it('a replay is told of the patches that the run has taken', async () => {
    const { simulator, clock, worker, end } = await setUp();
    const handle = simulator.start('patchedOnce', { workflowId: 'w' });
    await clock.runFor(1_000);
    simulator.killWorker(worker);
    simulator.startWorker(async (_type, input) => String(input));
    expect(await end(handle.result())).toBe('newer');
  });

  it('a workflow that goes another way in the replay is caught', async () => {
    const { simulator, clock, worker } = await setUp();
    simulator.start('fickle', { workflowId: 'w' });
    await clock.runFor(1_000);
    simulator.killWorker(worker);
    simulator.startWorker(async () => 'x');
    await expect(clock.runFor(60_000)).rejects.toThrow('is not deterministic');
  });
});

/** Until it is cancelled: the sleep rejects then. */
async function hang(ctx: StepContext): Promise<never> {
  for (;;) {
    ctx.progress({ phase: 'hanging' });
    await ctx.sleep(1_000);
  }
}
