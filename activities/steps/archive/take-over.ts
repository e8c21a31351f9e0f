import { tickPurpose } from '../../../workflows/contract/backup/archive.ts';
import type { RunId } from '../../../workflows/contract/names.ts';
import type { LeaseHolder, Leases } from '../../catalogue/leases.ts';
import type { StepWorld } from '../../define-step.ts';
import type { RunSummary } from '../../run-record/run-record.ts';

/**
 * An attempt of a step may outlive its workflow until it misses its heartbeat (10 s), and what it has asked an agent for
 * by then is refused or done soon after (hazard 27).
 */
const SILENT_AFTER_MS = 30_000;

export interface EndedHolders {
  /** Of those in the way, the ones whose workflow has ended. */
  find(heldBy: readonly LeaseHolder[]): Promise<EndedHolder[]>;
}

export interface EndedHolder extends LeaseHolder {
  /** Nothing of it can act any more. */
  isSilent: boolean;
}

/** Only what Temporal itself says: a workflow that it does not know may run in another namespace. */
export function createEndedHolders({ ctx, deps }: StepWorld): EndedHolders {
  const firstSeenMs = new Map<RunId, number>();
  const silentAfterMs = deps.silentAfterMs ?? SILENT_AFTER_MS;
  return {
    find: async (heldBy) => {
      const found: EndedHolder[] = [];
      for (const holder of heldBy) {
        const { workflowId, runId } = holder;
        if (workflowId === '' || (await ctx.hasEnded?.(workflowId)) !== true) continue;
        const sinceMs = firstSeenMs.get(runId) ?? ctx.nowMs();
        firstSeenMs.set(runId, sinceMs);
        found.push({ ...holder, isSilent: ctx.nowMs() - sinceMs >= silentAfterMs });
      }
      return found;
    },
  };
}

/**
 * A tick that was terminated holds its archive, and nothing else: what it had begun stands in the root, where the next
 * tick of the same set finds it. So that one ends it, as `clean` would. Whatever else it holds is for `clean`.
 *
 * @returns whether it was ended.
 */
export async function takeOverTick(
  { purpose, runId, isSilent }: EndedHolder,
  { set, leases }: { set: string; leases: Leases },
  { deps }: StepWorld,
): Promise<boolean> {
  if (!isSilent || purpose !== tickPurpose(set)) return false;
  const records = await findRecords(runId, deps);
  if (!records.every(holdsOnlyItsLease)) return false;
  // The note first: no lease that is still on its way can stand after that.
  for (const { cluster, notes } of records) {
    const record = (await deps.runs(cluster)).open(runId);
    for (const { subject } of notes) await record.removeNote('root-lease', subject);
  }
  await leases.release(runId);
  for (const { cluster } of records) await (await deps.runs(cluster)).open(runId).close('undone');
  return true;
}

async function findRecords(runId: RunId, deps: StepWorld['deps']): Promise<RunSummary[]> {
  const names = [...deps.inventory.clusters.keys()];
  const lists = await Promise.all(names.map(async (name) => (await deps.runs(name)).list()));
  return lists.flat().filter((summary) => summary.runId === runId);
}

function holdsOnlyItsLease({ notes, claims, marks, jobs }: RunSummary): boolean {
  const others = claims.length + marks.length + jobs.length;
  return others === 0 && notes.every(({ kind }) => kind === 'root-lease');
}
