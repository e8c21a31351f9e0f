import type { BackupState, BackupSummary, DrillResult } from '../../../workflows/contract/backup/record.ts';
import { defineActivity } from '../../define-step.ts';
import { withRoot } from './place.ts';

/** From the root alone: a lost orchestrator or a lost source cluster loses no backup. */
export const readCatalogue = defineActivity<'readCatalogue'>({
  name: 'readCatalogue',
  kind: 'read',
  summary: 'read the catalogue of a backup root',
  run: ({ set, ...place }, world) =>
    withRoot({ place, world, phase: `reading the catalogue of ${place.root}` }, async ({ catalogue }) => {
      const { backups, damaged } = await catalogue.readAll();
      const wanted = backups.filter(({ record }) => set === undefined || record.set === set);
      return { backups: wanted.map(toSummary), damaged };
    }),
});

function toSummary({ record, damaged, ...state }: BackupState): BackupSummary {
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
