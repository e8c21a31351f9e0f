import type {
  ArchivedWal,
  ArchivedWals,
  HeldName,
  HolderInput,
  RolledHolders,
} from '../../../workflows/contract/backup/archive.ts';
import { defineActivity } from '../../define-step.ts';
import type { HeldWal } from '../../hbase/backup-verbs.ts';
import { keepAlive } from '../../keep-alive.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { openTick, type TickWorld } from './tick-world.ts';

const POLL_MS = 1_000;
/** A dead server's WAL is only closed once its lease was recovered. */
const LIMIT_MS = 300_000;
const AT_ONCE = 4;
/** WALs that move from folder to folder are seen nowhere for a moment. */
const LOOKS_FOR_LOST = 5;

/**
 * Copies every closed WAL that the oldest holder keeps, of live, dead and recovered queues alike, and writes what is in
 * it beside it, last: an index entry is a WAL that is there whole (hazard 44).
 */
export const archiveHeldWals = defineActivity<'archiveHeldWals'>({
  name: 'archiveHeldWals',
  kind: 'job',
  summary: 'copy the WALs that are closed into the root',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `copy the closed WALs of ${plan.cluster.name} to ${plan.root.name}`,
    command: 'read each WAL once, create its copy and its index entry',
    undo: 'none: they expire with the window',
    doneWhen: 'every WAL that was closed by the roll is in the index',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'archiving WALs' }, (alive) =>
      openTick(input, alive).then((tick) => archiveAll(tick, input)),
    ),
});

interface Found {
  server: string;
  wal: HeldWal;
}

async function archiveAll(
  tick: TickWorld,
  { holders }: HolderInput & { holders: RolledHolders },
): Promise<ArchivedWals> {
  const { oldest, closedToMs } = holders;
  if (oldest === undefined) return { archived: [], bytes: 0, newBytes: 0, missing: [], lost: [] };
  const { ctx } = tick.world;
  const done = new Map<string, ArchivedWal>();
  const deadlineMs = ctx.nowMs() + LIMIT_MS;
  let newBytes = 0;
  for (let look = 1; ; look += 1) {
    const found = await listFound(tick, oldest);
    const open = found.filter(({ wal }) => wal.closed && wal.path !== undefined && !done.has(wal.name));
    await inParallel({ items: open, limit: AT_ONCE }, async (one) => {
      ctx.signal.throwIfAborted();
      const { entry, created } = await archiveOne(tick, one);
      done.set(one.wal.name, entry);
      newBytes += created ? entry.bytes : 0;
      ctx.progress({ phase: 'archiving WALs', done: done.size, total: found.length, unit: 'wals' });
    });
    const needed = found.filter(({ wal }) => wal.startedMs < closedToMs);
    const left = needed.filter(({ wal }) => !done.has(wal.name));
    const lost = left.filter(({ wal }) => wal.path === undefined);
    const isLate = ctx.nowMs() > deadlineMs;
    if (left.length === 0 || isLate || (left.length === lost.length && look >= LOOKS_FOR_LOST)) {
      return toAnswer({ needed, done, newBytes, left, lost });
    }
    await ctx.sleep(POLL_MS);
  }
}

async function listFound({ cluster }: TickWorld, oldest: string): Promise<Found[]> {
  const queues = await cluster.listHeldWals(oldest);
  const all = queues.flatMap(({ server, wals }) => wals.map((wal) => ({ server, wal })));
  // One that was claimed while the queues were read stands in two of them.
  return [...new Map(all.map((one) => [one.wal.name, one])).values()];
}

async function archiveOne(
  { archive, cluster, input }: TickWorld,
  { server, wal }: Found,
): Promise<{ entry: ArchivedWal; created: boolean }> {
  const { name, group, startedMs, path = '', bytes } = wal;
  const standing = await archive.readWal({ server, name, startedMs });
  if (standing) return { entry: standing, created: false };
  const owner = toOwner(name, server);
  const toUri = archive.paths.wal({ server: owner, name });
  const copy = await cluster.copyFile({ from: path, toUri, ...(bytes > 0 ? { bytes } : {}) });
  const range = copy.bytes === 0 ? { entries: 0, tables: [] } : await cluster.readWalRange(toUri);
  const entry: ArchivedWal = {
    formatVersion: 1,
    clusterId: input.plan.cluster.clusterId,
    server: owner,
    name,
    group,
    startedMs,
    ...range,
    bytes: copy.bytes,
    sha256: copy.sha256,
  };
  await archive.writeWal(entry);
  return { entry, created: copy.created };
}

/** Whose WAL it is: a recovered queue stands under another server's name, and its WALs keep that of their own. */
function toOwner(name: string, server: string): string {
  const own = /^(.+?%2C\d+%2C\d+)(?:\.|$)/i.exec(name)?.[1];
  return own === undefined ? server : decodeURIComponent(own);
}

function toAnswer({
  needed,
  done,
  newBytes,
  left,
  lost,
}: {
  needed: Found[];
  done: Map<string, ArchivedWal>;
  newBytes: number;
  left: Found[];
  lost: Found[];
}): ArchivedWals {
  const archived = needed.flatMap(({ wal }): HeldName[] => {
    const entry = done.get(wal.name);
    if (!entry) return [];
    const { server, name, startedMs, lastMs } = entry;
    return [{ server, name, startedMs, ...(lastMs === undefined ? {} : { lastMs }) }];
  });
  const bytes = [...done.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  const names = (which: Found[]): string[] => which.map(({ wal }) => wal.name);
  const missing = left.filter((one) => !lost.includes(one));
  return { archived, bytes, newBytes, missing: names(missing), lost: names(lost) };
}
