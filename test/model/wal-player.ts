import type { ProcessHandle } from './jobs.ts';
import type { ProgramWorld } from './programs.ts';
import type { WalEntry } from './state.ts';
import { applyShipped } from './writes.ts';

/** WALPlayer over a list of files: stops a file at the first entry after the end, and fails on a file that is missing. */
export async function playWals({ state, fileSystems }: ProgramWorld, handle: ProcessHandle): Promise<number> {
  const { spec } = handle;
  if (spec.kind !== 'tool') return 255;
  const [inputs = '', from = '', to = ''] = spec.args;
  const startMs = Number(spec.settings['wal.start.time'] ?? 0);
  const endMs = Number(spec.settings['wal.end.time'] ?? Number.MAX_SAFE_INTEGER);
  let read = 0;
  for (const input of inputs.split(',')) {
    await handle.sleep(state.random.between(5, 100));
    const { fileSystem, path } = fileSystems.locate(state.fileSystem.uri, input);
    const node = fileSystem.nodes.get(path);
    if (!node) {
      handle.print(`java.io.FileNotFoundException: File does not exist: ${path}`);
      return 1;
    }
    // Without a word, as 2.4 and later do.
    if (Number(path.slice(path.lastIndexOf('.') + 1)) < startMs) continue;
    for (const { table, cells, atMs } of (node.payload ?? []) as WalEntry[]) {
      if (atMs > endMs) break;
      if (atMs < startMs) continue;
      read += 1;
      if (table !== toModelName(from) || cells.length === 0) continue;
      applyShipped(state, { table: toModelName(to), cells, consumedBy: [] });
    }
  }
  handle.count({ 'Map input records': read });
  return 0;
}

function toModelName(name: string): string {
  return name.replace(/^default:/, '');
}
