import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StoppedGuard } from '../../../workflows/contract/steps.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { StepContext } from '../../step-context.ts';
import { guardKey } from './guard-key.ts';

export interface GuardToStop {
  run: RunRef;
  epoch: number;
  jobs: Jobs;
  ctx: StepContext;
}

/** It looks at the mark several times a second. */
const OWN_END_LIMIT_MS = 15_000;
const POLL_MS = 200;

/** Says whether it was still there. The job's folder and claim are settled with the run's other jobs. */
export async function stopGuard({ run, epoch, jobs, ctx }: GuardToStop): Promise<StoppedGuard> {
  const key = guardKey(run.runId, epoch);
  const deadlineMs = ctx.nowMs() + OWN_END_LIMIT_MS;
  const first = await jobs.poll(key);
  for (let state = first; hasNotEnded(state.phase); state = await jobs.poll(key)) {
    if (ctx.nowMs() > deadlineMs) {
      await jobs.stop(key);
      break;
    }
    await ctx.sleep(POLL_MS);
  }
  // From the start of its log: whoever looked before has not kept the line.
  const opened = /^GUARD DONE (\d+) ms$/m.exec((await jobs.poll(key, 0)).log)?.[1];
  return { changed: hasNotEnded(first.phase), ...(opened === undefined ? {} : { openedAfterMs: Number(opened) }) };
}

function hasNotEnded(phase: string): boolean {
  return phase === 'starting' || phase === 'running' || phase === 'unknown';
}
