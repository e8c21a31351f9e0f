import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openCatalogue } from './open-catalogue.ts';

/** Also when it found differences: whoever looks at the catalogue must see that. */
export const recordProof = defineActivity<'recordProof'>({
  name: 'recordProof',
  kind: 'change',
  summary: 'record the proof in the catalogue',
  plan: ({ plan, drill }) => ({
    cluster: plan.cluster.name,
    summary: `record that ${plan.backupId} was ${drill.result}`,
    command: `append an event to .temporal-hbase/events/${plan.backupId}`,
    undo: 'none: a proof stays',
    doneWhen: 'the event is there',
  }),
  run: ({ run, plan, drill }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'recording the proof' }, async () => {
      const catalogue = await openCatalogue(world.deps, { cluster: run.source, rootUri: plan.root.uri });
      // Its own end is the time of the event, so that another attempt writes the same one.
      await catalogue.appendEvent(plan.backupId, {
        kind: 'proof',
        at: drill.finishedAt,
        by: plan.request.by ?? run.workflowId,
        workflowId: run.workflowId,
        drill: { ...drill, cluster: run.source },
      });
      return { changed: true };
    }),
});
