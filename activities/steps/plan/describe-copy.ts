import type { MigrationPlan, PlannedTable } from '../../../workflows/contract/plan.ts';
import type { CopyInput, PlannedStep, RunRef } from '../../../workflows/contract/step-data.ts';
import { toCopyRoots } from '../../../workflows/flow/copy-roots.ts';
import type { Activity } from '../../define-step.ts';
import { exportSnapshot } from '../copy/export-snapshot.ts';
import { importSnapshot } from '../copy/import-snapshot.ts';
import { transferStaging } from '../copy/transfer-staging.ts';
import { restoreTable } from '../restore/restore-table.ts';
import { takeSnapshot } from '../snapshot/take-snapshot.ts';

type CopyStep = Activity<'exportSnapshot' | 'transferStaging' | 'importSnapshot'>;

/** One table's way to the target, as the child workflow takes it. */
export function describeCopy(table: PlannedTable, { plan, run }: { plan: MigrationPlan; run: RunRef }): PlannedStep[] {
  const { snapshot } = table;
  const restore = restoreTable.plan?.({ run, table, snapshot, again: false });
  const take = takeSnapshot.plan?.({ run, table: table.table, snapshot });
  return [
    ...(take ? [{ step: takeSnapshot.name, ...take }] : []),
    ...describeHops(table, { plan, run }),
    ...(restore ? [{ step: restoreTable.name, ...restore }] : []),
  ];
}

function describeHops(table: PlannedTable, { plan, run }: { plan: MigrationPlan; run: RunRef }): PlannedStep[] {
  const { source, target, staging } = toCopyRoots(plan);
  const { mappers, bandwidthMb } = plan.request.copy;
  const { snapshot, sizeBytes: totalBytes } = table;
  const hop = (step: CopyStep, [fromRoot, toRoot]: [string, string]): PlannedStep[] => {
    const common = { run, table: table.table, snapshot, generation: 1, mappers, bandwidthMb, totalBytes };
    const input: CopyInput = { ...common, fromRoot, toRoot };
    return step.plan ? [{ step: step.name, ...step.plan(input) }] : [];
  };
  if (staging === undefined) return hop(exportSnapshot, [source, target]);
  return [
    ...hop(exportSnapshot, [source, staging.uri]),
    ...(staging.targetUri === staging.uri ? [] : hop(transferStaging, [staging.uri, staging.targetUri])),
    ...hop(importSnapshot, [staging.targetUri, target]),
  ];
}
