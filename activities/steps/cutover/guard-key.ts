import type { RunId } from '../../../workflows/contract/names.ts';
import type { JobKey } from '../../jobs/jobs.ts';

/** WARNING: claims of running guards carry this key; never change it. */
export function guardKey(runId: RunId, epoch: number): JobKey {
  return `${runId}/fence-guard/source/${epoch}`;
}
