import type { PeerId } from '../../../workflows/contract/names.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';
import { isDataWal, type RolledWal } from './judge-rolled.ts';

export interface DrainQuestion {
  peerId: PeerId;
  /** The queues as listed now. */
  queues: PeerQueues;
  /** What every live server and group was writing after the roll. */
  rolled: readonly RolledWal[];
}

export interface DrainJudgement {
  drained: boolean;
  /** Everything that is left or unknown; empty when drained. */
  missing: string[];
  /** Servers or groups are not those of the roll: no waiting can prove this roll, only another one. */
  rollAgain: boolean;
}

/**
 * Are all WALs from before the roll shipped? Hazard 2, clause by clause: each of them is a way in which a listing
 * looks drained while acknowledged writes are still waiting. Anything unknown means no. An unreadable queue store
 * never gets here: the reader throws.
 */
export function judgeDrained(question: DrainQuestion): DrainJudgement {
  const changed = [...findServerChanges(question), ...findUnrolledGroups(question)];
  const left = [
    ...findCrashes(question),
    ...findMissingQueues(question),
    ...findForeignQueues(question),
    ...findMissingGroups(question),
    ...findOldWals(question),
    ...findVanishedWals(question),
    ...findHFileRefs(question),
  ];
  const missing = [...changed, ...left];
  return { drained: missing.length === 0, missing, rollAgain: changed.length > 0 };
}

/** A server that joined was never rolled; one that left has a queue that nobody has claimed yet. */
function findServerChanges({ queues: { liveServers }, rolled }: DrainQuestion): string[] {
  if (liveServers.length === 0) return ['the list of live servers is empty'];
  const rolledServers = new Set(rolled.map(({ server }) => server));
  const live = new Set(liveServers);
  const joined = [...live].filter((server) => !rolledServers.has(server));
  const left = [...rolledServers].filter((server) => !live.has(server));
  return [
    ...joined.map((server) => `${server} is live but its WALs were not rolled`),
    ...left.map((server) => `${server} was rolled but is not live any more`),
  ];
}

/** A crash procedure turns WALs into recovered queues that are not listed yet. */
function findCrashes({ queues: { crashingServers } }: DrainQuestion): string[] {
  return crashingServers.map((server) => `the master is still recovering ${server}`);
}

/** A missing queue, a wrong znode parent and an empty answer all look like "nothing left". */
function findMissingQueues({ peerId, queues: { liveServers, queues } }: DrainQuestion): string[] {
  const holders = new Set(queues.filter(({ queue }) => queue === peerId).map(({ server }) => server));
  return liveServers.filter((server) => !holders.has(server)).map((server) => `${server} has no queue of ${peerId}`);
}

/**
 * A dead server's queue keeps its name for 30–60 s (`replication.sleep.before.failover`), so the server it stands
 * under decides, not its name alone.
 */
function findForeignQueues({ peerId, queues: { liveServers, queues } }: DrainQuestion): string[] {
  const live = new Set(liveServers);
  return queues.flatMap(({ queue, server, recovered, wals }) => {
    if (!live.has(server)) return [`queue ${queue} of ${server}, which is not live, holds ${wals.length} WALs`];
    if (recovered || queue !== peerId) return [`recovered queue ${queue} on ${server} holds ${wals.length} WALs`];
    return [];
  });
}

/** The WAL being written stays queued for ever (HBASE-28114), so a group without any WAL is a queue misread. */
function findMissingGroups({ queues: { queues }, rolled }: DrainQuestion): string[] {
  const holds = (server: string, group: string): boolean =>
    queues.some((queue) => queue.server === server && queue.wals.some((wal) => wal.group === group));
  return rolled
    .filter(({ server, group }) => !holds(server, group))
    .map(({ server, group }) => `the queue on ${server} names no WAL of group ${group}`);
}

function findUnrolledGroups({ queues, rolled }: DrainQuestion): string[] {
  const known = new Set(rolled.map(toGroupKey));
  const queued = queues.queues.flatMap(({ server, wals }) => wals.map(({ group }) => ({ server, group })));
  const written = queues.newestWals.filter(isDataWal);
  const unknown = [...queued, ...written].filter((one) => !known.has(toGroupKey(one)));
  return [...new Set(unknown.map(({ server, group }) => `group ${group} on ${server} was not rolled`))];
}

function findOldWals({ queues: { queues }, rolled }: DrainQuestion): string[] {
  const startedMs = new Map(rolled.map((one) => [toGroupKey(one), one.startedMs]));
  return queues.flatMap(({ server, wals }) =>
    wals
      .filter(({ group, startedMs: at }) => !(at >= (startedMs.get(toGroupKey({ server, group })) ?? Infinity)))
      .map(({ name }) => `WAL ${name} on ${server} is from before the roll`),
  );
}

/** The WAL folder no longer shows what the roll showed: it was read in a wrong place, or something was removed. */
function findVanishedWals({ queues: { newestWals }, rolled }: DrainQuestion): string[] {
  const newest = new Map(newestWals.map((one) => [toGroupKey(one), one.startedMs]));
  return rolled
    .filter((one) => !((newest.get(toGroupKey(one)) ?? -1) >= one.startedMs))
    .map(({ server, wal }) => `${server} no longer shows ${wal}, which it was writing after the roll`);
}

function findHFileRefs({ queues: { hfileRefs } }: DrainQuestion): string[] {
  return hfileRefs === 0
    ? []
    : [
        `${hfileRefs} bulk-loaded files wait to be replicated, until the target can fetch them (hbase.replication.conf.dir) or the migration is cancelled`,
      ];
}

function toGroupKey({ server, group }: { server: string; group: string }): string {
  return `${server} ${group}`;
}
