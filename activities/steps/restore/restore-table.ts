import type { RestoreTableInput } from '../../../workflows/contract/step-data.ts';
import { defineStep } from '../../define-step.ts';
import { requireNotCutOver } from '../cutover/marks.ts';
import { bringBack } from './bring-back.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { findUnrestored, holdAndMark } from './restored-state.ts';

/**
 * Makes the table on the target what the snapshot says, whatever an earlier attempt left behind: only the last change
 * carries the snapshot's name, so anything before it is done again.
 */
export const restoreTable = defineStep<'restoreTable'>({
  name: 'restoreTable',
  kind: 'change',
  summary: 'restore the table on the target',
  on: ({ run }) => run.target,
  plan: (input) => ({
    cluster: input.run.target,
    table: input.table.table,
    summary: `restore ${input.table.table} on ${input.run.target} (there before: ${input.table.targetBefore})`,
    command: toCommand(input),
    undo:
      input.table.targetBefore === 'absent'
        ? 'the table is kept and named as stale, or dropped when asked'
        : 'the table is kept as it was there before, and named as stale',
    doneWhen: 'the table is enabled, every region is open, scopes and tombstones are as the plan wants them',
  }),
  observe: async ({ run, table, snapshot }, { deps }) => {
    const cluster = await deps.cluster(run.target);
    const why = findUnrestored(await cluster.readTable(table.table), { table, snapshot });
    if (why !== undefined) return { done: false, why };
    return (await cluster.isEveryRegionOpen(table.table))
      ? { done: true, result: {} }
      : { done: false, why: `not every region of ${table.table} is open` };
  },
  apply: async (input, { deps }) => {
    const { run, table, snapshot } = input;
    const cluster = await deps.cluster(run.target);
    const record = (await deps.runs(run.target)).open(run.runId);
    await requireNotCutOver((await deps.runs(run.source)).open(run.runId), run);
    const target = { cluster, record, table };
    if (findUnrestored(await cluster.readTable(table.table), { table, snapshot }) !== undefined) {
      await ensureNamespace(target);
      await bringBack({ ...input, ...target });
      await holdAndMark({ ...target, snapshot });
    }
    const restored = await cluster.readTable(table.table);
    if (restored && !restored.enabled) await cluster.enableTable(table.table);
  },
});

function toCommand({ table: { table, targetBefore }, snapshot, again }: RestoreTableInput): string {
  return again || targetBefore === 'empty'
    ? `disable '${table}'; restore_snapshot '${snapshot}'; enable '${table}'`
    : `clone_snapshot '${snapshot}', '${table}'`;
}
