import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HeldQueue, HeldWal } from '../../hbase/backup-verbs.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepFirstHeld, type WindowSide } from './window-holders.ts';

const POLL_MS = 1_000;
/** A dead server's WAL is only closed once its lease was recovered. */
const LIMIT_MS = 300_000;
/** WALs that move from folder to folder are seen nowhere for a moment. */
const LOOKS_FOR_LOST = 5;

export interface WindowWal extends HeldWal {
  server: string;
}

/** Numbers of holders. */
export interface ReadWindow {
  held: number;
  next?: number;
}

interface Found extends WindowWal {
  /** A live server writes to it. */
  isWritten: boolean;
}

/**
 * The WALs of a window: what its holder holds and the next one does not, all closed. Without a next one, inside the
 * fence, also what is being written, as far as it was synced.
 *
 * @throws Failure `verify.unreadable` for a WAL that was let go: one that cannot be read is never an empty one.
 */
export async function listWindowWals(
  side: WindowSide,
  { window, world: { ctx } }: { window: ReadWindow; world: StepWorld },
): Promise<WindowWal[]> {
  const deadlineMs = ctx.nowMs() + LIMIT_MS;
  for (let look = 1; ; look += 1) {
    const wals = await lookForWals(side, window);
    const lost = wals.find(({ path }) => path === undefined);
    if (lost && look >= LOOKS_FOR_LOST) throw toUnreadable(side.cluster, lost, 'it is nowhere on the file system');
    const open = wals.find(({ closed, isWritten }) => !closed && !(isWritten && window.next === undefined));
    if (!lost && !open) return wals;
    if (ctx.nowMs() > deadlineMs && open) throw toUnreadable(side.cluster, open, 'it is not closed yet');
    ctx.progress({ phase: `waiting for ${(open ?? lost)?.name ?? ''} to be closed` });
    await ctx.sleep(POLL_MS);
  }
}

/** Of the older holder first: a WAL that is begun between the two looks is then in the next window only. */
async function lookForWals(side: WindowSide, { held, next }: ReadWindow): Promise<Found[]> {
  const { cluster, holders } = side;
  const idOf = (number: number | undefined) => holders.find((holder) => holder.number === number)?.id;
  const [ours, theirs] = [idOf(held), idOf(next)];
  if (ours === undefined) throw missing(cluster, `the holder ${held} of this run is not noted`);
  const peer = (await cluster.listPeers()).find(({ id }) => id === ours);
  if (!peer) throw missing(cluster, `somebody removed the peer ${ours}, which held them`);
  if (peer.enabled) throw missing(cluster, `somebody enabled the peer ${ours}, which then lets go of them`);
  const queues = await cluster.listHeldWals(ours);
  const names = new Set(queues.flatMap(namesOf));
  const letGo = (await keepFirstHeld(side, { id: ours, number: held })).find((name) => !names.has(name));
  if (letGo !== undefined) throw missing(cluster, `${letGo} was let go`);
  const later = new Set(theirs === undefined ? [] : (await cluster.listHeldWals(theirs)).flatMap(namesOf));
  const wals = queues.flatMap(toFound).filter(({ name }) => !later.has(name));
  // One that was claimed while the queues were read stands in two of them.
  return [...new Map(wals.map((wal) => [wal.name, wal])).values()];
}

function namesOf({ wals }: HeldQueue): string[] {
  return wals.map(({ name }) => name);
}

function toFound({ server, live, recovered, wals }: HeldQueue): Found[] {
  const isNewest = ({ group, startedMs }: HeldWal): boolean =>
    wals.every((other) => other.group !== group || other.startedMs <= startedMs);
  return wals.map((wal) => ({ ...wal, server, isWritten: live && !recovered && isNewest(wal) }));
}

function missing(cluster: HBaseCluster, why: string): Failure {
  const message = `${cluster.name}: the WALs since the last proof are not held any more: ${why}.`;
  return new Failure('verify.unreadable', message, { cluster: cluster.name });
}

export function toUnreadable(cluster: HBaseCluster, { name, server }: WindowWal, why: string): Failure {
  const message = `${cluster.name}: the WAL ${name} of ${server} cannot be read, so nobody knows which rows it touches: ${why}.`;
  return new Failure('verify.unreadable', message, { cluster: cluster.name, host: server });
}
