import type { ProcessHandle } from './jobs.ts';
import type { ProgramWorld } from './programs.ts';
import { manifestPath, type Manifest } from './snapshots.ts';

/** ExportSnapshot as measured (sandbox.md A.7): what it leaves when it is killed, and what it says when run again. */
export async function exportSnapshot(world: ProgramWorld, handle: ProcessHandle, args: string[]): Promise<number> {
  const copy = locate(world, args);
  if (!copy) return 1;
  const refusal = refuse(copy, args.includes('-overwrite') || args.includes('--overwrite'));
  if (refusal !== undefined) {
    handle.print(refusal);
    return 1;
  }
  const { to, manifest, finalPath, tmpPath } = copy;
  to.fileSystem.nodes.delete(finalPath);
  to.fileSystem.nodes.set(tmpPath, structuredClone(copy.manifestNode));
  const counted = await copyFiles(world, handle, copy);
  if (!counted) {
    to.fileSystem.nodes.delete(tmpPath);
    return 1;
  }
  to.fileSystem.nodes.delete(tmpPath);
  to.fileSystem.nodes.set(finalPath, structuredClone(copy.manifestNode));
  handle.setPercent(100);
  handle.count(withGroup(counted));
  handle.print(`Export Completed: ${manifest.name}`);
  return 0;
}

type Place = ReturnType<ProgramWorld['fileSystems']['locate']>;
type Copy = NonNullable<ReturnType<typeof locate>>;

function option(args: string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `-${name}` || arg === `--${name}`);
  return at < 0 ? undefined : args[at + 1];
}

function locate({ state, fileSystems }: ProgramWorld, args: string[]) {
  const name = option(args, 'snapshot');
  const toRoot = option(args, 'copy-to');
  if (name === undefined || toRoot === undefined) return undefined;
  const from: Place = fileSystems.locate(state.fileSystem.uri, option(args, 'copy-from') ?? state.rootDir);
  const to: Place = fileSystems.locate(state.fileSystem.uri, toRoot);
  const manifestNode = from.fileSystem.nodes.get(manifestPath(from.path, name));
  const manifest = manifestNode?.payload as Manifest | undefined;
  if (!manifestNode || !manifest) return undefined;
  const target = option(args, 'target') ?? name;
  return {
    from,
    to,
    manifest: { ...manifest, name: target },
    manifestNode: { ...manifestNode, payload: { ...manifest, name: target } },
    finalPath: manifestPath(to.path, target),
    tmpPath: manifestPath(to.path, target, true),
  };
}

function refuse({ to, manifest, finalPath, tmpPath }: Copy, overwrite: boolean): string | undefined {
  if (overwrite) return undefined;
  if (to.fileSystem.nodes.has(finalPath)) {
    return `The snapshot '${manifest.name}' already exists in the destination: ${finalPath}`;
  }
  if (to.fileSystem.nodes.has(tmpPath)) return `A snapshot with the same name '${manifest.name}' may be in-progress`;
  return undefined;
}

async function copyFiles({ state }: ProgramWorld, handle: ProcessHandle, { from, to, manifest }: Copy) {
  const counted = { BYTES_COPIED: 0, FILES_COPIED: 0, FILES_SKIPPED: 0, BYTES_SKIPPED: 0 };
  for (const [at, file] of manifest.files.entries()) {
    await handle.sleep(state.random.between(20, 400));
    const node = from.fileSystem.nodes.get(from.path + file.path);
    if (!node) {
      handle.print(`FileNotFoundException: ${from.path}${file.path}`);
      return undefined;
    }
    if (to.fileSystem.nodes.has(to.path + file.path)) {
      counted.FILES_SKIPPED += 1;
      counted.BYTES_SKIPPED += node.bytes;
    } else {
      to.fileSystem.nodes.set(to.path + file.path, structuredClone(node));
      counted.FILES_COPIED += 1;
      counted.BYTES_COPIED += node.bytes;
    }
    handle.setPercent(Math.round((100 * (at + 1)) / manifest.files.length));
  }
  return counted;
}

function withGroup(counters: Record<string, number>): Record<string, number> {
  const group = 'org.apache.hadoop.hbase.snapshot.ExportSnapshot$Counter';
  const entries = Object.entries(counters).filter(([, count]) => count > 0);
  return Object.fromEntries(
    entries.flatMap(([name, count]) => [
      [name, count],
      [`${group}.${name}`, count],
    ]),
  );
}
