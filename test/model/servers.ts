import type { ServerClock, UnloggedCount } from '../../activities/hbase/cluster.ts';
import {
  liveServers,
  mintNumber,
  mintRegionName,
  serverNowMs,
  type ClusterState,
  type QueueState,
  type RegionState,
  type ServerState,
  type TableState,
  type Wal,
} from './state.ts';

/** Region servers, their logs, and what happens when one dies. */

export function addServer(state: ClusterState, host: string): ServerState {
  const name = `${host},16020,${serverNowMs(state) + mintNumber(state)}`;
  const server: ServerState = { name, live: true, crashing: false, rollPending: false, current: new Map() };
  state.servers.push(server);
  for (let group = 0; group < state.traits.walGroups; group += 1) openWal(state, server, `g${group}`);
  return server;
}

function openWal(state: ClusterState, server: ServerState, group: string): void {
  const before = server.current.get(group);
  if (before) close(state, before);
  // Two logs of one group never carry the same time in their names.
  const startedMs = Math.max(serverNowMs(state), (before?.startedMs ?? 0) + 1);
  const name = `${encodeURIComponent(server.name)}.${encodeURIComponent(server.name)}.${group}.${startedMs}`;
  const wal: Wal = { name, server: server.name, group, startedMs, closed: false, entries: [] };
  server.current.set(group, wal);
  state.wals.push(wal);
  for (const queue of state.queues) {
    if (queue.recovered || queue.server !== server.name) continue;
    const known = queue.groups.get(group);
    if (known) known.wals.push(wal);
    else queue.groups.set(group, { wals: [wal], position: 0, shipping: false });
  }
}

function close(state: ClusterState, wal: Wal): void {
  wal.closed = true;
  wal.closedMs = serverNowMs(state);
}

/** The queue of a peer on one server starts at the current WAL of every group. */
export function createQueue(state: ClusterState, peer: string, server: ServerState): void {
  const groups: QueueState['groups'] = new Map();
  for (const [group, wal] of server.current) groups.set(group, { wals: [wal], position: 0, shipping: false });
  state.queues.push({ id: peer, peer, server: server.name, recovered: false, groups });
}

/** Quick requests merge: a server rolls once for all that came before it did. */
export function requestRoll(state: ClusterState): void {
  for (const server of liveServers(state)) {
    if (server.rollPending) continue;
    server.rollPending = true;
    state.clock.after(state.random.between(20, state.traits.rollDelayMs), () => {
      server.rollPending = false;
      if (server.live) rollNow(state, server);
    });
  }
}

function rollNow(state: ClusterState, server: ServerState): void {
  for (const group of Array.from(server.current.keys())) openWal(state, server, group);
  state.wakeShippers();
}

/** Kill -9. Its log is replayed, so nothing acknowledged is lost; its queue stays under its name for a while. */
export function killServer(state: ClusterState, name: string): void {
  const server = state.servers.find((one) => one.name === name && one.live);
  if (!server) return;
  server.live = false;
  server.crashing = true;
  for (const wal of server.current.values()) close(state, wal);
  for (const region of regionsOf(state)) if (region.server === name) region.server = undefined;
  state.clock.after(state.traits.crashMs, () => finishCrash(state, server));
  state.clock.after(state.traits.queueClaimMs, () => claimQueues(state, name));
  state.clock.after(state.traits.restartMs, () => startAgain(state, name));
}

/** A server that starts again counts from nothing. */
export function readUnloggedMutations(state: ClusterState): UnloggedCount[] {
  return liveServers(state).map(({ name }) =>
    state.traits.metricsOpen
      ? { server: name, mutations: state.unloggedMutations.get(name) ?? 0 }
      : { server: name, why: 'connection refused' },
  );
}

function startAgain(state: ClusterState, deadName: string): void {
  const server = addServer(state, deadName.split(',')[0]!);
  for (const peer of state.peers.values()) {
    createQueue(state, peer.id, server);
    if (peer.enabled) peer.enabledOn.add(server.name);
  }
  assignRegions(state);
}

function finishCrash(state: ClusterState, server: ServerState): void {
  server.crashing = false;
  assignRegions(state);
}

/** A region that opens knows its table's descriptor as it is now. */
function assignRegions(state: ClusterState): void {
  const live = liveServers(state);
  if (live.length === 0) return;
  for (const table of state.tables.values()) {
    if (!table.enabled) continue;
    for (const region of table.regions) {
      if (region.server === undefined) openRegion(table, region, state.random.pick(live).name);
    }
  }
  state.wakeShippers();
}

export function openRegion(table: TableState, region: RegionState, server: string): void {
  region.server = server;
  region.readOnly = table.readOnly;
  region.scopes = scopesOf(table);
}

export function scopesOf(table: TableState): Record<string, number> {
  const scoped = [...table.families.values()].filter((family) => family.scope !== 0);
  return Object.fromEntries(scoped.map((family) => [family.name, family.scope]));
}

function claimQueues(state: ClusterState, deadName: string): void {
  const claimant = liveServers(state)[0];
  if (!claimant) {
    state.clock.after(1_000, () => claimQueues(state, deadName));
    return;
  }
  for (const queue of state.queues) {
    if (queue.server !== deadName) continue;
    queue.server = claimant.name;
    queue.id = `${queue.id}-${deadName}`;
    queue.recovered = true;
    for (const group of queue.groups.values()) group.shipping = false;
  }
  state.wakeShippers();
}

/** `hbase.regionserver.msginterval`. */
const REPORT_EVERY_MS = 3_000;

/** Exact for the servers that were written to just now; of the others their last report to the master. */
export function readServerClocks(state: ClusterState, written: ReadonlySet<string>): ServerClock[] {
  const gateway = { server: 'gateway', clockMs: state.clock.nowMs() };
  const nowMs = serverNowMs(state);
  const reportedMs = nowMs - (nowMs % REPORT_EVERY_MS);
  const clocks = liveServers(state).map(({ name }): ServerClock =>
    written.has(name)
      ? { server: name, clockMs: nowMs }
      : { server: name, clockMs: reportedMs, lowerBound: true, reportEveryMs: REPORT_EVERY_MS },
  );
  return [...clocks, gateway];
}

export function moveRegion(state: ClusterState, tableName: string): void {
  const table = state.tables.get(tableName);
  const open = table?.regions.filter((region) => region.server !== undefined) ?? [];
  if (!table || open.length === 0) return;
  openRegion(table, state.random.pick(open), state.random.pick(liveServers(state)).name);
}

/** Splits one region in two that still read the parent's files. */
export function splitRegion(state: ClusterState, tableName: string): void {
  const table = state.tables.get(tableName);
  const parent = table?.regions.find((region) => region.server !== undefined && !region.hasReferences);
  if (!table || !parent) return;
  const keys = table.rows.keys(parent.startKey, parent.endKey);
  const middle = keys[Math.floor(keys.length / 2)];
  if (middle === undefined || middle === parent.startKey) return;
  const daughter = (part: Partial<RegionState>): RegionState => ({
    ...parent,
    ...part,
    encodedName: mintRegionName(state),
    hasReferences: true,
    origin: undefined,
  });
  table.regions.splice(table.regions.indexOf(parent), 1, daughter({ endKey: middle }), daughter({ startKey: middle }));
}

function regionsOf(state: ClusterState): RegionState[] {
  return [...state.tables.values()].flatMap((table) => table.regions);
}
