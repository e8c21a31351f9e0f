import type { BackedUpTable, BackupAudit, BackupRecord } from '../../../workflows/contract/backup/record.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { type OpenedRoot, withRoot } from './place.ts';

/**
 * Every file of a backup, as its list has it and as its manifests want it. What is found is written as an event, so
 * that a restore refuses a backup that was found damaged.
 */
export const verifyBackup = defineActivity<'verifyBackup'>({
  name: 'verifyBackup',
  kind: 'job',
  summary: 'look at every file of a backup',
  run: ({ backup, by, ...place }, world) =>
    withRoot({ place, world, phase: `verifying ${backup}` }, async (root, alive) => {
      const { state } = await root.catalogue.readOne(backup);
      const cluster = await world.deps.cluster(place.cluster);
      const audit = await auditBackup({ record: state.record, root, cluster }, alive);
      const at = new Date(world.deps.nowMs()).toISOString();
      await root.catalogue.appendEvent(backup, { kind: 'audit', at, by, damaged: audit.damaged });
      return audit;
    }),
});

export interface Audited {
  record: BackupRecord;
  root: OpenedRoot;
  cluster: HBaseCluster;
}

/** Also for a restore, which must not start on what is not whole. */
export async function auditBackup(audited: Audited, { ctx }: StepWorld): Promise<BackupAudit> {
  const { record } = audited;
  const total: BackupAudit = { id: record.id, files: 0, bytes: 0, damaged: [] };
  for (const table of record.tables) {
    const { files, bytes, damaged } = await auditTable(audited, table);
    total.files += files;
    total.bytes += bytes;
    total.damaged.push(...damaged.map((what) => `${table.table}: ${what}`));
    ctx.progress({ phase: 'verified', table: table.table });
  }
  return total;
}

async function auditTable({ record, root, cluster }: Audited, table: BackedUpTable): Promise<Omit<BackupAudit, 'id'>> {
  const none = { files: 0, bytes: 0 };
  try {
    const place = { name: table.snapshot, rootUri: root.rootUri };
    const [list, found] = await Promise.all([
      root.catalogue.readFiles(record, table),
      cluster.listSnapshotFiles(place),
    ]);
    if (!found) return { ...none, damaged: [`its manifest ${table.snapshot} is gone`] };
    const there = new Map(found.map((file) => [file.path, file]));
    const damaged = list.files.flatMap(({ path, bytes }) => {
      const file = there.get(path);
      if (!file || file.missing) return [`${path} is missing or cut off`];
      return file.bytes === bytes ? [] : [`${path} has ${file.bytes} bytes instead of ${bytes}`];
    });
    return { files: list.files.length, bytes: list.files.reduce((sum, { bytes }) => sum + bytes, 0), damaged };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'backup.damaged') throw error;
    return { ...none, damaged: [error.message] };
  }
}
