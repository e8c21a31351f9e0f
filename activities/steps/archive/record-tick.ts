import type {
  ArchivePlan,
  ArchiveTick,
  ChainBreak,
  RecordedTick,
  RecordTickInput,
  TableLineage,
} from '../../../workflows/contract/backup/archive.ts';
import type { NamedTick } from '../../catalogue/wal-archive.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { countUnlogged, findBreaks } from './judge-lineage.ts';
import { readLineage } from './read-lineage.ts';
import { listStanding, openTick, type TickWorld } from './tick-world.ts';

/** An edit gets its time just before it is appended, so one that is about to be may end up in the WAL after the roll. */
const IN_FLIGHT_MS = 2_000;
/** A server's clock is known as of its last report, at most so long ago (`hbase.regionserver.msginterval`, doubled). */
const REPORT_MS = 6_000;

/** COMMIT POINT of a tick: from here the chain goes as far as this. What happened before it is looked at last. */
export const recordTick = defineActivity<'recordTick'>({
  name: 'recordTick',
  kind: 'change',
  summary: 'record how far the archive goes',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `write a tick of ${plan.set} into ${plan.root.name}`,
    command: `create, if absent, .temporal-hbase/ticks/${plan.set}/<time>.json`,
    undo: 'none: a tick stays for the window',
    doneWhen: 'the tick is there',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'recording the tick' }, (alive) =>
      openTick(input, alive).then((tick) => record(tick, input)),
    ),
});

async function record(tick: TickWorld, input: RecordTickInput): Promise<RecordedTick> {
  const { archive } = tick;
  const before = await findBefore(tick);
  const seen = await look(tick, { plan: input.plan, before: before?.tick });
  const covered = toCovered(input, before?.tick);
  const { run, plan } = input;
  const { name, tick: appended } = await archive.appendTick({
    formatVersion: 1,
    set: plan.set,
    clusterId: plan.cluster.clusterId,
    at: plan.createdAt,
    runId: run.runId,
    workflowId: run.workflowId,
    windowMs: plan.request.windowMs,
    tables: plan.watched,
    ...(before && covered.gap === undefined ? { continues: before.name } : {}),
    ...covered,
    ...seen,
    archived: input.wals.archived,
    bytes: input.wals.bytes,
  });
  const { coveredFromMs, coveredToMs, gap, breaks, blind } = appended;
  const needsBase = isBroken(appended, input) && !(before && isBroken(before.tick, input));
  return { tick: name, coveredFromMs, coveredToMs, ...(gap ? { gap } : {}), breaks, blind, needsBase };
}

/** Writes without WAL go on as they please: a base at every tick would be no help. A full disk has no room for one. */
function isBroken({ gap, breaks, holder }: ArchiveTick, { plan }: RecordTickInput): boolean {
  const ends = new Set<ChainBreak['kind']>(['created', 're-created', 'restored', 'altered']);
  const watched = new Set(plan.watched);
  return (
    holder !== undefined &&
    (gap !== undefined || breaks.some(({ kind, table }) => ends.has(kind) && watched.has(table)))
  );
}

/** A damaged tick was a gap already, and its own attempt is not what it goes on from. */
async function findBefore({ archive, input }: TickWorld): Promise<NamedTick | undefined> {
  const { ticks } = await readNewest(archive);
  return ticks.filter(({ name }) => !name.endsWith(`~${input.run.runId}`)).at(-1);
}

async function readNewest(archive: TickWorld['archive']): Promise<{ ticks: NamedTick[] }> {
  try {
    const last = await archive.readLastTick();
    return { ticks: last ? [last] : [] };
  } catch (error) {
    if (error instanceof Failure && error.code === 'backup.damaged') return archive.listTicks();
    throw error;
  }
}

type Covered = Pick<ArchiveTick, 'coveredFromMs' | 'coveredToMs' | 'gap'>;

/** Goes on where the tick before ended; what was lost or could not be held makes the chain begin anew. */
function toCovered({ holders, wals }: RecordTickInput, before: ArchiveTick | undefined): Covered {
  const lost = wals.lost.map((name) => `WAL ${name} was held and is nowhere`);
  if (holders.gap !== undefined || lost.length > 0) {
    const at = Math.max(holders.heldFromMs, lost.length > 0 ? holders.closedToMs : 0);
    return { coveredFromMs: at, coveredToMs: at, gap: [...(holders.gap ?? []), ...lost] };
  }
  if (!before) return { coveredFromMs: holders.heldFromMs, coveredToMs: holders.heldFromMs };
  const from = before.coveredToMs;
  const to = wals.missing.length > 0 ? from : Math.max(from, holders.closedToMs - IN_FLIGHT_MS);
  return { coveredFromMs: from, coveredToMs: to };
}

type Seen = Pick<
  ArchiveTick,
  'breaks' | 'holder' | 'held' | 'servers' | 'lineage' | 'lineageMs' | 'unlogged' | 'blind'
>;

async function look(
  tick: TickWorld,
  { plan, before }: { plan: ArchivePlan; before: ArchiveTick | undefined },
): Promise<Seen> {
  const { cluster, archive } = tick;
  const fromMs = Math.min(...(await cluster.readClocks()).map(({ clockMs }) => clockMs));
  const tables = [...new Set([...plan.watched, ...(before?.tables ?? [])])];
  const [lineage, unlogged, held] = [
    await readLineage(cluster, { tables, rootDir: plan.cluster.rootDir }),
    await cluster.readUnloggedMutations(),
    await listHeld(tick),
  ];
  const toMs = Math.max(...(await cluster.readClocks()).map(({ clockMs }) => clockMs)) + REPORT_MS;
  const { grown, blind } = countUnlogged({ before: before?.unlogged ?? unlogged, now: unlogged });
  const since = { fromMs: before?.lineageMs ?? fromMs, toMs };
  const old = before && (await readBefore(tick, before));
  const why = `${grown} mutations were written without WAL, nobody knows to which table`;
  return {
    breaks: [
      ...(old ? findBreaks({ before: old, now: lineage, ...since }) : []),
      ...(grown > 0 ? plan.watched.map((table): ChainBreak => ({ table, kind: 'unlogged', ...since, why })) : []),
    ],
    ...held,
    lineage: await archive.writeLineage(lineage),
    lineageMs: fromMs,
    unlogged: unlogged.map(({ server, mutations }) => ({ server, ...(mutations === undefined ? {} : { mutations }) })),
    blind,
  };
}

/** Without it everything may have changed since. */
async function readBefore({ archive }: TickWorld, { lineage }: ArchiveTick): Promise<TableLineage[]> {
  try {
    return await archive.readLineage(lineage);
  } catch (error) {
    if (error instanceof Failure && error.code === 'backup.damaged') return [];
    throw error;
  }
}

async function listHeld({ cluster, archive }: TickWorld): Promise<Pick<Seen, 'holder' | 'held' | 'servers'>> {
  const standing = await listStanding(archive);
  const queues = await Promise.all(standing.map(({ id }) => cluster.listHeldWals(id)));
  const all = queues
    .flat()
    .flatMap(({ server, wals }) => wals.map(({ name, startedMs }) => ({ server, name, startedMs })));
  const held = [...new Map(all.map((wal) => [wal.name, wal])).values()];
  const holder = standing.at(-1)?.id;
  const servers = queues
    .flat()
    .filter(({ live }) => live)
    .map(({ server }) => server);
  return { ...(holder === undefined ? {} : { holder }), held, servers: [...new Set(servers)] };
}
