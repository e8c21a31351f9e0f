import type {
  RootListing,
  SnapshotDescription,
  SnapshotFile,
  SnapshotPlace,
} from '../../activities/hbase/backup-verbs.ts';
import { Failure } from '../../activities/failure.ts';
import { nodesBelow } from './files.ts';
import type { Cell } from './rows.ts';
import { manifestPath, type Manifest, type SnapshotWorld } from './snapshots.ts';
import { buildTable, describeTable } from './tables.ts';

/** Manifests and files of a root, as `BackupVerbs` tells them. */

export interface FoundManifest {
  manifest: Manifest;
  /** The cells of one of its files; undefined when it is missing. */
  read(path: string): Cell[] | undefined;
}

/** A folder that lacks its data manifest, holds something else or names no region is damaged (hazards 49). */
export function findManifest(
  { state, fileSystems }: SnapshotWorld,
  { name, rootUri = state.rootDir, temporary = false }: SnapshotPlace,
): FoundManifest | undefined {
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, rootUri);
  const manifestFile = manifestPath(path, name, temporary);
  const folder = manifestFile.slice(0, manifestFile.lastIndexOf('/'));
  if (nodesBelow({ fileSystem, path: folder }).length === 0) return undefined;
  const manifest = fileSystem.nodes.get(manifestFile)?.payload as Manifest | undefined;
  if (manifest === undefined || manifest.files.length === 0) {
    throw new Failure('backup.damaged', `${state.name}: the manifest ${folder} cannot be read`, {
      cluster: state.name,
    });
  }
  return { manifest, read: (file) => fileSystem.nodes.get(path + file)?.payload as Cell[] | undefined };
}

export function listSnapshotFiles(world: SnapshotWorld, place: SnapshotPlace): SnapshotFile[] | undefined {
  const found = findManifest(world, place);
  return found?.manifest.files.map(({ path, bytes, isReference }) => ({
    path: path.slice(1),
    bytes,
    missing: found.read(path) === undefined,
    kind: isReference ? 'reference' : 'hfile',
  }));
}

export function describeSnapshot(world: SnapshotWorld, place: SnapshotPlace): SnapshotDescription | undefined {
  const manifest = findManifest(world, place)?.manifest;
  if (manifest === undefined) return undefined;
  const { name, createdAtMs, readOnly, attributes, durability } = manifest;
  const table = Object.assign(buildTable(manifest.table, manifest.families), { readOnly, attributes, durability });
  const { enabled: _enabled, regions: _regions, sizeBytes: _sizeBytes, ...schema } = describeTable(table);
  return { ...structuredClone(schema), name, createdAtMs, regions: getRegions(manifest) };
}

function getRegions({ splitKeys, files }: Manifest): SnapshotDescription['regions'] {
  const starts = ['', ...splitKeys];
  return starts.map((startKey, i) => ({
    encodedName: files[i]?.path.split('/')[5] ?? '',
    startKey,
    endKey: starts[i + 1] ?? '',
  }));
}

export function listRoot({ state, fileSystems }: SnapshotWorld, rootUri: string): RootListing {
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, rootUri);
  const archived = nodesBelow({ fileSystem, path: `${path}/archive` });
  return {
    manifests: listManifests(fileSystem.nodes, path),
    files: archived.map(([file, { bytes, modifiedMs }]) => ({ path: file.slice(path.length + 1), bytes, modifiedMs })),
  };
}

function listManifests(nodes: SnapshotWorld['state']['fileSystem']['nodes'], root: string): RootListing['manifests'] {
  const found = new Map<string, RootListing['manifests'][number]>();
  for (const [file, { modifiedMs }] of nodes) {
    if (!file.startsWith(`${root}/.hbase-snapshot/`)) continue;
    const parts = file.slice(`${root}/.hbase-snapshot/`.length).split('/');
    const temporary = parts[0] === '.tmp';
    const name = parts[temporary ? 1 : 0] ?? '';
    const complete = nodes.has(manifestPath(root, name, temporary));
    found.set(`${temporary}/${name}`, { name, temporary, complete, modifiedMs });
  }
  return [...found.values()];
}
