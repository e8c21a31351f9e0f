import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openCatalogue } from './open-catalogue.ts';

/** The mark's only attempt: a restore is decided once, when every table is published. */
const EPOCH = 1;

/**
 * COMMIT POINT of a restore: the mark makes `clean` complete a run that was cut off after it, where it would take the
 * tables back before.
 */
export const recordRestore = defineActivity<'recordRestore'>({
  name: 'recordRestore',
  kind: 'change',
  summary: 'record the restore in the catalogue',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `record the restore of ${plan.backupId}`,
    command: `append an event to .temporal-hbase/events/${plan.backupId}`,
    undo: 'none: the tables are published',
    doneWhen: 'the event and the mark of the run are there',
  }),
  run: ({ run, plan, at }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'recording the restore' }, async () => {
      const { deps } = world;
      await (await deps.runs(run.source)).open(run.runId).setMark(EPOCH, 'cut-over', run.workflowId);
      const catalogue = await openCatalogue(deps, { cluster: run.source, rootUri: plan.root.uri });
      const { workflowId } = run;
      const tables = plan.tables.map(({ table }) => table);
      const to = plan.instant === undefined ? {} : { to: new Date(plan.instant.toMs).toISOString() };
      const { by = workflowId, overwrite, acceptWarnings } = plan.request;
      const accepted = [...(overwrite ? ['overwrite'] : []), ...acceptWarnings];
      const consent = accepted.length === 0 ? {} : { accepted };
      const about = { at, by, workflowId, cluster: run.source, tables, ...to, ...consent };
      await catalogue.appendEvent(plan.backupId, { kind: 'restore', ...about });
      return { changed: true };
    }),
});
