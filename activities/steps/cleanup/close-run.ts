import { defineActivity, sidesOf } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';

/** Claims go last: until here no other run may touch these tables. */
export const closeRun = defineActivity<'closeRun'>({
  name: 'closeRun',
  kind: 'change',
  summary: 'release the claims and remove the run record',
  plan: ({ run }) => ({
    cluster: run.source,
    summary: `release the claims of run ${run.runId} and remove its records`,
    command: 'remove the record files on HDFS',
    undo: 'none',
    doneWhen: 'neither cluster has a record or a claim of this run',
  }),
  run: ({ run, outcome }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'closing the run' }, async () => {
      // The source last: the marks stand there, and they decide how a half-closed run is cleaned.
      for (const side of sidesOf(run).toReversed()) {
        await (await world.deps.runs(run[side])).open(run.runId).close(outcome);
      }
      return { changed: true };
    }),
});
