import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import {
  type ArchivePlan,
  type ArchiveReport,
  type ArchivedWals,
  type RecordedTick,
  type StopArchivePlan,
  type StopArchiveReport,
  tickPurpose,
} from './contract/backup/archive.ts';
import { WORKFLOW_TYPES } from './contract/messages.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';
import { failWith } from './flow/workflow-failure.ts';

/**
 * One tick of a set's archive of WALs: holds what is written from now on, copies what was held since the tick before,
 * and records up to which second everything is archived. Needs no configuration of HBase: a disabled peer that ships to
 * nobody keeps the WALs (design §5). Run it by a schedule, often enough for the disk: what is not archived stays on it.
 *
 * Input: one JSON object, e.g. `{"cluster": "old", "tables": ["shop:*"], "root": "backups", "set": "shop"}`; started
 * without, it fails at once and shows an example. Query `status` answers `OperationStatus`.
 *
 * @throws ApplicationFailure `archive.gap` when something was not archived and never will be, with the report as last
 * detail. The chain begins anew all the same.
 */
export async function archiveWals(input?: unknown): Promise<ArchiveReport> {
  const report = await runOperation<ArchivePlan, ArchiveReport>({
    operation: 'archive',
    input,
    plan: (workflowId) =>
      step('planArchive', { request: input, workflowId }, { summary: 'look at cluster, root and archive' }),
    work: tick,
  });
  return requireNoGap(report);
}

/**
 * Ends a set's archive: the cluster keeps no WALs for it any more. For a schedule that is gone; `leaks` names the run of
 * the archive for as long as it holds any.
 */
export async function stopArchive(input?: unknown): Promise<StopArchiveReport> {
  return runOperation<StopArchivePlan, StopArchiveReport>({
    operation: 'archive',
    input,
    plan: (workflowId) => step('planStopArchive', { request: input, workflowId }, { summary: 'look at the archive' }),
    work: async (operation) => {
      const { ref, plan } = operation;
      await holdArchive(operation, `end of the archive of ${plan.set}`);
      return step('closeArchive', { run: ref, plan }, { summary: `remove the holders of ${plan.set}` });
    },
  });
}

/** The order is what makes it lossless: the next holder first, the one before it goes last (hazard 44). */
async function tick(operation: Operation<ArchivePlan>): Promise<ArchiveReport> {
  const { plan, ref, keeper } = operation;
  const { set, root, cluster } = plan;
  const startedMs = Date.now();
  keeper.update({ set });
  await holdArchive(operation, tickPurpose(set));
  const input = { run: ref, plan };
  const opened = await step('openHolders', input, { summary: `hold the WALs of ${cluster.name}` });
  if (opened.warning !== undefined) keeper.notice(opened.warning);
  const holders = await step('rollHeldWals', { ...input, holders: opened }, { summary: 'close the WALs in use' });
  const wals = await step(
    'archiveHeldWals',
    { ...input, holders },
    { summary: `copy the closed WALs to ${root.name}` },
  );
  const rotated = await step('rotateHolder', { ...input, holders, wals }, { summary: 'let go of what is archived' });
  if (rotated.detail !== undefined) keeper.notice(`the holder stays until the next tick: ${rotated.detail}`);
  keeper.enter('sealing');
  const recorded = await step('recordTick', { ...input, holders, wals }, { summary: 'record how far it goes' });
  tellTick(operation, { recorded, wals });
  if (recorded.needsBase) await startBase(operation);
  const expired = await step('expireWals', input, { summary: 'let go of what the window needs no more' });
  return {
    ...recorded,
    set,
    root: root.name,
    archivedWals: wals.archived.length,
    newBytes: wals.newBytes,
    expired,
    notices: keeper.status.notices.map(({ message }) => message),
    durationMs: Date.now() - startedMs,
  };
}

async function holdArchive({ plan, ref, keeper }: Operation<ArchivePlan | StopArchivePlan>, purpose: string) {
  keeper.enter('waiting-for-root');
  const { root, set } = plan;
  await step(
    'holdRoot',
    { run: ref, root, mode: 'exclusive', archive: set, purpose },
    { summary: `hold the archive of ${set}` },
  );
  keeper.enter('working');
}

function tellTick(
  { keeper }: Operation<ArchivePlan>,
  { recorded, wals }: { recorded: RecordedTick; wals: ArchivedWals },
): void {
  const { gap = [], breaks, blind } = recorded;
  for (const why of gap) keeper.notice(`gap: ${why}`);
  for (const { table, kind, why } of breaks) keeper.notice(`${table} ${kind}: ${why}`);
  for (const name of wals.missing) keeper.notice(`${name} is not closed yet, so the tick covers nothing more`);
  for (const what of blind) keeper.notice(`not seen: ${what}`);
}

/** A chain that has ended needs a new base at once (hazard 41); it goes on by itself. */
async function startBase({ plan, keeper }: Operation<ArchivePlan>): Promise<void> {
  const { cluster, tables, root, set } = plan.request;
  const workflowId = `hbase-base/${set}/${plan.runId}`;
  await startChild(WORKFLOW_TYPES.backUpTables, {
    workflowId,
    args: [{ cluster, tables, root, set, cause: 'schedule', tags: { base: 'after-break' } }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
  });
  keeper.notice(`${workflowId} takes a new base`);
}

/** So that a schedule and its alerts see it; what was recorded stands all the same. */
function requireNoGap(report: ArchiveReport): ArchiveReport {
  if (report.gap === undefined) return report;
  const from = new Date(report.coveredFromMs).toISOString();
  throw failWith('archive.gap', `The WALs of ${report.set} have a gap up to ${from}: ${report.gap.join('; ')}`, report);
}
