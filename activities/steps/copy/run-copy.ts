import type { ClusterName } from '../../../workflows/contract/names.ts';
import type { CopyInput, CopyResult } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { JobSpec, JobState } from '../../jobs/jobs.ts';
import { endOf, type FinishedJob, reasonIn, runJob } from '../../run-job.ts';

export interface Copy {
  input: CopyInput;
  world: StepWorld;
  /** On whose gateway. */
  cluster: ClusterName;
  job: JobSpec;
  checksum: CopyResult['checksum'];
  phase: string;
  /** Is the whole snapshot there? What the tool says is not enough: it lies by exit codes and by silence. */
  isComplete(): Promise<boolean>;
  /** Meaning of an exit code, when the tool has one. */
  explain?: (exitCode: number) => string | undefined;
}

/** Already there → as it is. Otherwise runs or follows the job, and looks at what it left. */
export async function runCopy(copy: Copy): Promise<CopyResult> {
  const { input, world, cluster, job, checksum } = copy;
  const startedMs = world.ctx.nowMs();
  if (await copy.isComplete()) {
    const jobs = await world.deps.jobs(cluster);
    return toResult(await jobs.poll(job.key), { checksum, durationMs: 0, changed: false });
  }
  const { table, totalBytes } = input;
  const finished = await runJob({ world, cluster, job, phase: copy.phase, table, totalBytes });
  refuseCounters(copy, finished);
  if (await copy.isComplete()) {
    return toResult(finished, { checksum, durationMs: world.ctx.nowMs() - startedMs, changed: true });
  }
  throw toFailure(copy, finished, `ended with exit code ${finished.exitCode}`);
}

/** A missing or failed file must not be forgotten because the manifest was written. */
function refuseCounters(copy: Copy, finished: FinishedJob): void {
  const bad = [...COUNTERS.missing, ...COUNTERS.failed].filter((name) => readCounter(finished, [name]) > 0);
  if (bad.length === 0) return;
  const counts = bad.map((name) => `${name}=${readCounter(finished, [name])}`).join(', ');
  throw toFailure(copy, finished, `counted ${counts}`);
}

function toFailure({ input, cluster, job, explain, phase }: Copy, finished: FinishedJob, what: string): Failure {
  const meaning = explain?.(finished.exitCode);
  const reason = reasonIn(finished.logTail);
  const message = `${phase} of ${input.table} on ${cluster} ${what}${meaning === undefined ? '' : ` (${meaning})`}; job ${job.key}.${reason === '' ? '' : ` ${reason}`}`;
  const host = finished.host === undefined ? {} : { host: finished.host };
  return new Failure('job.failed', message, { cluster, ...host, table: input.table, logTail: endOf(finished.logTail) });
}

function toResult(state: JobState, rest: Pick<CopyResult, 'checksum' | 'durationMs' | 'changed'>): CopyResult {
  const copiedBytes = readCounter(state, COUNTERS.copiedBytes);
  return { ...rest, copiedBytes, skippedFiles: readCounter(state, COUNTERS.skippedFiles) };
}

/** ExportSnapshot's names, then DistCp's by key and by display name. */
const COUNTERS = {
  copiedBytes: ['BYTES_COPIED', 'BYTESCOPIED', 'Bytes Copied'],
  skippedFiles: ['FILES_SKIPPED', 'SKIP', 'Files Skipped'],
  missing: ['MISSING_FILES'],
  failed: ['COPY_FAILED', 'FAIL', 'Files Failed'],
};

function readCounter({ counters }: JobState, names: readonly string[]): number {
  const name = names.find((one) => counters[one] !== undefined);
  return name === undefined ? 0 : (counters[name] ?? 0);
}
