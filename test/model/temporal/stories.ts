import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';

/**
 * What both the simulator and a real server must do alike: the simulator is only worth what it has in common with
 * Temporal. Each story runs against both.
 */
export interface Engine {
  /** Each attempt of an activity as it begins. */
  readonly attempts: string[];
  startWorker(run: RunStep, slots?: number): Promise<EngineWorker>;
  start(workflowType: string, start: { workflowId: string; input?: unknown }): Promise<StoryRun>;
  run(workflowId: string): StoryRun;
  /** Waits for it while the engine's time passes. */
  end<T>(promise: Promise<T>): Promise<T>;
  until(isSo: () => boolean): Promise<void>;
}

export interface EngineWorker {
  /** As by kill -9: its activities say nothing more, and its cached runs are gone. */
  kill(): Promise<void>;
}

/** The worker's side of an attempt, as far as the stories need it. */
export interface StepSide {
  /** Beats until it is told to stop; rejects then. */
  hang(): Promise<never>;
  attempt: number;
}
export type RunStep = (type: string, input: unknown, side: StepSide) => Promise<unknown>;

export interface StoryRun {
  result(): Promise<unknown>;
  signal(name: string, body?: unknown): Promise<void>;
  update(name: string, body?: unknown): Promise<unknown>;
  query(name: string): Promise<unknown>;
  cancel(): Promise<void>;
  terminate(): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Begins again before a message of this name came. */
  reset(before: string): Promise<StoryRun>;
  isOpen(): Promise<boolean>;
}

const FOR_EVER = new Promise<never>(() => {});

export const behave: RunStep = async (type, input, side) => {
  if (type === 'fail') {
    const { type: code, retryable } = input as { type: string; retryable: boolean };
    throw ApplicationFailure.create({ message: 'no', type: code, nonRetryable: !retryable });
  }
  if (type === 'hang') {
    const ended = await side.hang().catch((error: unknown) => error);
    throw input === 'then fail' ? ApplicationFailure.create({ message: 'torn', type: 'soft' }) : ended;
  }
  return `${String(input)}!`;
};

/** Freezes at its first hanging step, as a process that is killed there. */
const freeze: RunStep = (type, input, side) => (type === 'hang' ? FOR_EVER : behave(type, input, side));

export interface Story {
  title: string;
  tell(engine: Engine): Promise<void>;
}

const begin = (engine: Engine, type: string, input?: unknown): Promise<StoryRun> =>
  engine.start(type, { workflowId: `story-${randomUUID()}`, ...(input === undefined ? {} : { input }) });

export const STORIES: Story[] = [
  {
    title: 'activities and timers run one after the other',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'echoTwice', 'a');
      expect(await engine.end(run.result())).toBe('a!!');
    },
  },
  {
    title: 'a retryable failure is tried again by the policy, a final one never, and the run hears why it is the last',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const soft = await begin(engine, 'failing', { type: 'soft', retryable: true });
      expect(await engine.end(soft.result())).toBe('soft: no, MAXIMUM_ATTEMPTS_REACHED');
      expect(engine.attempts).toEqual(['fail 1', 'fail 2', 'fail 3']);
      const hard = await begin(engine, 'failing', { type: 'hard', retryable: false });
      expect(await engine.end(hard.result())).toBe('hard: no, NON_RETRYABLE_FAILURE');
      expect(engine.attempts).toHaveLength(4);
    },
  },
  {
    title: 'a step that fails once it was told to stop ends by its failure, and is not tried again',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'failingWhileCancelled');
      await engine.until(() => engine.attempts.length > 0);
      await run.cancel();
      expect(await engine.end(run.result())).toBe('soft: torn, CANCEL_REQUESTED');
      expect(engine.attempts).toHaveLength(1);
    },
  },
  {
    title: 'signals, queries and updates are taken, and a validator refuses',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const first = await begin(engine, 'gated');
      await expect(engine.end(first.update('tell', ''))).rejects.toThrow();
      expect(await engine.end(first.query('status'))).toBe('waiting');
      expect(await engine.end(first.update('tell', 'ann'))).toBe('ann');
      expect(await engine.end(first.result())).toBe('update ann');
      expect(await engine.end((await begin(engine, 'gated')).result())).toBe('expired');
    },
  },
  {
    title: 'what is sent before the first worker runs is heard at the start',
    tell: async (engine) => {
      const run = await begin(engine, 'gated');
      await run.signal('approve', 'bob');
      await engine.startWorker(behave);
      expect(await engine.end(run.result())).toBe('signal bob');
    },
  },
  {
    title: 'a cancellation reaches a running step by its heartbeat, and the undo runs',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'undoing');
      await engine.until(() => engine.attempts.length > 0);
      await run.cancel();
      expect(await engine.end(run.result())).toBe('undone all!');
    },
  },
  {
    title: 'a step of a killed worker is tried again on the next one, and the run is replayed with its patches',
    tell: async (engine) => {
      const worker = await engine.startWorker(freeze);
      const run = await begin(engine, 'patchedOnce');
      await engine.until(() => engine.attempts.length > 0);
      await worker.kill();
      await engine.startWorker(async (_type, input) => String(input));
      expect(await engine.end(run.result())).toBe('newer');
      expect(engine.attempts).toEqual(['hang 1', 'hang 2']);
    },
  },
  {
    title: 'children give their results to the parent',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'parent', ['a', 'b']);
      expect(await engine.end(run.result())).toEqual(['a!!', 'b!!']);
    },
  },
  {
    title: 'a child that somebody cancels is a cancellation that its parent was not asked for',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const workflowId = `story-${randomUUID()}`;
      const run = await engine.start('parentOfOne', { workflowId });
      await engine.until(() => engine.attempts.length > 0);
      await engine.run(`${workflowId}/child`).cancel();
      expect(await engine.end(run.result())).toBe('cancelled, and not I, true');
    },
  },
  {
    title: 'a terminated parent takes its children with it',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const workflowId = `story-${randomUUID()}`;
      const run = await engine.start('parentOfOne', { workflowId });
      await engine.until(() => engine.attempts.length > 0);
      await run.terminate();
      const child = engine.run(`${workflowId}/child`);
      await expect(engine.end(child.result())).rejects.toThrow();
      expect(await child.isOpen()).toBe(false);
    },
  },
  {
    title: 'steps beyond the slots of a worker wait their turn',
    tell: async (engine) => {
      let [now, most] = [0, 0];
      await engine.startWorker(async (type, input, side) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise(setImmediate);
        now -= 1;
        return behave(type, input, side);
      }, 2);
      expect(await engine.end((await begin(engine, 'crowd', 12)).result())).toBe(12);
      expect(most).toBeLessThanOrEqual(2);
    },
  },
  {
    title: 'after a reset the run goes on from there, and hears again what was said later',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'echoApproved');
      await engine.until(() => engine.attempts.length === 1);
      await run.signal('approve', 'ann');
      await engine.until(() => engine.attempts.length === 2);
      const again = await run.reset('approve');
      await engine.until(() => engine.attempts.length === 3);
      await again.signal('remark');
      expect(await engine.end(again.result())).toBe('before! after ann!');
      expect(engine.attempts).toHaveLength(3);
    },
  },
  {
    title: 'a paused run goes on where it stood once it is unpaused',
    tell: async (engine) => {
      await engine.startWorker(behave);
      const run = await begin(engine, 'echoApproved');
      // Nothing is on its way when it is paused.
      await engine.end(run.update('settle'));
      await run.pause();
      expect(await run.isOpen()).toBe(true);
      await run.signal('approve', 'ann');
      await run.unpause();
      await run.signal('remark');
      expect(await engine.end(run.result())).toBe('before! after ann!');
    },
  },
];
