import { fileURLToPath } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from './clock.ts';
import { createRandom } from './random.ts';
import type { StepContext } from '../../activities/step-context.ts';
import { behave, STORIES, type Engine, type RunStep, type StepSide, type StoryRun } from './temporal/stories.ts';
import { createTemporalSimulator, getSandbox, type SimHandle, type SimWorker } from './temporal-simulator.ts';

const workflowsPath = fileURLToPath(new URL('./temporal/fixture-workflows.ts', import.meta.url));

interface SimulatedEngine extends Engine {
  clock: VirtualClock;
  /** Of the worker that was started last. */
  worker(): SimWorker;
}

async function setUp(): Promise<SimulatedEngine> {
  const clock = createVirtualClock();
  const sandbox = await getSandbox(workflowsPath);
  const attempts: string[] = [];
  const onAttempt = (type: string, attempt: number): number => attempts.push(`${type} ${attempt}`);
  const simulator = createTemporalSimulator({ clock, random: createRandom(7), sandbox, onAttempt });
  let worker: SimWorker | undefined;
  const end = async <T>(promise: Promise<T>): Promise<T> => {
    let ended = false;
    const mark = (): void => {
      ended = true;
    };
    promise.then(mark, mark);
    await clock.runUntil(() => ended, { maxEvents: 100_000 });
    return promise;
  };
  return {
    clock,
    attempts,
    end,
    worker: () => worker!,
    until: (isSo) => clock.runUntil(isSo, { maxEvents: 100_000 }),
    start: async (type, start) => toRun(simulator.start(type, start)),
    run: (workflowId) => toRun(simulator.handle(workflowId)),
    startWorker: async (run, slots) => {
      const started = simulator.startWorker((type, input, ctx) => run(type, input, toSide(ctx)), slots);
      worker = started;
      return { kill: async () => simulator.killWorker(started) };
    },
  };
}

function toSide(ctx: StepContext): StepSide {
  const hang = async (): Promise<never> => {
    for (;;) {
      ctx.progress({ phase: 'hanging' });
      await ctx.sleep(300);
    }
  };
  return { attempt: ctx.attempt, hang };
}

function toRun(handle: SimHandle): StoryRun {
  return {
    result: () => handle.result(),
    signal: async (name, body) => handle.signal(name, body),
    update: (name, body) => handle.update(name, body),
    query: (name) => handle.query(name),
    cancel: async () => handle.cancel(),
    terminate: async () => handle.terminate(),
    pause: async () => handle.pause(),
    unpause: async () => handle.unpause(),
    reset: async (before) => toRun(handle.reset(before)),
    isOpen: async () => handle.outcome() === undefined,
  };
}

describe('temporal simulator', () => {
  it.each(STORIES)('$title', async ({ tell }) => tell(await setUp()));

  it('a step that is cut off goes on, is told so by its own side, and its answer counts for nothing', async () => {
    const engine = await setUp();
    const seen: string[] = [];
    const hear: RunStep = async (_type, _input, side) => {
      const why = await side.hang().catch((error: unknown) => error);
      seen.push(`stopped: ${why instanceof CancelledFailure}`);
      return 'too late';
    };
    await engine.startWorker(hear);
    const run = await engine.start('undoing', { workflowId: 'w' });
    await engine.until(() => engine.attempts.length > 0);
    engine.worker().connected = false;
    await engine.startWorker(async () => 'second attempt');
    expect(await engine.end(run.result())).toBe('second attempt');
    expect(seen).toEqual(['stopped: true']);
  });

  it('a workflow that goes another way in the replay is caught', async () => {
    const engine = await setUp();
    const worker = await engine.startWorker(behave);
    await engine.start('fickle', { workflowId: 'w' });
    await engine.until(() => engine.attempts.length > 0);
    await worker.kill();
    await engine.startWorker(async () => 'x');
    await expect(engine.clock.runFor(60_000)).rejects.toThrow('is not deterministic');
  });
});
