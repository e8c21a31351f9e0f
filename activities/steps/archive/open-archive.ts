import { createHash } from 'node:crypto';
import { OWN_PREFIX, type PeerId, type RunId } from '../../../workflows/contract/names.ts';
import type { ArchiveRunPlan } from '../../../workflows/contract/backup/archive.ts';
import { createWalArchive, type WalArchive } from '../../catalogue/wal-archive.ts';
import type { StepDeps } from '../../deps.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';

/** The archive of a set, through the gateway of a cluster that can read the root. */
export async function openArchive(
  deps: StepDeps,
  { cluster, rootUri, set }: { cluster: string; rootUri: string; set: string },
): Promise<WalArchive> {
  const { files } = await deps.cluster(cluster);
  return createWalArchive({ files, rootUri, set, nowMs: () => deps.nowMs() });
}

export function openPlanned(deps: StepDeps, { cluster, root, set }: ArchiveRunPlan): Promise<WalArchive> {
  return openArchive(deps, { cluster: cluster.name, rootUri: root.uri, set });
}

/**
 * The run whose record on the cluster names the holders of a set's archive: `leaks` shows it, and `clean` removes them,
 * whatever has become of the schedule. WARNING: part of the names of peers that live for years.
 */
export function toArchiveRunId({
  clusterId,
  rootUri,
  set,
}: {
  clusterId: string;
  rootUri: string;
  set: string;
}): RunId {
  const digest = createHash('sha256')
    .update(JSON.stringify([clusterId, rootUri, set]))
    .digest('hex');
  return `hold_${digest.slice(0, 12)}`;
}

/** A peer's id has no hyphen. */
export function toHolderId(archiveRunId: RunId, number: number): PeerId {
  return `${OWN_PREFIX}${archiveRunId}_${number}`;
}

export interface HolderRecord {
  note(id: PeerId): Promise<void>;
  forget(id: PeerId): Promise<void>;
}

/** The record that outlives each tick; opened by the plan that stands in the root, which is equal for every tick. */
export async function openHolderRecord(
  deps: StepDeps,
  { plan, archive }: { plan: ArchiveRunPlan; archive: WalArchive },
): Promise<HolderRecord & { record: RunRecord }> {
  const { cluster, root, set, archiveRunId } = plan;
  const record = (await deps.runs(cluster.name)).open(archiveRunId);
  const standing = await archive.readArchive();
  return {
    record,
    note: async (id) => {
      if (standing) await record.open(standing.plan);
      await record.note<NoteValues['wal-holder']>('wal-holder', id, { id, rootUri: root.uri, set });
    },
    forget: (id) => record.removeNote('wal-holder', id),
  };
}
