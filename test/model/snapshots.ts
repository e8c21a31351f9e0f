import type { SnapshotFiles, SnapshotInfo } from '../../activities/hbase/cluster.ts';
import { splitTableName } from '../../workflows/contract/names.ts';
import { nodesBelow, type FileNode, type ModelFileSystems } from './files.ts';
import { createRowStore, type Cell } from './rows.ts';
import { withTableLock } from './table-lock.ts';
import { buildRegions, buildTable, openAll, requireNamespace } from './tables.ts';
import {
  hbaseFailed,
  notFound,
  pause,
  requireTable,
  type ClusterState,
  type FamilyState,
  type RegionState,
  type TableState,
} from './state.ts';

/** Snapshots as they stand on a file system: `<root>/.hbase-snapshot/<name>` and HFiles in `<root>/archive`. */

export interface Manifest {
  name: string;
  table: string;
  createdAtMs: number;
  /** The schema goes along, with scope and READONLY (hbase.md §3.2). */
  families: FamilyState[];
  readOnly: boolean;
  attributes: Record<string, string>;
  durability: string;
  splitKeys: string[];
  files: ManifestFile[];
}

export interface ManifestFile {
  path: string;
  bytes: number;
  isReference: boolean;
}

export function manifestPath(rootPath: string, name: string, inProgress = false): string {
  return `${rootPath}/.hbase-snapshot/${inProgress ? '.tmp/' : ''}${name}/data.manifest`;
}

export interface SnapshotWorld {
  state: ClusterState;
  fileSystems: ModelFileSystems;
  /** Rejects what hangs, as `Hbck.bypassProcedure` does. */
  hanging: Set<() => void>;
}

export async function takeSnapshot(world: SnapshotWorld, name: string, tableName: string): Promise<void> {
  const { state } = world;
  if (readManifest(world, name)) throw hbaseFailed(state, `SnapshotExistsException: ${name}`);
  const table = requireTable(state, tableName);
  await withTableLock(table, { what: 'snapshot' }, async () => {
    if (table.enabled && table.regions.some((region) => region.readOnly)) await hang(world);
    const files = await flushRegions(world, table);
    writeManifest(world, toManifest(state, table, { name, files }));
  });
}

/** Endless flush retries with the table's lock held (sandbox.md A.7). */
function hang({ state, hanging }: SnapshotWorld): Promise<never> {
  return new Promise((_, reject) => {
    hanging.add(() => reject(hbaseFailed(state, 'snapshot procedure was bypassed')));
  });
}

/** Each region on its own, so that a snapshot is no point in time over servers. */
async function flushRegions(world: SnapshotWorld, table: TableState): Promise<Manifest['files']> {
  const files: Manifest['files'] = [];
  for (const region of table.regions) {
    await pause(world.state, [10, 80]);
    if (table.enabled && region.server === undefined) {
      throw hbaseFailed(world.state, `CorruptedSnapshotException: region ${region.encodedName} is not online`);
    }
    files.push(flushRegion(world, table, region));
  }
  return files;
}

/**
 * A region without changes since the last time is the same file again, and one without changes since it was cloned is
 * a link to the file of the table it was cloned from.
 */
function flushRegion({ state }: SnapshotWorld, table: TableState, region: RegionState): ManifestFile {
  const { namespace, qualifier } = splitTableName(table.name);
  const sequence = table.rows.lastSequence(region.startKey, region.endKey);
  const { origin, hasReferences: isReference } = region;
  if (origin?.sequence === sequence) return { path: origin.path, bytes: origin.bytes, isReference };
  const family = [...table.families.keys()][0] ?? '';
  const file = `${Buffer.from(state.name).toString('hex')}${sequence.toString(16).padStart(8, '0')}`;
  const path = `/archive/data/${namespace}/${qualifier}/${region.encodedName}/${family}/${file}`;
  const cells = structuredClone(table.rows.copy(region.startKey, region.endKey));
  const bytes = Math.max(1, cells.length * 50);
  const node: FileNode = { content: '', bytes, modifiedMs: state.clock.nowMs(), payload: cells };
  state.fileSystem.nodes.set(`${rootPathOf(state)}${path}`, node);
  return { path, bytes, isReference };
}

function toManifest(state: ClusterState, table: TableState, part: Pick<Manifest, 'name' | 'files'>): Manifest {
  return {
    ...part,
    table: table.name,
    createdAtMs: state.clock.nowMs(),
    families: structuredClone([...table.families.values()]),
    readOnly: table.readOnly,
    attributes: { ...table.attributes },
    durability: table.durability,
    splitKeys: table.regions.map((region) => region.startKey).filter((key) => key !== ''),
  };
}

function rootPathOf(state: ClusterState): string {
  return state.rootDir.slice(state.fileSystem.uri.length);
}

function writeManifest({ state }: SnapshotWorld, manifest: Manifest): void {
  const node: FileNode = { content: '', bytes: 500, modifiedMs: state.clock.nowMs(), payload: manifest };
  state.fileSystem.nodes.set(manifestPath(rootPathOf(state), manifest.name), node);
}

export function readManifest(
  { state, fileSystems }: SnapshotWorld,
  name: string,
  rootUri?: string,
): Manifest | undefined {
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, rootUri ?? state.rootDir);
  return fileSystem.nodes.get(manifestPath(path, name))?.payload as Manifest | undefined;
}

export function listSnapshots({ state }: SnapshotWorld): SnapshotInfo[] {
  const folder = { fileSystem: state.fileSystem, path: `${rootPathOf(state)}/.hbase-snapshot` };
  return nodesBelow(folder)
    .filter(([path]) => !path.includes('/.tmp/'))
    .map(([, node]) => node.payload as Manifest)
    .map(({ name, table, createdAtMs }) => ({ name, table, createdAtMs, ttlSeconds: -2 }));
}

export async function deleteSnapshot(world: SnapshotWorld, name: string): Promise<void> {
  const { state } = world;
  if (!readManifest(world, name)) throw notFound(state, `SnapshotDoesNotExistException: ${name}`);
  state.fileSystem.nodes.delete(manifestPath(rootPathOf(state), name));
}

export function measureSnapshot(world: SnapshotWorld, name: string, rootUri?: string): SnapshotFiles | undefined {
  const manifest = readManifest(world, name, rootUri);
  if (!manifest) return undefined;
  const { fileSystem, path } = world.fileSystems.locate(world.state.fileSystem.uri, rootUri ?? world.state.rootDir);
  return {
    files: manifest.files.length,
    bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
    references: manifest.files.filter(({ isReference }) => isReference).length,
    mobFiles: 0,
    missing: manifest.files.filter((file) => !fileSystem.nodes.has(path + file.path)).length,
  };
}

export async function cloneSnapshot(world: SnapshotWorld, name: string, tableName: string): Promise<void> {
  const { state } = world;
  const manifest = requireManifest(world, name);
  requireNamespace(state, tableName);
  if (state.tables.has(tableName)) throw hbaseFailed(state, `TableExistsException: ${tableName}`);
  const rows = readCells(world, manifest);
  // The name is taken at once; the table opens when the procedure has run.
  const table = buildTable(tableName, []);
  state.tables.set(tableName, table);
  await withTableLock(table, { what: 'restore' }, async () => {
    await pause(state, [50, 500]);
    fill(state, table, manifest, rows);
    openAll(state, table);
  });
}

/** Refuses an enabled table; an absent one becomes a clone. Scope and READONLY of the snapshot come along. */
export async function restoreSnapshot(world: SnapshotWorld, name: string): Promise<void> {
  const { state } = world;
  const manifest = requireManifest(world, name);
  const table = state.tables.get(manifest.table);
  if (!table) return cloneSnapshot(world, name, manifest.table);
  await withTableLock(table, { what: 'restore' }, async () => {
    if (table.enabled) throw hbaseFailed(state, `TableNotDisabledException: ${table.name}`);
    const rows = readCells(world, manifest);
    await pause(state, [50, 500]);
    fill(state, table, manifest, rows);
  });
}

function requireManifest(world: SnapshotWorld, name: string): Manifest {
  const manifest = readManifest(world, name);
  if (!manifest) throw notFound(world.state, `SnapshotDoesNotExistException: ${name}`);
  return manifest;
}

function readCells({ state }: SnapshotWorld, manifest: Manifest): Cell[] {
  return manifest.files.flatMap(({ path }) => {
    const node = state.fileSystem.nodes.get(`${rootPathOf(state)}${path}`);
    if (!node) throw hbaseFailed(state, `CorruptedSnapshotException: ${manifest.name} misses ${path}`);
    return node.payload as Cell[];
  });
}

function fill(state: ClusterState, table: TableState, manifest: Manifest, cells: Cell[]): void {
  table.families = new Map(manifest.families.map((family) => [family.name, { ...family }]));
  table.readOnly = manifest.readOnly;
  table.attributes = { ...manifest.attributes };
  table.durability = manifest.durability;
  table.regions = buildRegions(state, manifest.splitKeys);
  table.rows = createRowStore(cells.toSorted((a, b) => a.sequence - b.sequence));
  table.regions.forEach((region, i) => {
    const { path = '', bytes = 0 } = manifest.files[i] ?? {};
    region.origin = { path, bytes, sequence: table.rows.lastSequence(region.startKey, region.endKey) };
  });
}
