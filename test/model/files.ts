import type { FileEntry, FileStore } from '../../activities/hbase/cluster.ts';
import { Failure } from '../../activities/failure.ts';
import type { ModelClock } from './clock.ts';

export interface FileNode {
  content: string;
  bytes: number;
  modifiedMs: number;
  /** What a modelled file holds: a manifest, or the cells of an HFile. */
  payload?: unknown;
}

/** One HDFS: files by absolute path; folders are what the paths imply. */
export interface ModelFileSystem {
  readonly uri: string;
  readonly nodes: Map<string, FileNode>;
  /** Bytes that are counted but not kept as files: the logs. */
  extraBytes(path: string): number;
  capacityBytes: number;
  usedBytes: number;
  /** Nobody may write there, as on a file system that is mounted read-only. */
  readOnlyBelow?: string;
}

/** All file systems that both clusters reach, by authority. */
export interface ModelFileSystems {
  add(fileSystem: ModelFileSystem): void;
  /** A full URI, or a path on `home`. */
  locate(home: string, path: string): { fileSystem: ModelFileSystem; path: string };
  /** Folders of HBase, as full URIs: nothing in them is ever removed as a file (hazards 21). */
  readonly hbaseRoots: string[];
}

export function createFileSystems(): ModelFileSystems {
  const byUri = new Map<string, ModelFileSystem>();
  return {
    hbaseRoots: [],
    add: (fileSystem) => void byUri.set(fileSystem.uri, fileSystem),
    locate: (home, path) => {
      const match = /^([a-z0-9]+:\/\/[^/]*)(\/.*)?$/.exec(path);
      const uri = match?.[1] ?? home;
      const fileSystem = byUri.get(uri);
      if (!fileSystem) throw new Failure('hdfs.failed', `no file system ${uri}`);
      return { fileSystem, path: trimSlash(match ? (match[2] ?? '/') : path) };
    },
  };
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

export const HOME = '/user/hbase';

export interface ModelFilesOptions {
  fileSystems: ModelFileSystems;
  homeUri: string;
  clock: ModelClock;
  /** Told of every file just after it was created. */
  onCreated?: ((path: string, content: string) => void) | undefined;
}

/** `FileStore` as a gateway of one cluster sees it. */
export function createModelFiles({ fileSystems, homeUri, clock, onCreated }: ModelFilesOptions): FileStore {
  const at = (path: string) => fileSystems.locate(homeUri, path);
  return {
    create: async (path, content, { within } = {}) => {
      const { fileSystem, path: local } = requireWritable(at(path));
      if (fileSystem.nodes.has(local)) return false;
      if (within !== undefined && nodesBelow(at(within)).length === 0) throw gone(within);
      fileSystem.nodes.set(local, { content, bytes: content.length, modifiedMs: clock.nowMs() });
      onCreated?.(local, content);
      return true;
    },
    read: async (path) => {
      const place = at(path);
      const node = place.fileSystem.nodes.get(place.path);
      if (!node && nodesBelow(place).length > 0) throw new Failure('internal', `${path} is a folder`);
      return node?.content;
    },
    list: async (path) => listFolder(at(path)),
    measure: async (path) => measureTree(at(path)),
    move: async (from, to) => moveTree(fileSystems, requireWritable(at(from)), requireWritable(at(to))),
    remove: async (path, options = {}) => {
      const place = requireWritable(at(path));
      requireOutsideRoots(fileSystems, place);
      if (place.path === HOME) throw new Failure('internal', `refuses to remove ${path}: it is the home folder`);
      return removeTree(place, options.recursive ?? false);
    },
    probeWrite: async (path) => void requireWritable(at(path)),
  };
}

function gone(folder: string): Failure {
  return new Failure('hbase.not-found', `${folder} is gone`);
}

type Place = ReturnType<ModelFileSystems['locate']>;

function requireWritable(place: Place): Place {
  const { fileSystem, path } = place;
  if (fileSystem.readOnlyBelow === undefined || !`${path}/`.startsWith(`${fileSystem.readOnlyBelow}/`)) return place;
  throw new Failure('hdfs.failed', `${fileSystem.uri}${path}: it is read-only`);
}

export function nodesBelow({ fileSystem, path }: Place): [path: string, node: FileNode][] {
  const prefix = path === '/' ? '/' : `${path}/`;
  return [...fileSystem.nodes].filter(([name]) => name === path || name.startsWith(prefix));
}

function listFolder(place: Place): FileEntry[] {
  const prefix = place.path === '/' ? '/' : `${place.path}/`;
  const entries = new Map<string, FileEntry>();
  for (const [name, node] of nodesBelow(place)) {
    if (name === place.path) continue;
    const [first, ...rest] = name.slice(prefix.length).split('/');
    const known = entries.get(first!);
    const directory = rest.length > 0;
    const bytes = directory ? 0 : node.bytes;
    const modifiedMs = Math.max(known?.modifiedMs ?? 0, node.modifiedMs);
    entries.set(first!, { name: first!, directory, bytes, modifiedMs });
  }
  return [...entries.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function measureTree(place: Place) {
  const nodes = nodesBelow(place);
  const { fileSystem } = place;
  const logBytes = fileSystem.extraBytes(place.path);
  return {
    bytes: nodes.reduce((sum, [, node]) => sum + node.bytes, 0) + logBytes,
    files: nodes.length,
    capacityBytes: fileSystem.capacityBytes,
    freeBytes: Math.max(0, fileSystem.capacityBytes - fileSystem.usedBytes - fileSystem.extraBytes('/')),
  };
}

export function requireOutsideRoots(fileSystems: ModelFileSystems, { fileSystem, path }: Place): void {
  const uri = fileSystem.uri + (path === '/' ? '' : path);
  for (const root of fileSystems.hbaseRoots) {
    if (uri === root || uri.startsWith(`${root}/`) || root.startsWith(`${uri}/`)) {
      throw new Failure('internal', `refuses to move or remove ${uri}: it is inside, or holds, the HBase root ${root}`);
    }
  }
}

function moveTree(fileSystems: ModelFileSystems, from: Place, to: Place): boolean {
  if (from.fileSystem !== to.fileSystem) throw new Failure('internal', `${to.path} is on another file system`);
  requireOutsideRoots(fileSystems, from);
  requireOutsideRoots(fileSystems, to);
  const moved = nodesBelow(from);
  if (moved.length === 0) return false;
  if (nodesBelow(to).length > 0) throw new Failure('hdfs.failed', `${to.path} already exists`);
  for (const [name, node] of moved) {
    from.fileSystem.nodes.delete(name);
    to.fileSystem.nodes.set(to.path + name.slice(from.path.length), node);
  }
  return true;
}

function removeTree(place: Place, recursive: boolean): boolean {
  const below = nodesBelow(place);
  if (below.some(([name]) => name !== place.path) && !recursive) {
    throw new Failure('hdfs.failed', `${place.path} is not empty`);
  }
  for (const [name] of below) place.fileSystem.nodes.delete(name);
  return below.length > 0;
}
