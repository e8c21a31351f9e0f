import { createHash } from 'node:crypto';
import type {
  BackupVerbs,
  FileCopy,
  HeldQueue,
  HeldWal,
  WalRange,
  WalRows,
  WalRowsPage,
} from '../../activities/hbase/backup-verbs.ts';
import { Failure } from '../../activities/failure.ts';
import { requireOutsideRoots, type FileNode, type ModelFileSystems } from './files.ts';
import { ENTRY_BYTES } from './replication.ts';
import type { SnapshotWorld } from './snapshots.ts';
import {
  hbaseFailed,
  pause,
  serverNowMs,
  type ClusterState,
  type QueueState,
  type Wal,
  type WalEntry,
} from './state.ts';

/** WALs as files: where they stand, how long they stay, and what is in them. */

/** A closed one stays in its server's folder for a while, so that it may move while it is copied (hazards 44). */
const MOVE_MS = 1_500;

function pathOf(state: ClusterState, wal: Wal): string {
  const moved = wal.closedMs !== undefined && serverNowMs(state) - wal.closedMs >= MOVE_MS;
  return `${state.rootDir}/${moved ? 'oldWALs' : `WALs/${wal.server}`}/${wal.name}`;
}

export function listHeldWals(state: ClusterState, peer: string): HeldQueue[] {
  return state.queues.filter((queue) => queue.peer === peer).map((queue) => describeQueue(state, queue));
}

function describeQueue(state: ClusterState, queue: QueueState): HeldQueue {
  const wals = [...queue.groups.values()].flatMap((group) => group.wals);
  return {
    queue: queue.id,
    server: queue.server,
    live: state.servers.some(({ name, live }) => live && name === queue.server),
    recovered: queue.recovered,
    wals: wals.map((wal) => describeWal(state, wal)),
  };
}

function describeWal(state: ClusterState, wal: Wal): HeldWal {
  const { name, group, startedMs, closed } = wal;
  return { name, group, startedMs, closed, path: pathOf(state, wal), bytes: closed ? bytesOf(wal.entries) : 0 };
}

function bytesOf(entries: readonly WalEntry[]): number {
  return Math.max(1, entries.length * ENTRY_BYTES);
}

/** Of what is there now: the copy of a WAL that is still written lacks what comes later. */
function readSource({ state, fileSystems }: SnapshotWorld, uri: string): FileNode {
  const wal = state.wals.find(({ name }) => uri.startsWith(`${state.rootDir}/`) && uri.endsWith(`/${name}`));
  if (wal) return readWal(state, wal);
  const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, uri);
  const node = fileSystem.nodes.get(path);
  if (node === undefined) throw new Failure('hdfs.failed', `FileNotFoundException: ${uri}`);
  return structuredClone(node);
}

/** The cleaner takes a WAL at once when it is closed and no queue names it. */
function readWal(state: ClusterState, wal: Wal): FileNode {
  const held = state.queues.some((queue) => [...queue.groups.values()].some(({ wals }) => wals.includes(wal)));
  if (wal.closed && !held) throw new Failure('hdfs.failed', `FileNotFoundException: ${pathOf(state, wal)}`);
  const entries = structuredClone(wal.entries);
  return { content: '', bytes: bytesOf(entries), modifiedMs: wal.closedMs ?? serverNowMs(state), payload: entries };
}

export async function copyFile(
  world: SnapshotWorld,
  { from, toUri, bytes }: Parameters<BackupVerbs['copyFile']>[0],
): Promise<FileCopy> {
  const { state } = world;
  const to = locate(world.fileSystems, state, toUri);
  const known = to.fileSystem.nodes.get(to.path);
  const node = known ?? readSource(world, from);
  await pause(state, [20, 400]);
  const created = known === undefined && !to.fileSystem.nodes.has(to.path);
  if (created) to.fileSystem.nodes.set(to.path, { ...node, modifiedMs: state.clock.nowMs() });
  if (bytes !== undefined && bytes !== node.bytes) {
    if (created) to.fileSystem.nodes.delete(to.path);
    throw hbaseFailed(state, `${toUri} has ${node.bytes} bytes, but ${from} has ${bytes}`);
  }
  const sha256 = createHash('sha256')
    .update(node.content)
    .update(JSON.stringify(node.payload ?? null))
    .digest('hex');
  return { bytes: node.bytes, sha256, created };
}

function locate(fileSystems: ModelFileSystems, state: ClusterState, uri: string) {
  const place = fileSystems.locate(state.fileSystem.uri, uri);
  requireOutsideRoots(fileSystems, place);
  return place;
}

export function readWalRange(world: SnapshotWorld, uri: string): WalRange {
  const entries = (readSource(world, uri).payload ?? []) as WalEntry[];
  const times = entries.map(({ atMs }) => atMs);
  const tables = [...new Set(entries.map(({ table }) => table))];
  return {
    entries: entries.length,
    ...(times.length === 0 ? {} : { firstMs: Math.min(...times), lastMs: Math.max(...times) }),
    tables: tables.map((table) =>
      describeTable(
        table,
        entries.filter((entry) => entry.table === table),
      ),
    ),
  };
}

function describeTable(table: string, entries: WalEntry[]): WalRange['tables'][number] {
  const times = entries.map(({ atMs }) => atMs);
  return {
    table,
    edits: entries.filter(({ cells }) => cells.length > 0).length,
    firstMs: Math.min(...times),
    lastMs: Math.max(...times),
    bulkLoadFiles: entries.reduce((sum, { bulkLoadFiles }) => sum + bulkLoadFiles, 0),
    opened: [],
    closed: [],
  };
}

export function readWalRows(world: SnapshotWorld, { uri, tables, sinceMs, fromEntry, limit }: WalRowsPage): WalRows {
  const all = (readSource(world, uri).payload ?? []) as WalEntry[];
  const rows = new Map(tables.map((table) => [table, new Set<string>()]));
  const count = (): number => [...rows.values()].reduce((sum, { size }) => sum + size, 0);
  let entries = fromEntry;
  for (; entries < all.length && count() < limit; entries += 1) {
    const { table, cells, atMs } = all[entries]!;
    if (atMs >= sinceMs) for (const { row } of cells) rows.get(table)?.add(row);
  }
  return {
    tables: [...rows].filter(([, { size }]) => size > 0).map(([table, touched]) => ({ table, rows: [...touched] })),
    entries,
    ...(count() >= limit ? { nextEntry: entries } : {}),
  };
}
