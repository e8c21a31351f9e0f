import type { ClusterName, TableName } from '../workflows/contract/names.ts';
import type { StepWorld } from './define-step.ts';
import { Failure } from './failure.ts';
import { withoutCancellation } from './hbase/request-scope.ts';
import type { Jobs, JobSpec, JobState } from './jobs/jobs.ts';

export interface RunJobOptions {
  world: StepWorld;
  /** The cluster on whose gateway the job runs. */
  cluster: ClusterName;
  job: JobSpec;
  phase: string;
  table?: TableName;
  /** With it, progress is reported in bytes by percent. */
  totalBytes?: number;
  /**
   * How often it is started again, under a key of its own, when it failed or its process is PROVABLY gone. Default 3.
   * Only for jobs that may be repeated, as all of ours may: a tool that was killed or met a moment's trouble heals.
   */
  relaunches?: number;
}

interface EndedJob extends JobState {
  /** The end of the log, at most 64 KB, over all polls of this attempt. */
  logTail: string;
}
export interface FinishedJob extends EndedJob {
  exitCode: number;
}

const FIRST_POLL_MS = 200;
const LAST_POLL_MS = 1_000;
const LOG_TAIL_CHARS = 65_536;
const RELAUNCH_PAUSE_MS = 2_000;
/** What the launcher writes for a job that met its time limit: the next one would as well. */
const TIME_LIMIT_EXIT = 124;

/**
 * Attaches to the job or launches it, and follows it to its exit code, which the caller judges: tools lie by both exit
 * codes and silence (hbase.md §12.16). Only a requested cancellation stops the job; a worker's shutdown leaves it, and
 * the next attempt attaches.
 *
 * @throws Failure `job.unknown` (held and looked at again) when its host does not answer.
 * @throws Failure `job.failed` when the process is gone without an exit code.
 */
export async function runJob(options: RunJobOptions): Promise<FinishedJob> {
  const jobs = await options.world.deps.jobs(options.cluster);
  const relaunches = options.relaunches ?? 3;
  for (let launch = 0; ; launch += 1) {
    // Every launch has its own key, so each is started at most once (I7), and a later attempt walks the same keys.
    const key = launch === 0 ? options.job.key : `${options.job.key}.${launch}`;
    const finished = await runLaunch({ ...options, job: { ...options.job, key } }, jobs);
    if (!mayHeal(finished) || launch === relaunches) return requireExited(options, finished);
    await options.world.ctx.sleep(RELAUNCH_PAUSE_MS * (launch + 1));
  }
}

function mayHeal({ phase, exitCode }: EndedJob): boolean {
  return phase === 'lost' || (phase === 'exited' && exitCode !== 0 && exitCode !== TIME_LIMIT_EXIT);
}

async function runLaunch(options: RunJobOptions, jobs: Jobs): Promise<EndedJob> {
  try {
    return await followJob(options, jobs);
  } catch (error) {
    if (options.world.ctx.cancelCause() === 'requested') await withoutCancellation(() => jobs.stop(options.job.key));
    throw error;
  }
}

async function followJob(options: RunJobOptions, jobs: Jobs): Promise<EndedJob> {
  const { ctx } = options.world;
  // What was cancelled before its start is never started: whoever cancelled is cleaning up by now.
  ctx.signal.throwIfAborted();
  let state = await jobs.ensure(options.job);
  let logTail = state.log;
  for (let pollMs = FIRST_POLL_MS; !hasEnded(state); pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS)) {
    ctx.progress(toProgress(options, state));
    await ctx.sleep(pollMs);
    state = await jobs.poll(options.job.key, state.logOffset);
    logTail = (logTail + state.log).slice(-LOG_TAIL_CHARS);
  }
  return { ...state, logTail };
}

function hasEnded(state: JobState): boolean {
  return state.phase !== 'starting' && state.phase !== 'running';
}

function requireExited({ job, cluster }: RunJobOptions, ended: EndedJob): FinishedJob {
  const { phase, exitCode, host, logTail } = ended;
  if (phase === 'exited' && exitCode !== undefined) return { ...ended, exitCode };
  const place = { cluster, ...(host === undefined ? {} : { host }), logTail: endOf(logTail) };
  if (phase === 'unknown') {
    const message = `Job ${job.key} on ${cluster}: its host ${host ?? ''} does not answer; it is not started again.`;
    throw new Failure('job.unknown', message, place);
  }
  throw new Failure('job.failed', `Job ${job.key} on ${cluster} ended without an exit code (${phase}).`, place);
}

function toProgress({ phase, table, totalBytes }: RunJobOptions, state: JobState) {
  const done = totalBytes !== undefined && state.percent !== undefined ? (totalBytes * state.percent) / 100 : undefined;
  return {
    phase,
    ...(table === undefined ? {} : { table }),
    ...(done === undefined ? {} : { done: Math.round(done), total: totalBytes, unit: 'bytes' as const }),
  };
}

/** What a failure may carry of a log: its last lines, at most 1 KB, without the frames of Java's stacks. */
export function endOf(log: string): string {
  const told = log.split('\n').filter((line) => line.trim() !== '' && !STACK_FRAME.test(line));
  return told.join('\n').slice(-1_024);
}

/** The line of a log that says why: Java names the deepest cause last. */
export function reasonIn(log: string): string {
  const errors = log.split('\n').filter((line) => !STACK_FRAME.test(line) && JAVA_ERROR.test(line));
  const line = errors.findLast((each) => each.startsWith('Caused by: ')) ?? errors.at(-1) ?? '';
  return line
    .replace(/^Caused by: /, '')
    .trim()
    .slice(0, 300);
}

const STACK_FRAME = /^\s+(at |\.\.\. \d+ more)/;
const JAVA_ERROR = /[A-Za-z]+(Exception|Error)\b|\bERROR\b/;
