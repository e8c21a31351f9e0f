import { encodePathName } from '../run-record/record-paths.ts';

/**
 * Where the archived WALs of a set stand in a backup root. WARNING: archives are found by these for as long as their
 * backups; never change one.
 *
 * The name of a WAL stays as it is: HBase reads the server and the time from it.
 */
export function createWalArchivePaths(rootUri: string, set: string) {
  const own = `${rootUri.replace(/\/+$/, '')}/.temporal-hbase`;
  const name = encodePathName(set);
  const archive = `${own}/archives/${name}`;
  const index = `${own}/wal-index/${name}`;
  const ticks = `${own}/ticks/${name}`;
  return {
    archive: `${archive}/archive.json`,
    leases: `${archive}/leases`,
    holders: `${archive}/holders`,
    horizons: `${archive}/horizons`,
    lineage: (digest: string) => `${archive}/lineage/${digest}.json`,
    wals: `${own}/wals/${name}`,
    wal: ({ server, name: wal }: { server: string; name: string }) =>
      `${own}/wals/${name}/${encodePathName(server)}/${requireWalName(wal)}`,
    index,
    entry: (wal: { startedMs: number; name: string }) => `${index}/${nameEntry(wal)}`,
    ticks,
    tick: (tick: string) => `${ticks}/${tick}.json`,
  };
}

export type WalArchivePaths = ReturnType<typeof createWalArchivePaths>;

/** Where the archives of all sets stand. */
export function toArchivesFolder(rootUri: string): string {
  return `${rootUri.replace(/\/+$/, '')}/.temporal-hbase/archives`;
}

/** By time, so that a listing tells what began after an instant. A WAL's name is its own, whoever wrote it. */
function nameEntry({ startedMs, name }: { startedMs: number; name: string }): string {
  return `${String(startedMs).padStart(13, '0')}~${encodePathName(name)}.json`;
}

/** It becomes a part of a path as it is. */
function requireWalName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9%._-]*$/.test(name)) return name;
  throw new RangeError(`${JSON.stringify(name)} is no name of a WAL.`);
}
