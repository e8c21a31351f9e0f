import { CancelledFailure } from '@temporalio/common';
import type { CancelCause, ProgressReport, StepContext } from '../../../activities/step-context.ts';
import type { ModelClock } from '../clock.ts';

/** One worker process of the simulation. */
export interface SimWorker {
  readonly id: number;
  /** Killed: nothing of it goes on. */
  alive: boolean;
  /** Cut off from Temporal: it goes on, and nothing it says arrives. */
  connected: boolean;
  /** Activities at once; more wait at the server. */
  readonly slots: number;
  running: number;
  run(activityType: string, input: unknown, ctx: StepContext): Promise<unknown>;
}

export interface AttemptOptions {
  clock: ModelClock;
  worker: SimWorker;
  number: number;
  heartbeatTimeoutMs: number | undefined;
  hasEnded: (workflowId: string) => boolean | undefined;
  /** The server's answer to a heartbeat: whether to stop, and why. */
  onHeartbeat: (report: ProgressReport) => CancelCause | undefined;
}

/** The worker's half of one attempt of an activity. */
export interface Attempt {
  readonly worker: SimWorker;
  readonly number: number;
  readonly ctx: StepContext;
  abort(cause: CancelCause): void;
  end(): void;
}

const NEVER = new Promise<never>(() => {});

export function createAttempt(options: AttemptOptions): Attempt {
  const { clock, worker, number, heartbeatTimeoutMs, onHeartbeat } = options;
  const controller = new AbortController();
  let cause: CancelCause | undefined;
  let ended = false;
  const abort = (why: CancelCause): void => {
    if (ended || !worker.alive || controller.signal.aborted) return;
    cause = why;
    controller.abort(new CancelledFailure(why === 'requested' ? 'CANCELLED' : 'TIMED_OUT'));
  };
  const send = (report: ProgressReport): void => {
    if (ended || !worker.alive || !worker.connected) return;
    const answer = onHeartbeat(report);
    if (answer) abort(answer);
  };
  const heartbeat = createThrottle({ clock, intervalMs: throttleOf(heartbeatTimeoutMs), send });
  const watch = createLocalWatch({
    clock,
    timeoutMs: heartbeatTimeoutMs,
    isEnded: () => ended,
    onSilence: () => abort('interrupted'),
  });
  const ctx: StepContext = {
    signal: controller.signal,
    attempt: number,
    operation: `worker-${worker.id}/${number}`,
    cancelCause: () => cause,
    progress: (report) => {
      watch.beat();
      heartbeat(report);
    },
    sleep: (ms) => sleepUnlessAborted({ clock, worker, signal: controller.signal }, ms),
    sleepRegardless: (ms) => (worker.alive ? clock.sleep(ms) : NEVER),
    nowMs: () => clock.nowMs(),
    hasEnded: async (workflowId) => options.hasEnded(workflowId),
  };
  return {
    worker,
    number,
    ctx,
    abort,
    end: () => {
      ended = true;
      watch.stop();
    },
  };
}

interface Throttle {
  clock: ModelClock;
  intervalMs: number;
  send: (report: ProgressReport) => void;
}

/** As Core does with the plugin's `maxHeartbeatThrottleInterval`. */
function throttleOf(heartbeatTimeoutMs = 37_500): number {
  return Math.min(0.8 * heartbeatTimeoutMs, 1_500);
}

/** At most one heartbeat in each interval; the newest of those in between is sent at its end. */
function createThrottle({ clock, intervalMs, send }: Throttle): (report: ProgressReport) => void {
  let lastSentMs = -Infinity;
  let waiting: ProgressReport | undefined;
  const flush = (): void => {
    if (!waiting) return;
    const report = waiting;
    waiting = undefined;
    lastSentMs = clock.nowMs();
    send(report);
  };
  return (report) => {
    const isFirst = waiting === undefined;
    waiting = report;
    const restMs = lastSentMs + intervalMs - clock.nowMs();
    if (restMs <= 0) flush();
    else if (isFirst) clock.after(restMs, flush);
  };
}

interface LocalWatch {
  clock: ModelClock;
  timeoutMs: number | undefined;
  isEnded: () => boolean;
  onSilence: () => void;
}

/** Core watches the heartbeat on the worker's side too: an attempt that is cut off stops by itself. */
function createLocalWatch({ clock, timeoutMs, isEnded, onSilence }: LocalWatch) {
  let lastBeatMs = clock.nowMs();
  let cancel = (): void => {};
  const arm = (restMs: number): void => {
    cancel = clock.after(restMs, () => {
      const silentMs = clock.nowMs() - lastBeatMs;
      if (isEnded()) return;
      if (silentMs >= timeoutMs!) onSilence();
      else arm(timeoutMs! - silentMs);
    });
  };
  if (timeoutMs !== undefined) arm(timeoutMs);
  return {
    beat: () => {
      lastBeatMs = clock.nowMs();
    },
    stop: () => cancel(),
  };
}

interface Sleeper {
  clock: ModelClock;
  worker: SimWorker;
  signal: AbortSignal;
}

async function sleepUnlessAborted({ clock, worker, signal }: Sleeper, ms: number): Promise<void> {
  if (!worker.alive) return NEVER;
  signal.throwIfAborted();
  let onAbort = (): void => {};
  let cancel = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve;
  });
  const slept = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([slept, aborted]);
  cancel();
  signal.removeEventListener('abort', onAbort);
  if (!worker.alive) return NEVER;
  signal.throwIfAborted();
}
