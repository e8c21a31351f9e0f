import type { BackupVerbs } from '../../activities/hbase/backup-verbs.ts';
import type { RangeDigest } from '../../activities/hbase/cluster.ts';
import { Failure } from '../../activities/failure.ts';
import { findManifest, type FoundManifest } from './backup-roots.ts';
import { nodesBelow, requireOutsideRoots } from './files.ts';
import { digestPage } from './row-verbs.ts';
import { createRowStore, FOREVER_SECONDS } from './rows.ts';
import type { SnapshotWorld } from './snapshots.ts';
import { notFound, pause } from './state.ts';

const OWNER = 'temporal-hbase-reading.json';

type Reading = Parameters<BackupVerbs['openSnapshotReading']>[0];
type Page = Parameters<BackupVerbs['digestSnapshot']>[0];

export async function openSnapshotReading(world: SnapshotWorld, reading: Reading): Promise<void> {
  const { state, fileSystems } = world;
  const { name, rootUri = state.rootDir, scratchUri } = reading;
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, scratchUri);
  requireOutsideRoots(fileSystems, { fileSystem, path });
  requireSnapshot(world, { name, rootUri });
  const content = JSON.stringify({ name, rootUri });
  const known = fileSystem.nodes.get(`${path}/${OWNER}`);
  if (known !== undefined && known.content !== content) throw new Failure('internal', `${scratchUri} is another's`);
  await pause(state, [20, 200]);
  fileSystem.nodes.set(`${path}/${OWNER}`, { content, bytes: content.length, modifiedMs: state.clock.nowMs() });
}

function requireSnapshot(world: SnapshotWorld, place: { name: string; rootUri: string }): FoundManifest {
  const found = findManifest(world, place);
  if (found === undefined) throw notFound(world.state, `there is no snapshot ${place.name} in ${place.rootUri}`);
  return found;
}

/** Straight from the files: neither table nor servers are needed, and no cell expires. */
export function digestSnapshot(world: SnapshotWorld, { scratchUri, ...page }: Page): RangeDigest {
  const { state, fileSystems } = world;
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, scratchUri);
  const owner = fileSystem.nodes.get(`${path}/${OWNER}`);
  if (owner === undefined) throw notFound(state, `${scratchUri} is not ready to be read`);
  const { manifest, read } = requireSnapshot(world, JSON.parse(owner.content) as { name: string; rootUri: string });
  const cells = manifest.files.flatMap((file) => {
    const found = read(file.path);
    if (found === undefined) throw new Failure('backup.damaged', `FileNotFoundException: ${file.path}`);
    return found;
  });
  const rows = createRowStore(cells.toSorted((a, b) => a.sequence - b.sequence));
  const rules = new Map(manifest.families.map((family) => [family.name, { ...family, ttlSeconds: FOREVER_SECONDS }]));
  return digestPage(rows, { ...page, read: (row) => rows.read(row, { rules, nowMs: state.clock.nowMs() }) });
}

export function closeSnapshotReading({ state, fileSystems }: SnapshotWorld, scratchUri: string): boolean {
  const place = fileSystems.locate(state.fileSystem.uri, scratchUri);
  requireOutsideRoots(fileSystems, place);
  const below = nodesBelow(place);
  if (below.length === 0) return false;
  if (!place.fileSystem.nodes.has(`${place.path}/${OWNER}`)) throw new Failure('internal', `${scratchUri} is not ours`);
  for (const [path] of below) place.fileSystem.nodes.delete(path);
  return true;
}
