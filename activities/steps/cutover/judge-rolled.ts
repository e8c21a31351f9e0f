import type { PeerQueues } from '../../hbase/cluster.ts';

/** What a server's WAL group was writing after the roll. Everything older must leave the queue. */
export interface RolledWal {
  server: string;
  group: string;
  wal: string;
  startedMs: number;
}

/** Why the roll cannot be seen yet, or what it left behind. */
export type RollJudgement = { rolled: RolledWal[] } | { waiting: string } | { serversChanged: string };

type WalFolders = Pick<PeerQueues, 'liveServers' | 'newestWals'>;

/** hbase:meta's WAL is never replicated. */
export function isDataWal({ name }: { name: string }): boolean {
  return !name.endsWith('.meta');
}

/**
 * Has every live server, and every group it had, a WAL newer than the newest one from before the roll? The roll call
 * returns up to 2 s before it has happened (sandbox measurement, hazard 2), and until then "the newest WAL" is the one
 * that holds the last writes.
 */
export function judgeRolled(before: WalFolders, now: WalFolders): RollJudgement {
  const change = describeChange(before.liveServers, now.liveServers);
  if (change !== undefined) return { serversChanged: change };
  const walsNow = now.newestWals.filter(isDataWal);
  const live = new Set(now.liveServers);
  const walsBefore = before.newestWals.filter((wal) => isDataWal(wal) && live.has(wal.server));
  const waiting = walsBefore.find((old) => !walsNow.some((wal) => isNewer(wal, old)));
  if (waiting) return { waiting: `${waiting.server} still writes ${waiting.name}` };
  const silent = now.liveServers.find((server) => !walsNow.some((wal) => wal.server === server));
  if (silent !== undefined) return { waiting: `${silent} shows no WAL` };
  const rolled = walsNow.filter(({ server }) => live.has(server));
  return { rolled: rolled.map(({ server, group, name, startedMs }) => ({ server, group, wal: name, startedMs })) };
}

type NewestWal = PeerQueues['newestWals'][number];

function isNewer(wal: NewestWal, old: NewestWal): boolean {
  return wal.server === old.server && wal.group === old.group && wal.startedMs > old.startedMs;
}

function describeChange(before: string[], now: string[]): string | undefined {
  if (now.length === 0) return 'the list of live servers is empty';
  const gone = before.filter((server) => !now.includes(server));
  const joined = now.filter((server) => !before.includes(server));
  const parts = [...gone.map((server) => `${server} went`), ...joined.map((server) => `${server} came`)];
  return parts.length === 0 ? undefined : parts.join(', ');
}
