import type { ArchiveOverview } from '../../../workflows/contract/backup/archive.ts';
import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import { createWalArchive } from '../../catalogue/wal-archive.ts';
import { defineActivity } from '../../define-step.ts';
import type { FileStore } from '../../hbase/cluster.ts';
import { withRoot } from '../backup/place.ts';
import { findIntervals, findNeededBases, findSpans } from '../backup/wal-chain.ts';
import { listStanding } from './tick-world.ts';
import { readChain } from './read-chain.ts';

/** From the root alone, as a restore would judge it. */
export const readInstants = defineActivity<'readInstants'>({
  name: 'readInstants',
  kind: 'read',
  summary: 'read which instants can be restored',
  run: ({ set, ...place }, world) =>
    withRoot({ place, world, phase: `reading the archive of ${set}` }, async (root) => {
      const { files } = await world.deps.cluster(place.cluster);
      const nowMs = world.deps.nowMs();
      const { backups } = await root.catalogue.readAll();
      return readOverview({ set, nowMs, rootUri: root.rootUri, files, backups });
    }),
});

interface OverviewQuestion {
  set: string;
  nowMs: number;
  rootUri: string;
  files: FileStore;
  backups: readonly BackupState[];
}

/** What can be restored of a set, and what its archive is. */
export async function readOverview({
  set,
  nowMs,
  rootUri,
  files,
  backups,
}: OverviewQuestion): Promise<ArchiveOverview> {
  const archive = createWalArchive({ files, rootUri, set, nowMs: () => nowMs });
  const about = await archive.readArchive();
  const chain = await readChain(archive, { clusterId: about?.clusterId ?? '', backups });
  const last = chain.ticks.at(-1)?.tick;
  const tables = last?.tables ?? [];
  const windowFromMs = nowMs - (last?.windowMs ?? 0);
  return {
    set,
    windowMs: last?.windowMs ?? 0,
    ...(last === undefined ? {} : { lastTickAt: last.at }),
    tables: tables.map((table) => ({ table, intervals: findIntervals(chain, table) })),
    spans: findSpans(chain),
    neededBases: [...findNeededBases(chain, { tables, windowFromMs }).bases],
    wals: chain.wals.length,
    bytes: chain.wals.reduce((sum, { bytes }) => sum + bytes, 0),
    holders: (await listStanding(archive)).map(({ id }) => id),
    damaged: chain.damaged,
  };
}
