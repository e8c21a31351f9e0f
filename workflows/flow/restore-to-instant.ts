import type { ReplayedWals } from '../contract/backup/archive.ts';
import type { PlannedInstant, PlannedRestore, RestorePlan } from '../contract/backup/plans.ts';
import type { Operation } from './operation.ts';
import { step } from './step-proxies.ts';

/**
 * Brings one table from its imported base to an instant, where no client sees it: clone under a name of the run, replay,
 * snapshot (hazard 40). What is published afterwards is `planned.instant.snapshot`.
 */
export async function bringToInstant(
  { plan, ref, keeper }: Operation<RestorePlan>,
  { planned, instant }: { planned: PlannedRestore; instant: PlannedInstant },
): Promise<ReplayedWals> {
  const { table, from, snapshot } = planned;
  const { scratch, snapshot: brought } = planned.instant ?? { scratch: '', snapshot: '' };
  keeper.setTable(table, { phase: 'restoring' });
  await step(
    'publishScratch',
    { run: ref, namespace: instant.namespace, table: { ...planned, table: scratch }, keepTtl: true },
    { summary: `clone ${snapshot} as ${scratch}` },
  );
  const replayed = await step(
    'replayWals',
    { run: ref, root: plan.root, set: instant.set, backupId: plan.backupId, from, scratch, toMs: instant.toMs },
    { summary: `replay what was written to ${from} up to ${new Date(instant.toMs).toISOString()}` },
  );
  await step('readyScratch', { run: ref, scratch, snapshot }, { summary: `make ${scratch} what its base was` });
  await step('takeSnapshot', { run: ref, table: scratch, snapshot: brought }, { summary: `snapshot ${scratch}` });
  return replayed;
}
