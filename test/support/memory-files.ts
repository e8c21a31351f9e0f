import { Failure } from '../../activities/failure.ts';
import type { FileEntry, FileStore } from '../../activities/hbase/cluster.ts';

/** The file store's contract over a map: folders exist while something is below them. */
export function createMemoryFiles(contents = new Map<string, string>()): FileStore & { contents: Map<string, string> } {
  const below = (path: string): string[] => [...contents.keys()].filter((file) => file.startsWith(`${path}/`));
  return {
    contents,
    create: async (path, content, { within } = {}) => {
      if (contents.has(path)) return false;
      if (within !== undefined && below(within).length === 0) throw new Failure('hbase.not-found', `${within} is gone`);
      contents.set(path, content);
      return true;
    },
    read: (path) => Promise.resolve(contents.get(path)),
    list: (path) => {
      const rests = below(path).map((file) => file.slice(path.length + 1));
      const names = new Set(rests.map((rest) => rest.split('/')[0] ?? ''));
      return Promise.resolve([...names].map((name) => toEntry(name, !rests.includes(name))));
    },
    measure: (path) => Promise.resolve({ bytes: 0, files: below(path).length, capacityBytes: 1e12, freeBytes: 1e12 }),
    move: async (from, to) => {
      const moved = [from, ...below(from)].filter((file) => contents.has(file));
      if (moved.length > 0 && (contents.has(to) || below(to).length > 0)) {
        throw new Failure('hdfs.failed', `${to} already exists`);
      }
      for (const file of moved) {
        contents.set(to + file.slice(from.length), contents.get(file) ?? '');
        contents.delete(file);
      }
      return moved.length > 0;
    },
    remove: (path, options) => {
      const gone = options?.recursive ? [path, ...below(path)] : [path];
      return Promise.resolve(gone.map((file) => contents.delete(file)).includes(true));
    },
    probeWrite: () => Promise.resolve(),
  };
}

function toEntry(name: string, directory: boolean): FileEntry {
  return { name, directory, bytes: 0, modifiedMs: 0 };
}
