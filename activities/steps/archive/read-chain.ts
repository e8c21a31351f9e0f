import type { BackupId, BackupState } from '../../../workflows/contract/backup/record.ts';
import { createWalArchive, type DamagedFile, listArchives, type WalArchive } from '../../catalogue/wal-archive.ts';
import { Failure } from '../../failure.ts';
import type { FileStore } from '../../hbase/cluster.ts';
import { type ChainFacts, findNeededBases } from '../backup/wal-chain.ts';

export interface ReadChain extends ChainFacts {
  /** What cannot be read: no instant across it, and nothing expires beside it. */
  damaged: DamagedFile[];
}

/** The horizon is read last: whatever was removed while the rest was read is before it. */
export async function readChain(
  archive: WalArchive,
  { clusterId, backups }: Pick<ChainFacts, 'clusterId' | 'backups'>,
): Promise<ReadChain> {
  const ticks = await archive.listTicks();
  const wals = await archive.listWals();
  const horizonMs = await archive.readHorizon();
  return {
    clusterId,
    backups,
    ticks: ticks.ticks,
    wals: wals.wals,
    horizonMs,
    damaged: [...ticks.damaged, ...wals.damaged],
  };
}

/**
 * Backups that an instant of some set's window needs, for the retention (hazard 48). Where an archive cannot be read,
 * every backup of its set is needed: a person decides.
 */
export async function readNeededBases({
  files,
  rootUri,
  backups,
  nowMs,
}: {
  files: FileStore;
  rootUri: string;
  backups: readonly BackupState[];
  nowMs: number;
}): Promise<ReadonlySet<BackupId>> {
  const needed = new Set<BackupId>();
  for (const set of await listArchives(files, rootUri)) {
    const archive = createWalArchive({ files, rootUri, set, nowMs: () => nowMs });
    for (const id of await readNeededOf(archive, { set, backups, nowMs })) needed.add(id);
  }
  return needed;
}

async function readNeededOf(
  archive: WalArchive,
  { set, backups, nowMs }: { set: string; backups: readonly BackupState[]; nowMs: number },
): Promise<Iterable<BackupId>> {
  const ofSet = backups.filter(({ record }) => record.set === set);
  try {
    const about = await archive.readArchive();
    if (!about) return [];
    const chain = await readChain(archive, { clusterId: about.clusterId, backups });
    if (chain.damaged.length > 0) return ofSet.map(({ record }) => record.id);
    const last = chain.ticks.at(-1)?.tick;
    if (!last) return [];
    return findNeededBases(chain, { tables: last.tables, windowFromMs: nowMs - last.windowMs }).bases;
  } catch (error) {
    if (error instanceof Failure && error.code === 'backup.damaged') return ofSet.map(({ record }) => record.id);
    throw error;
  }
}
