import type {
  BackedUpFamily,
  BackedUpTable,
  BackupFiles,
  ContentDigest,
} from '../../../workflows/contract/backup/record.ts';
import type { CompareScratchInput, ComparedTable } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { SnapshotFile } from '../../hbase/backup-verbs.ts';
import type { FamilyDescription, HBaseCluster, RegionInfo } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { compareSchema } from './compare-schema.ts';
import { digestContent } from './content-digest.ts';
import { openCatalogue } from './open-catalogue.ts';

/** So many differences of one kind are told in words. */
const MOST_TOLD = 5;

export const compareScratch = defineActivity<'compareScratch'>({
  name: 'compareScratch',
  kind: 'job',
  summary: 'compare the scratch table with what was recorded',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'comparing', table: input.table.table }, (alive) =>
      compare(input, alive),
    ),
});

async function compare(input: CompareScratchInput, world: StepWorld): Promise<ComparedTable> {
  const { run, root, backupId, table, content } = input;
  const cluster = await world.deps.cluster(run.source);
  const catalogue = await openCatalogue(world.deps, { cluster: run.source, rootUri: root.uri });
  const { record } = (await catalogue.readOne(backupId)).state;
  const recorded = record.tables.find((one) => one.table === table.from);
  if (!recorded) throw new Failure('backup.damaged', `Backup ${backupId} has no table ${table.from}.`);
  const list = await catalogue.readFiles(record, recorded);
  const found = await digest(input, { cluster, recorded }, world);
  return {
    rows: found.rows,
    cells: found.cells,
    differences: [
      ...(await compareBoth(input, { cluster, recorded })),
      ...compareRegions(recorded.regions, await cluster.listRegions(table.table)),
      ...compareFiles(list, (await cluster.listSnapshotFiles({ name: table.snapshot })) ?? []),
      ...compareContent(content, found),
    ].map((what) => `${table.from}: ${what}`),
  };
}

interface Known {
  cluster: HBaseCluster;
  recorded: BackedUpTable;
}

/** In the ranges of backup time: where the scratch table's regions are does not matter. */
function digest(
  { table: { table } }: CompareScratchInput,
  { cluster, recorded }: Known,
  { ctx }: StepWorld,
): Promise<ContentDigest> {
  let done = 0;
  const onRows = (rows: number): void => {
    done += rows;
    ctx.progress({ phase: 'comparing', table, done, unit: 'rows' });
  };
  return digestContent({ ranges: recorded.regions, onRows }, (page) => {
    ctx.signal.throwIfAborted();
    return cluster.digestRange({ ...page, table });
  });
}

/** The manifest that was imported, since the scratch table was changed; its families show what really opened. */
async function compareBoth(
  { table: { table, snapshot } }: CompareScratchInput,
  { cluster, recorded }: Known,
): Promise<string[]> {
  const [imported, scratch] = await Promise.all([
    cluster.describeSnapshot({ name: snapshot }),
    cluster.readTable(table),
  ]);
  return [...compareSchema(recorded, imported), ...compareFamilies(recorded.families, scratch?.families ?? [])];
}

function compareFamilies(recorded: BackedUpFamily[], found: FamilyDescription[]): string[] {
  const there = new Map(found.map((family) => [family.name, family]));
  return recorded.flatMap((family) => {
    const now = there.get(family.name);
    if (!now) return [`family ${family.name} did not open`];
    return (['maxVersions', 'compression', 'dataBlockEncoding'] as const)
      .filter((key) => now[key] !== family[key])
      .map((key) => `family ${family.name} opened with ${key} ${now[key]} instead of ${family[key]}`);
  });
}

/** HBase may have split one meanwhile; none may be missing. */
function compareRegions(recorded: BackedUpTable['regions'], found: RegionInfo[]): string[] {
  const starts = new Set(found.map(({ startKey }) => startKey));
  const missing = recorded.filter(({ startKey }) => !starts.has(startKey));
  return missing.slice(0, MOST_TOLD).map(({ startKey }) => `no region starts at ${startKey === '' ? "''" : startKey}`);
}

function compareFiles({ files }: BackupFiles, found: SnapshotFile[]): string[] {
  const there = new Map(found.map((file) => [file.path, file]));
  const wrong = files.filter(({ path, bytes }) => {
    const file = there.get(path);
    return !file || file.missing || file.bytes !== bytes;
  });
  return [
    ...wrong.slice(0, MOST_TOLD).map(({ path }) => `${path} is missing or of another length`),
    ...(found.length === files.length ? [] : [`${found.length} files instead of ${files.length}`]),
  ];
}

function compareContent(recorded: ContentDigest, found: ContentDigest): string[] {
  if (recorded.rows !== found.rows) return [`${found.rows} rows instead of ${recorded.rows}`];
  if (recorded.cells !== found.cells) return [`${found.cells} cells instead of ${recorded.cells}`];
  return recorded.digest === found.digest ? [] : [`the ${found.cells} cells are others than the recorded ones`];
}
