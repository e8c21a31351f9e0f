import type { ClusterName, RunId, SnapshotName } from '../../../workflows/contract/names.ts';
import type { RunOverview, RunRef, Side, WorkflowState } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { RunSummary } from '../../run-record/run-record.ts';
import { isKeptFailsafe, runOfSnapshot } from '../cleanup/own-names.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** Describes at once; a namespace of Temporal has a budget of requests for everybody. */
const ASKED_AT_ONCE = 8;

/** What every cluster's records say, put together by run, and whether its workflow still goes on. */
export const listRuns = defineActivity<'listRuns'>({
  name: 'listRuns',
  kind: 'read',
  summary: 'read the run records of every cluster',
  run: list,
});

async function list({ runId }: { runId?: RunId }, { deps, ctx }: StepWorld): Promise<RunOverview[]> {
  const perCluster = await Promise.all(
    [...deps.inventory.clusters.keys()].map(async (name) => {
      // The snapshots first: whatever is taken from now on has a record that the second look shows.
      const snapshots = (await (await deps.cluster(name)).listSnapshots()).map((snapshot) => snapshot.name);
      const found = await (await deps.runs(name)).list();
      ctx.progress({ phase: `read ${name}` });
      return { cluster: name, snapshots, found };
    }),
  );
  const recorded = perCluster.flatMap(({ found }) => found);
  const orphans = perCluster.flatMap((one) => findOrphans(one, new Set(recorded.map((summary) => summary.runId))));
  const all = [...recorded, ...orphans];
  const summaries = all.filter((summary) => runId === undefined || summary.runId === runId);
  const ids = [...new Set(summaries.map((summary) => summary.runId))].toSorted();
  const closed = new Set(orphans.map((orphan) => orphan.runId));
  return inParallel({ items: ids, limit: ASKED_AT_ONCE }, async (id) => {
    const own = summaries.filter((summary) => summary.runId === id);
    const run = toRunRef(own, deps.inventory.digest);
    // A record goes at the end of its run.
    const workflow = closed.has(id) ? 'ended' : await readWorkflow(run, ctx);
    return toOverview(own, { run, workflow });
  });
}

async function readWorkflow({ workflowId }: RunRef, ctx: StepWorld['ctx']): Promise<WorkflowState> {
  const ended = workflowId === '' ? undefined : await ctx.hasEnded?.(workflowId);
  if (ended === undefined) return 'unknown';
  return ended ? 'ended' : 'running';
}

/** Snapshots that landed when their run and its record were gone already. What a restore keeps is none of them. */
function findOrphans(
  { cluster, snapshots }: { cluster: ClusterName; snapshots: SnapshotName[] },
  recorded: ReadonlySet<RunId>,
): RunSummary[] {
  return snapshots.flatMap((subject) => {
    const runId = runOfSnapshot(subject);
    if (runId === undefined || recorded.has(runId) || isKeptFailsafe(subject)) return [];
    const note = { kind: 'snapshot' as const, subject, at: '', value: { snapshot: subject, table: '' } };
    return [{ runId, workflowId: '', cluster, notes: [note], claims: [], marks: [], jobs: [] }];
  });
}

function toOverview(summaries: RunSummary[], { run, workflow }: Pick<RunOverview, 'run' | 'workflow'>): RunOverview {
  const plan = summaries.find((summary) => summary.plan)?.plan;
  const operation = summaries.find((summary) => summary.operation)?.operation;
  const sideOf = ({ cluster }: RunSummary): Side => (cluster === run.target ? 'target' : 'source');
  return {
    run,
    workflow,
    ...(plan ? { plan } : {}),
    ...(operation ? { operation } : {}),
    notes: summaries.flatMap((summary) => [...toNotes(summary, sideOf(summary)), ...toJobs(summary, sideOf(summary))]),
    claims: summaries.flatMap((summary) => summary.claims.map((table) => ({ side: sideOf(summary), table }))),
    marks: summaries.flatMap(({ marks }) => marks),
  };
}

/** Today's digest, not the plan's: cleaning up works with the clusters file as it is now. */
function toRunRef(summaries: RunSummary[], inventoryDigest: string): RunRef {
  const plan = summaries.find((summary) => summary.plan)?.plan;
  const first = summaries[0]?.cluster ?? '';
  return {
    runId: summaries[0]?.runId ?? '',
    workflowId: summaries.find(({ workflowId }) => workflowId !== '')?.workflowId ?? '',
    source: plan?.source.name ?? first,
    target: plan?.target.name ?? summaries.at(-1)?.cluster ?? first,
    inventoryDigest,
  };
}

function toNotes({ notes }: RunSummary, side: Side): RunOverview['notes'] {
  return notes.map(({ kind, subject, at }) => ({ side, kind, subject, at }));
}

function toJobs({ jobs }: RunSummary, side: Side): RunOverview['notes'] {
  return jobs.map((subject) => ({ side, kind: 'job' as const, subject, at: '' }));
}
