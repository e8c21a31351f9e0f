import type { TableName } from '../../../workflows/contract/names.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { toFreeMarker } from '../replication/marker-takers.ts';
import { readNewestClockMs, readOldestClockMs, readRolledClockMs } from './read-clocks.ts';
import { toHex } from './sentinels.ts';

/** A target further behind than this is not waited for inside a fence. */
const LARGEST_GAP_MS = 60_000;
const LONGEST_POLL_MS = 500;

/**
 * A target clock behind the source gives a client's new put an older timestamp than the cell that was copied: an
 * acknowledged write that nobody can read (hazard 6). So the oldest target clock must have passed the newest source
 * clock, and a put on every region of the target's marker table must be the newest version of its row. A run without a
 * marker table goes by the names of the WALs that were rolled behind the fence, and by the target's reports.
 */
export const waitForClocks = defineActivity<'waitForClocks'>({
  name: 'waitForClocks',
  kind: 'wait',
  summary: "wait until the target's clocks have passed the source's",
  run: async ({ run, markerTable: planned, peerIds = [] }, world) => {
    const [source, target] = await Promise.all([world.deps.cluster(run.source), world.deps.cluster(run.target)]);
    const markerTable = await toFreeMarker(source, planned);
    const sourceClockMs =
      markerTable === undefined
        ? await readRolledClockMs(source, peerIds)
        : await readNewestClockMs(source, markerTable);
    for (let look = 1; ; look += 1) {
      const targetClockMs = await readOldestClockMs(target, markerTable);
      const gapMs = sourceClockMs - targetClockMs;
      if (gapMs > LARGEST_GAP_MS) throw toTooFarBehind(target, gapMs);
      const stampMs =
        gapMs < 0 ? await readTargetStampMs({ target, markerTable, look, targetClockMs }, world) : undefined;
      if (stampMs !== undefined && stampMs > sourceClockMs) return { sourceClockMs, targetClockMs: stampMs };
      world.ctx.progress({ phase: `the target's clocks are ${Math.max(gapMs, 0)} ms behind` });
      await world.ctx.sleep(Math.min(Math.max(gapMs, 20), LONGEST_POLL_MS));
    }
  },
});

interface ClockProbe {
  target: HBaseCluster;
  markerTable: TableName | undefined;
  look: number;
  targetClockMs: number;
}

/** A server's report is never ahead of its clock, so without a table to write into the reports are enough. */
function readTargetStampMs({ markerTable, targetClockMs, ...probe }: ClockProbe, world: StepWorld) {
  return markerTable === undefined
    ? Promise.resolve(targetClockMs)
    : readOldestStampMs({ ...probe, markerTable }, world);
}

/** undefined while a put is not the newest version of its row: its server's clock is behind. */
async function readOldestStampMs(
  { target, markerTable, look }: { target: HBaseCluster; markerTable: TableName; look: number },
  { ctx }: StepWorld,
) {
  const value = toHex(`clock.${ctx.nowMs()}.${look}`);
  const rows = await target.putSentinels(markerTable, value);
  const found = await Promise.all(rows.map((row) => target.readRow(markerTable, row)));
  const stamps = found.map((cells) => cells?.find((cell) => cell.value === value)?.timestampMs);
  return stamps.length === 0 || stamps.includes(undefined) ? undefined : Math.min(...stamps.map(Number));
}

function toTooFarBehind(target: HBaseCluster, gapMs: number): Failure {
  const message =
    `${target.name}: a clock is ${gapMs} ms behind the newest clock of the source; ` +
    'writes after the switch would be hidden by older ones. Repair the time service of the target.';
  return new Failure('cutover.failed', message, { cluster: target.name });
}
