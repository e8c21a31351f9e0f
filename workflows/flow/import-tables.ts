import type { DrillPlan, PlannedImport, RestorePlan } from '../contract/backup/plans.ts';
import type { RestoreRequest } from '../contract/backup/requests.ts';
import type { CopyResult } from '../contract/step-data.ts';
import type { Operation } from './operation.ts';
import { step } from './step-proxies.ts';

/** What restores and drills do alike. */

export type ImportLimits = RestoreRequest['copy'];

/** Holds the root, so that nothing expires meanwhile, and looks at every file before anything is written. */
export async function openImport(
  { plan, ref, keeper }: Operation<RestorePlan | DrillPlan>,
  purpose: string,
): Promise<void> {
  const { root, backupId, request, findings, tables } = plan;
  keeper.update({ backupId, set: request.set, findings });
  keeper.setTables(tables);
  keeper.enter('waiting-for-root');
  await step(
    'holdRoot',
    { run: ref, root, mode: 'export', purpose },
    { summary: `hold ${root.name}: nothing in it expires` },
  );
  keeper.enter('working');
  const wanted = tables.map(({ from }) => from);
  await step(
    'checkBackup',
    { run: ref, root, backupId, tables: wanted },
    { summary: `look at every file of ${backupId}` },
  );
}

/** Into the cluster's own root, where neither a table nor a client sees it. */
export async function importTable(
  { plan, ref, keeper }: Operation<RestorePlan | DrillPlan>,
  { table, snapshot, exported, sizeBytes }: PlannedImport,
  { mappers, bandwidthMb }: ImportLimits,
): Promise<CopyResult> {
  keeper.setTable(table, { phase: 'copying' });
  const copied = await step(
    'importFromRoot',
    {
      run: ref,
      table,
      snapshot,
      exported,
      generation: 1,
      mappers,
      bandwidthMb,
      totalBytes: sizeBytes,
      fromRoot: plan.root.uri,
      toRoot: plan.cluster.rootDir,
    },
    { summary: `import ${exported} from ${plan.root.name}` },
  );
  keeper.setTable(table, { copiedBytes: copied.copiedBytes });
  return copied;
}
