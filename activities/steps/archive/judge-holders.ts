import type { ArchiveTick } from '../../../workflows/contract/backup/archive.ts';
import type { ArchiveHolder } from '../../catalogue/wal-archive.ts';
import type { HeldQueue } from '../../hbase/backup-verbs.ts';
import type { PeerInfo, PeerQueues } from '../../hbase/cluster.ts';

export interface HolderFacts {
  last: ArchiveTick;
  /** The oldest that is not released; undefined when there is none. */
  oldest: ArchiveHolder | undefined;
  peers: readonly PeerInfo[];
  /** Of the oldest. */
  held: readonly HeldQueue[];
  servers: Pick<PeerQueues, 'liveServers' | 'newestWals'>;
  /** Names of WALs that stand in the archive, of those that the last tick has seen held. */
  archived: ReadonlySet<string>;
}

const NAMED = 3;

/**
 * Why what was written since the last tick is not all held any more; empty when it is (hazard 51). A queue lets go of
 * its oldest WAL first, so a WAL that was held then and is neither held nor archived now tells of a holder that was
 * enabled, or removed and made again, or of a queue that was lost with its server.
 */
export function judgeContinuity(facts: HolderFacts): string[] {
  const { oldest, peers } = facts;
  if (!oldest) return ['no holder was left by the tick before'];
  const peer = peers.find(({ id }) => id === oldest.id);
  if (!peer) return [`somebody removed the holder ${oldest.id}`];
  return [
    ...(peer.enabled ? [`somebody enabled the holder ${oldest.id}, which lets go of its WALs`] : []),
    ...(peer.endpoint === undefined ? [`somebody made another peer of ${oldest.id}`] : []),
    ...findLetGo(facts),
    ...findWithoutQueue(facts, oldest),
  ];
}

function findLetGo({ last, held, archived }: HolderFacts): string[] {
  const names = new Set(held.flatMap(({ wals }) => wals.map(({ name }) => name)));
  const gone = last.held.filter(({ name }) => !names.has(name) && !archived.has(name));
  if (gone.length === 0) return [];
  const told = gone.slice(0, NAMED).map(({ name }) => name);
  return [`${gone.length} WALs were let go before they were archived, first ${told.join(', ')}`];
}

/** A server that has written nothing yet may have no queue. */
function findWithoutQueue({ servers, held }: HolderFacts, { id }: ArchiveHolder): string[] {
  const queued = new Set(held.filter(({ recovered }) => !recovered).map(({ server }) => server));
  const writing = new Set(servers.newestWals.map(({ server }) => server));
  const without = servers.liveServers.filter((server) => writing.has(server) && !queued.has(server));
  return without.map((server) => `${server} keeps no WALs for the holder ${id}`);
}
