import type { SettledNotes } from '../../../workflows/contract/step-data.ts';
import type { JobKey } from '../../jobs/jobs.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { mergeSettled, type Settling } from './settling.ts';

/** Jobs have claims of their own instead of notes: ended, then their folders and claims removed. */
export async function settleJobs(settling: Settling): Promise<SettledNotes> {
  const keys = await settling.jobs.list(settling.run.runId);
  return mergeSettled(await inParallel({ items: keys, limit: 8 }, (key) => settleJob(settling, key)));
}

async function settleJob({ jobs, dryRun }: Settling, key: JobKey): Promise<SettledNotes> {
  const { phase } = await jobs.poll(key);
  const isGoing = phase === 'starting' || phase === 'running' || phase === 'unknown';
  if (!dryRun) {
    // A host that does not answer throws `job.unknown` here: a job that may still write is never forgotten.
    if (isGoing) await jobs.stop(key);
    await jobs.remove(key);
  }
  return {
    settled: [{ subject: key, action: isGoing ? 'stop it, remove its folder' : 'remove its folder' }],
    kept: [],
  };
}
