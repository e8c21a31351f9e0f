import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';

/** Before the first other write, so that `leaks` and `clean` know the run whatever becomes of it. */
export const openRun = defineActivity<'openRun'>({
  name: 'openRun',
  kind: 'change',
  summary: 'open the run record',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `open the record of run ${plan.runId} on ${plan.cluster.name}`,
    command: `create, if absent, runs/${plan.runId}/plan.json in the state folder`,
    undo: 'remove the record, last of all',
    doneWhen: 'the record holds this plan',
  }),
  run: ({ plan }, world) =>
    keepAlive({ world, cluster: plan.cluster.name, phase: 'opening the run record' }, async () => {
      const record = (await world.deps.runs(plan.cluster.name)).open(plan.runId);
      await record.open(plan);
      if (plan.claims !== undefined && plan.claims.length > 0) await record.claimTables(plan.claims);
      return { changed: true };
    }),
});
