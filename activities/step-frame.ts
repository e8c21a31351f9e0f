import type { Wait } from './hbase/request-scope.ts';
import { type ProgressReport, type StepContext, withProgress } from './step-context.ts';

/** A heartbeat says that the worker lives, so it never waits for a cluster. */
const BEAT_MS = 1_000;
/** A cluster that takes longer to answer is named in the progress. */
const SILENT_MS = 60_000;

export interface Frame {
  readonly ctx: StepContext;
  /** Requests that have no reply yet, as `whileWaiting` keeps them. */
  readonly waits: Set<Wait>;
}

/**
 * Runs one attempt of a step and gives its heartbeat by a clock until it has ended, also after a cancellation: the work
 * may wait for a change that has begun, and a silent attempt would be taken for ended while the cluster still makes it.
 * Each beat repeats what the step reported last, and names a cluster that has been silent for a minute.
 */
export async function withHeartbeat<T>(
  { ctx, phase }: { ctx: StepContext; phase: string },
  work: (frame: Frame) => Promise<T>,
): Promise<T> {
  const state: State = { last: { phase }, finished: false, waits: new Set() };
  void beat(ctx, state);
  try {
    return await work({ ctx: remembering(ctx, state), waits: state.waits });
  } finally {
    state.finished = true;
  }
}

interface State {
  last: ProgressReport;
  finished: boolean;
  readonly waits: Set<Wait>;
}

async function beat(ctx: StepContext, state: State): Promise<void> {
  for (;;) {
    await ctx.sleepRegardless(BEAT_MS);
    if (state.finished) return;
    ctx.progress(withSilence(state, ctx.nowMs()));
  }
}

function withSilence({ last, waits }: State, nowMs: number): ProgressReport {
  const silent = [...waits].filter(({ sinceMs }) => nowMs - sinceMs >= SILENT_MS).toSorted(byStart)[0];
  if (silent === undefined) return last;
  const { cluster, verb, sinceMs } = silent;
  const since = new Date(sinceMs).toISOString();
  return { ...last, phase: `${last.phase}; ${cluster} has not answered ${verb} since ${since}` };
}

function byStart(a: Wait, b: Wait): number {
  return a.sinceMs - b.sinceMs;
}

function remembering(ctx: StepContext, state: State): StepContext {
  return withProgress(ctx, (report) => {
    state.last = report;
    ctx.progress(withSilence(state, ctx.nowMs()));
  });
}
