import { METRICS } from '../contract/metrics.ts';
import type { CutoverStep } from '../contract/status.ts';
import type { FenceInput } from '../contract/step-data.ts';
import { recordMetric } from './metrics.ts';
import { plannedWave, type Run } from './run.ts';
import { toIso } from './keeper.ts';
import { isCancelled, toCause } from './workflow-failure.ts';

/** One cutover attempt in the status: its steps with their times, the write pause, how it ended. */
export interface Attempt {
  readonly epoch: number;
  /** What fence, unfence and guard are given. */
  readonly fence: FenceInput;
  /** Runs one sub-step and records how long it took and whether it went well. */
  time<T>(name: string, work: () => Promise<T>): Promise<T>;
  startPause(): void;
  /** Somebody can write again; once. */
  endPause(): void;
  /** The guard was quicker: writes came back so long after it was ready, which was before the pause began. */
  shortenPause(guardMs: number | undefined): void;
  /** As a metric, once it is final. */
  reportPause(): void;
  /** The mark stands. */
  win(): void;
  fail(error: unknown): void;
}

export function openAttempt(run: Run, approvedBy: string): Attempt {
  run.epoch += 1;
  const { keeper, epoch } = run;
  keeper.setCutover(epoch, { approvedBy });
  return {
    epoch,
    fence: toFenceInput(run),
    ...createClock(run, epoch),
    win: () => keeper.setCutover(epoch, { outcome: 'cut-over', ...toMarkPause(run, epoch) }),
    fail: (error) => recordFailure(run, epoch, error),
  };
}

/** The same attempt, found again past the mark. */
export function reopenAttempt(run: Run): Pick<Attempt, 'time' | 'endPause' | 'reportPause'> {
  return createClock(run, run.epoch);
}

function createClock(run: Run, epoch: number): Clock {
  const { keeper, ref, plan } = run;
  return {
    time: (name, work) => timeStep(keeper, { epoch, name }, work),
    startPause: () => {
      const nowMs = Date.now();
      const guardedUntil = toIso(nowMs + plan.request.cutover.maxWritePauseMs);
      keeper.setCutover(epoch, { pausedAt: toIso(nowMs), guardedUntil });
    },
    endPause: () => {
      const pauseMs = measurePause(run, epoch);
      if (pauseMs !== undefined && keeper.getCutover(epoch)?.writePauseMs === undefined) {
        keeper.setCutover(epoch, { writePauseMs: pauseMs });
      }
    },
    shortenPause: (guardMs) => {
      const { writePauseMs } = keeper.getCutover(epoch) ?? {};
      if (writePauseMs !== undefined && guardMs !== undefined && guardMs < writePauseMs) {
        keeper.setCutover(epoch, { writePauseMs: guardMs });
      }
    },
    reportPause: () => {
      const { writePauseMs } = keeper.getCutover(epoch) ?? {};
      if (writePauseMs === undefined) return;
      recordMetric(METRICS.writePause, writePauseMs / 1_000, { source: ref.source, target: ref.target });
    },
  };
}

type Clock = Pick<Attempt, 'time' | 'startPause' | 'endPause' | 'shortenPause' | 'reportPause'>;

function measurePause({ keeper }: Run, epoch: number): number | undefined {
  const { pausedAt } = keeper.getCutover(epoch) ?? {};
  return pausedAt === undefined ? undefined : Date.now() - Date.parse(pausedAt);
}

/** The stretch that `maxWritePause` bounds, when it ends with the mark. */
function toMarkPause(run: Run, epoch: number): { pauseToMarkMs?: number } {
  const pauseToMarkMs = measurePause(run, epoch);
  return pauseToMarkMs === undefined ? {} : { pauseToMarkMs };
}

type Keeper = Run['keeper'];

async function timeStep<T>(
  keeper: Keeper,
  { epoch, name }: { epoch: number; name: string },
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = Date.now();
  const finish = (outcome: CutoverStep['outcome'], detail?: string): void => {
    const durationMs = Date.now() - startedMs;
    setStep(keeper, epoch, {
      name,
      startedAt: toIso(startedMs),
      durationMs,
      outcome,
      ...(detail === undefined ? {} : { detail }),
    });
  };
  setStep(keeper, epoch, { name, startedAt: toIso(startedMs) });
  try {
    const result = await work();
    finish('ok');
    return result;
  } catch (error) {
    finish('failed', isCancelled(error) ? 'stopped' : toCause(error).message);
    throw error;
  }
}

function setStep(keeper: Keeper, epoch: number, step: CutoverStep): void {
  const steps = keeper.getCutover(epoch)?.steps ?? [];
  const isSame = ({ name, startedAt }: CutoverStep): boolean => name === step.name && startedAt === step.startedAt;
  const known = steps.some(isSame);
  keeper.setCutover(epoch, { steps: known ? steps.map((row) => (isSame(row) ? step : row)) : [...steps, step] });
}

function recordFailure({ keeper }: Run, epoch: number, error: unknown): void {
  const failure = isCancelled(error)
    ? ({ code: 'cancelled', message: 'The migration was cancelled before the mark.' } as const)
    : toCause(error);
  const { code, message } = failure;
  keeper.setCutover(epoch, { outcome: 'unfenced', failure: { code, message } });
  const failed = keeper.getCutover(epoch)?.steps.find(({ outcome }) => outcome === 'failed');
  keeper.notice(`cutover ${epoch} was undone${failed === undefined ? '' : ` at ${failed.name}`}: ${code}: ${message}`);
}

export function toFenceInput(run: Run, epoch = run.epoch): FenceInput {
  const { fence, fenceCommand } = run.plan.request.cutover;
  return {
    run: run.ref,
    epoch,
    fence,
    ...(fenceCommand === undefined ? {} : { command: fenceCommand }),
    tables: plannedWave(run).map(({ table, readOnlyBefore }) => ({ table, readOnlyBefore })),
  };
}
