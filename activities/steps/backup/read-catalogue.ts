import type { CatalogueSummary } from '../../../workflows/contract/backup/step-data.ts';
import type { BackupState, BackupSummary, DrillResult } from '../../../workflows/contract/backup/record.ts';
import { listArchives } from '../../catalogue/wal-archive.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { FileStore } from '../../hbase/cluster.ts';
import { withRoot } from './place.ts';

/** From the root alone: a lost orchestrator or a lost source cluster loses no backup. */
export const readCatalogue = defineActivity<'readCatalogue'>({
  name: 'readCatalogue',
  kind: 'read',
  summary: 'read the catalogue of a backup root',
  run: ({ set, ...place }, world) =>
    withRoot({ place, world, phase: `reading the catalogue of ${place.root}` }, async ({ catalogue, rootUri }) => {
      const { files } = await world.deps.cluster(place.cluster);
      const { backups, damaged } = await catalogue.readAll();
      const archives = await readArchives(files, rootUri);
      const wanted = backups.filter(({ record }) => set === undefined || record.set === set);
      return { ...archives, backups: wanted.map(toSummary), damaged: [...damaged, ...archives.damaged] };
    }),
});

/** Sets with archived WALs; an archive that cannot be read is damage like others. */
export async function readArchives(
  files: FileStore,
  rootUri: string,
): Promise<Required<Pick<CatalogueSummary, 'archives' | 'damaged'>>> {
  try {
    return { archives: await listArchives(files, rootUri), damaged: [] };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'backup.damaged') throw error;
    return { archives: [], damaged: [{ id: '', path: rootUri, why: error.message }] };
  }
}

/** A line of a list. */
export function toSummary({ record, damaged, ...state }: BackupState): BackupSummary {
  const { provenAt, lastDrill, keptFor, expiringSince } = state;
  return {
    id: record.id,
    set: record.set,
    cause: record.cause,
    cluster: record.cluster.name,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt,
    startMs: record.startMs,
    endMs: record.endMs,
    tables: record.tables.length,
    failed: record.failed.length,
    bytes: record.bytes,
    newBytes: record.newBytes,
    tags: record.tags,
    ...(provenAt === undefined ? {} : { provenAt }),
    ...(lastDrill === undefined ? {} : { lastDrill: toDrillSummary(lastDrill) }),
    ...(keptFor === undefined ? {} : { keptFor }),
    ...(expiringSince === undefined ? {} : { expiringSince }),
    damaged: damaged.length,
  };
}

function toDrillSummary({ result, finishedAt, restoreMs }: DrillResult): BackupSummary['lastDrill'] {
  return { result, finishedAt, restoreMs };
}
