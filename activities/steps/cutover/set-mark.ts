import { defineActivity } from '../../define-step.ts';

/**
 * POINT OF NO RETURN. One create-if-absent file on the source's HDFS, which this step (`cut-over`) and the fence guard
 * (`unfence`, at its deadline) compete for. Whoever asks gets the winner and obeys it: before the mark everything is
 * undone, after `cut-over` everything completes forward.
 */
export const setMark = defineActivity<'setMark'>({
  name: 'setMark',
  kind: 'change',
  summary: 'set the mark: the point of no return',
  plan: ({ run, epoch, decision }) => ({
    cluster: run.source,
    summary: `decide epoch ${epoch}: ${decision}`,
    command: `create mark-${epoch}.json in the run record, if absent`,
    undo: 'none: whoever created it has decided',
    doneWhen: 'the file is there; its content is the decision',
  }),
  run: async ({ run, epoch, decision, by }, { deps }) => {
    const records = await deps.runs(run.source);
    const winner = await records.open(run.runId).setMark(epoch, decision, by);
    return { decision: winner.decision, by: winner.by };
  },
});
