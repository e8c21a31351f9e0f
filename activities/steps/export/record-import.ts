import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openChain } from './open-chain.ts';

/** The mark's only attempt: an import is decided once, when everything is in. */
const EPOCH = 1;

/** COMMIT POINT of an import: from the mark on `clean` keeps the tables that the run made. */
export const recordImport = defineActivity<'recordImport'>({
  name: 'recordImport',
  kind: 'change',
  summary: 'record the import beside the chain',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `record the import of chain ${plan.request.chain}`,
    command: `create, if absent, an event in .temporal-hbase/exports/${plan.request.chain}/events`,
    undo: 'none: the tables are there',
    doneWhen: 'the event and the mark of the run are there',
  }),
  run: ({ run, plan, at }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'recording the import' }, async () => {
      const { deps } = world;
      await (await deps.runs(run.source)).open(run.runId).setMark(EPOCH, 'cut-over', run.workflowId);
      const { chain, by = run.workflowId, intoExisting, acceptWarnings } = plan.request;
      const store = await openChain(deps, { cluster: run.source, rootUri: plan.root.uri, chain });
      await store.appendImport({
        formatVersion: 1,
        kind: 'import',
        at,
        by,
        workflowId: run.workflowId,
        runId: run.runId,
        cluster: run.source,
        tables: plan.imported.map(({ table }) => table),
        upTo: plan.exports.at(-1)?.id ?? '',
        accepted: [...(intoExisting ? ['intoExisting'] : []), ...acceptWarnings],
      });
      return { changed: true };
    }),
});
