import type { StepProgress } from '../workflows/contract/step-data.ts';

/** What a step sees of its host: Temporal in a worker, a virtual clock in the schedules of faults. */
export interface StepContext {
  /** Aborted on cancellation and on worker shutdown; its `reason` is the error to throw. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** `<workflow>/<activity>/<attempt>`: names this attempt wherever it asks for something. */
  readonly operation: string;
  /** Why `signal` was aborted. Only `requested` may stop a remote job: the other causes leave it running. */
  cancelCause(): CancelCause | undefined;
  /** How far the work is. The frame of the step repeats it with each heartbeat. */
  progress(report: ProgressReport): void;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number): Promise<void>;
  /** Sleeps on when the signal is aborted: for what lasts until the end of something that cannot be stopped. */
  sleepRegardless(ms: number): Promise<void>;
  nowMs(): number;
  /** How long this attempt may take from its start. Absent outside of Temporal. */
  readonly limitMs?: number;
  /** Has this workflow ended? undefined: nobody knows of it. Absent outside of Temporal. */
  hasEnded?(workflowId: string): Promise<boolean | undefined>;
}

export type CancelCause = 'requested' | 'interrupted';

/** `StepProgress` without what the runner of steps fills in. */
export type ProgressReport = Omit<StepProgress, 'step' | 'at'>;

export interface PlainContextOptions {
  signal?: AbortSignal;
  attempt?: number;
  cancelCause?: CancelCause;
  onProgress?: (report: ProgressReport) => void;
  sleep?: (ms: number) => Promise<void>;
  nowMs?: () => number;
}

/** The same context with other progress. */
export function withProgress(ctx: StepContext, progress: StepContext['progress']): StepContext {
  return {
    signal: ctx.signal,
    attempt: ctx.attempt,
    operation: ctx.operation,
    progress,
    cancelCause: () => ctx.cancelCause(),
    sleep: (ms) => ctx.sleep(ms),
    sleepRegardless: (ms) => ctx.sleepRegardless(ms),
    nowMs: () => ctx.nowMs(),
    ...(ctx.limitMs === undefined ? {} : { limitMs: ctx.limitMs }),
    ...(ctx.hasEnded === undefined ? {} : { hasEnded: ctx.hasEnded }),
  };
}

/** A context outside Temporal: for tests, and for programs that call a step directly. */
export function createPlainContext(options: PlainContextOptions = {}): StepContext {
  const signal = options.signal ?? new AbortController().signal;
  const sleep = options.sleep ?? ((ms: number) => sleepRealTime(ms, signal));
  return {
    signal,
    attempt: options.attempt ?? 1,
    operation: `plain/${options.attempt ?? 1}`,
    cancelCause: () => (signal.aborted ? (options.cancelCause ?? 'requested') : undefined),
    progress: options.onProgress ?? (() => {}),
    sleep: async (ms) => {
      signal.throwIfAborted();
      await sleep(ms);
      signal.throwIfAborted();
    },
    sleepRegardless: options.sleep ?? sleepAnyway,
    nowMs: options.nowMs ?? Date.now,
  };
}

/** Never keeps a process alive. */
export function sleepAnyway(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

function sleepRealTime(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
