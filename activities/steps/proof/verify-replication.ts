import type { PeerId } from '../../../workflows/contract/names.ts';
import type { PlannedTable } from '../../../workflows/contract/plan.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { JobSpec } from '../../jobs/jobs.ts';
import { endOf, type FinishedJob, runJob, reasonIn } from '../../run-job.ts';
import { type Comparison, type Tally } from './comparison.ts';
import { findHiddenRows } from './hidden-rows.ts';
import { parseBadRows, toVerifyCounters } from './verify-log.ts';

export interface VerifyJob {
  run: RunRef;
  table: PlannedTable;
  peerId: PeerId;
  comparison: Comparison;
}

const JOB_LIMIT_MS = 7 * 24 * 3_600_000;
/** An attached job's start is known by its gateway's clock only. */
const GATEWAY_CLOCK_MARGIN_MS = 60_000;

export interface VerifyResult {
  tally: Tally;
  provenUntilMs: number;
}

/**
 * HBase's own compare, as a MapReduce job: for tables too large for the agents. Its exit code says that it ran, not
 * that rows match (measured: BADROWS=1, exit 0), so counters are judged, and rows it calls bad are looked at again.
 *
 * @returns undefined when what it says cannot be used: no row seen of a table that has some, or bad rows whose keys
 * are in logs we cannot read. The agents then compare.
 */
export async function runVerifyReplication(job: VerifyJob, world: StepWorld): Promise<VerifyResult | undefined> {
  const { comparison, run } = job;
  const spec = await toVerifySpec(job);
  const jobs = await world.deps.jobs(run.source);
  const attached = (await jobs.poll(spec.key)).phase !== 'absent';
  const regionsBefore = await comparison.source.listRegions(job.table.table);
  const phase = 'VerifyReplication';
  const finished = await runJob({ world, cluster: run.source, job: spec, phase, table: job.table.table });
  if (finished.exitCode !== 0) throw toJobFailed(job, finished);
  const regions = [...regionsBefore, ...(await comparison.source.listRegions(job.table.table))];
  const tally = await toTally(job, { finished, regions });
  // The next compare is a job of its own. A crash before this line attaches to this one, as old as it is.
  await jobs.remove(finished.key);
  return tally && { tally, provenUntilMs: toProvenUntil(comparison, { attached, finished }) };
}

async function toVerifySpec({ run, table, peerId, comparison }: VerifyJob): Promise<JobSpec> {
  const versions = Math.max(1, ...table.families.map(({ maxVersions }) => maxVersions));
  const { version } = await comparison.source.readFacts();
  return {
    key: `${run.runId}/verify-replication/${table.table.replace(':', '.')}/1`,
    timeLimitMs: JOB_LIMIT_MS,
    kind: 'tool',
    className: 'org.apache.hadoop.hbase.mapreduce.replication.VerifyReplication',
    // Without --versions only the newest cell of a column is compared. Never --raw: 932 false BADROWS were measured.
    args: [`--versions=${versions}`, ...toRecompareOptions(version), peerId, table.table],
    settings: { 'hbase.mapreduce.scan.cachedrows': '500', 'mapreduce.map.speculative': 'false' },
    runIn: 'own',
  };
}

/** From 2.6 on rows are recompared in threads; older lines sleep in the mapper, once a row, and our own look is quicker. */
export function toRecompareOptions(version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const hasThreads = major > 2 || (major === 2 && minor >= 6);
  return hasThreads ? ['--recompareTries=3', '--recompareSleep=1000', '--recompareThreads=4'] : [];
}

type Ended = { finished: FinishedJob; regions: { startKey: string; endKey: string }[] };

async function toTally({ comparison }: VerifyJob, { finished, regions }: Ended): Promise<Tally | undefined> {
  const { good, bad, onlyInSource, onlyInPeer, contentDifferent } = toVerifyCounters(finished.counters);
  const badRows = parseBadRows(finished.logTail);
  if (good === 0 && (await hasRows(comparison))) return undefined;
  if (badRows.length < bad) return undefined;
  const hidden = await findHiddenRows(comparison, regions);
  const rowsSource = good + onlyInSource + contentDifferent;
  return {
    rowsSource,
    rowsTarget: good + onlyInPeer + contentDifferent + hidden.rowsTarget,
    // The job counts rows only; a row has at least one cell.
    cells: rowsSource,
    suspects: [...new Set([...badRows, ...hidden.suspects])],
    moreSuspects: hidden.moreSuspects,
  };
}

async function hasRows({ source, target, table: { table } }: Comparison): Promise<boolean> {
  const answers = await Promise.all([source.hasRows(table), target.hasRows(table)]);
  return answers.includes(true);
}

function toProvenUntil(
  { provenUntilMs }: Comparison,
  { attached, finished }: { attached: boolean; finished: FinishedJob },
): number {
  if (!attached) return provenUntilMs;
  const startedMs = Date.parse(finished.startedAt ?? '') - GATEWAY_CLOCK_MARGIN_MS;
  // Unknown start: nothing before can be claimed.
  return Number.isNaN(startedMs) ? 0 : Math.min(provenUntilMs, startedMs);
}

function toJobFailed({ run, table }: VerifyJob, { exitCode, logTail }: FinishedJob): Failure {
  const message =
    `VerifyReplication of ${table.table} ended with exit code ${exitCode}. ${reasonIn(logTail)}`.trimEnd();
  return new Failure('job.failed', message, { cluster: run.source, table: table.table, logTail: endOf(logTail) });
}
