import type { BackupFiles, BackedUpTable, BackupRecord } from '../../../workflows/contract/backup/record.ts';
import type { ExportedTable, SealBackupInput, SealedBackup } from '../../../workflows/contract/backup/step-data.ts';
import type { RootCatalogue } from '../../catalogue/create-catalogue.ts';
import { digestFiles, sealRecord } from '../../catalogue/seal.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { openCatalogue } from './open-catalogue.ts';
import { toRecordedSchema } from './recorded-schema.ts';

/** A server's clock is known as of its last report, at most so long ago (`hbase.regionserver.msginterval`, doubled). */
const REPORT_MS = 6_000;

/**
 * COMMIT POINT of a backup: every file is looked at once more under the lease, the file lists are written, and last
 * the record (hazard 39). Before it there is no backup, after it a crash changes nothing.
 */
export const sealBackup = defineActivity<'sealBackup'>({
  name: 'sealBackup',
  kind: 'change',
  summary: 'check every file in the root, then write the record',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `write the record of ${plan.backupId} into ${plan.root.name}`,
    command: `create, if absent, .temporal-hbase/backups/${plan.backupId}/record.json`,
    undo: 'none: from here on it is a backup, and goes by expiry',
    doneWhen: 'the record is there',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'sealing' }, (alive) => seal(input, alive)),
});

async function seal(input: SealBackupInput, world: StepWorld): Promise<SealedBackup> {
  const { plan, run } = input;
  const catalogue = await openCatalogue(world.deps, { cluster: run.source, rootUri: plan.root.uri });
  const standing = await findSealed(catalogue, input);
  if (standing) return toAnswer(standing);
  await catalogue.leases.requireHeld(run.runId, 'export');
  await catalogue.ensureRoot({ clusterId: plan.cluster.clusterId, allowOther: plan.request.allowOtherCluster });
  const cluster = await world.deps.cluster(run.source);
  const tables = await inParallel({ items: input.exported, limit: 4 }, async (exported) => {
    const described = await describeTable(input, { exported, cluster, catalogue });
    world.ctx.progress({ phase: 'checked', table: exported.table });
    return described;
  });
  const record = toRecord(input, { tables, nowMs: world.deps.nowMs() });
  return toAnswer(await writeOrFind(catalogue, input, record));
}

/** The record of an attempt before this one may come late, just before ours. */
async function writeOrFind(
  catalogue: RootCatalogue,
  input: SealBackupInput,
  record: BackupRecord,
): Promise<BackupRecord> {
  try {
    await catalogue.writeRecord(record);
    return record;
  } catch (error) {
    const standing = await findSealed(catalogue, input);
    if (standing?.runId === input.run.runId) return standing;
    throw error;
  }
}

/** An attempt whose answer was lost has written it: the same facts would make another record now. */
async function findSealed(catalogue: RootCatalogue, { plan }: SealBackupInput): Promise<BackupRecord | undefined> {
  const { backups } = await catalogue.readAll();
  return backups.find(({ record }) => record.id === plan.backupId)?.record;
}

interface TableParts {
  exported: ExportedTable;
  cluster: HBaseCluster;
  catalogue: RootCatalogue;
}

async function describeTable(
  { plan }: SealBackupInput,
  { exported, cluster, catalogue }: TableParts,
): Promise<BackedUpTable> {
  const { table, snapshot, copied, content } = exported;
  const place = { name: snapshot, rootUri: plan.root.uri };
  const [files, description] = await Promise.all([cluster.listSnapshotFiles(place), cluster.describeSnapshot(place)]);
  const missing = files?.filter((file) => file.missing).map(({ path }) => path);
  if (!files || !description || (missing?.length ?? 0) > 0) {
    const what = missing?.length ? `${missing.length} files are missing, first ${missing[0]}` : 'its manifest is gone';
    throw new Failure('backup.failed', `${plan.root.uri}: the export of ${table} is not whole: ${what}.`, { table });
  }
  const list: BackupFiles = {
    formatVersion: 1,
    id: plan.backupId,
    table,
    files: files.map(({ path, bytes }) => ({ path, bytes })),
  };
  await catalogue.writeFiles(list);
  return {
    table,
    snapshot,
    ...toRecordedSchema(description),
    regions: description.regions.map(({ startKey, endKey }) => ({ startKey, endKey })),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    newBytes: copied.copiedBytes,
    files: files.length,
    filesDigest: digestFiles(list),
    ...(content === undefined ? {} : { content }),
  };
}

function toRecord(input: SealBackupInput, { tables, nowMs }: { tables: BackedUpTable[]; nowMs: number }): BackupRecord {
  const { plan, clocks, exported, failed } = input;
  const { request, cluster } = plan;
  const sum = (value: (table: BackedUpTable) => number): number =>
    tables.reduce((total, table) => total + value(table), 0);
  return sealRecord({
    formatVersion: 1,
    id: plan.backupId,
    runId: plan.runId,
    workflowId: plan.workflowId,
    set: request.set,
    cause: request.cause,
    ...(plan.nominalAt === undefined ? {} : { nominalAt: plan.nominalAt }),
    ...(request.owner === undefined ? {} : { owner: request.owner }),
    ...(request.by === undefined ? {} : { by: request.by }),
    tags: request.tags,
    cluster: { name: cluster.name, clusterId: cluster.clusterId, version: cluster.version },
    startedAt: plan.createdAt,
    finishedAt: new Date(nowMs).toISOString(),
    startMs: clocks.before.oldestMs,
    endMs: clocks.after.newestMs + REPORT_MS,
    skewMs: Math.max(0, clocks.before.newestMs - clocks.before.oldestMs, clocks.after.newestMs - clocks.after.oldestMs),
    tables,
    failed,
    bytes: sum(({ bytes }) => bytes),
    newBytes: sum(({ newBytes }) => newBytes),
    files: sum(({ files }) => files),
    skippedFiles: exported.reduce((total, { copied }) => total + copied.skippedFiles, 0),
    checksum: weakest(exported),
  });
}

/** What can be said of all files together. */
function weakest(exported: readonly ExportedTable[]): BackupRecord['checksum'] {
  const used = exported.map(({ copied }) => copied.checksum);
  return (
    (['length-only', 'file-checksum', 'composite-crc'] as const).find((kind) => used.includes(kind)) ?? 'length-only'
  );
}

function toAnswer({ id, bytes, newBytes, files, skippedFiles, digest }: BackupRecord): SealedBackup {
  return { backupId: id, bytes, newBytes, files, skippedFiles, digest };
}
