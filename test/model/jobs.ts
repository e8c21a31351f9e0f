import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import type { JobKey, Jobs, JobSpec, JobState } from '../../activities/jobs/jobs.ts';
import { createRecordPaths, encodePathName } from '../../activities/run-record/record-paths.ts';
import { Failure } from '../../activities/failure.ts';
import type { ModelClock } from './clock.ts';
import type { Random } from './random.ts';
import { runProgram, type ProgramWorld } from './programs.ts';

export interface ModelJobsOptions {
  cluster: HBaseCluster;
  clock: ModelClock;
  random: Random;
  programs: ProgramWorld;
  /** Chance that a driver is killed while it works. */
  killChance?: number;
}

/** Jobs on one gateway, at the clock's time. They outlive every worker. */
export interface ModelJobs extends Jobs {
  /** Processes ever started, by key: more than one is a broken I7. */
  readonly starts: ReadonlyMap<JobKey, number>;
  /** The gateway does not answer questions about processes for a while. */
  setReachable(reachable: boolean): void;
  running(): JobKey[];
  /** Ends a process without an exit code, as kill -9 does. */
  kill(key: JobKey): void;
}

interface Process {
  spec: JobSpec;
  phase: 'running' | 'exited' | 'lost';
  exitCode: number | undefined;
  log: string;
  percent: number;
  counters: Record<string, number>;
  startedAt: string;
  finishedAt: string | undefined;
  killed: boolean;
}

/** What a running program may do with its own process. */
export interface ProcessHandle {
  readonly spec: JobSpec;
  print(line: string): void;
  setPercent(percent: number): void;
  count(counters: Record<string, number>): void;
  /** Rejects when the process was killed meanwhile. */
  sleep(ms: number): Promise<void>;
}

export class Killed extends Error {}

export function createModelJobs(options: ModelJobsOptions): ModelJobs {
  const { cluster, clock } = options;
  const processes = new Map<JobKey, Process>();
  const starts = new Map<JobKey, number>();
  let reachable = true;
  const paths = createRecordPaths('/user/hbase/.temporal-hbase');
  const claimPath = (key: JobKey): string => {
    const [runId, ...rest] = key.split('/');
    return `${paths.jobs(runId!)}/${encodePathName(rest.join('/'))}.json`;
  };
  const describe = (key: JobKey, logFrom = 0): JobState =>
    describeProcess({ key, process: processes.get(key), reachable, logFrom });
  const kill = (key: JobKey): void => {
    const process = processes.get(key);
    if (!process || process.phase !== 'running') return;
    process.killed = true;
    process.phase = 'lost';
  };
  return {
    cluster: cluster.name,
    starts,
    setReachable: (value) => {
      reachable = value;
    },
    running: () => [...processes].filter(([, one]) => one.phase === 'running').map(([key]) => key),
    kill,
    ensure: async (spec) => {
      const created = await cluster.files.create(claimPath(spec.key), JSON.stringify(spec));
      const process = processes.get(spec.key);
      if (process && JSON.stringify(process.spec) !== JSON.stringify(spec)) throw conflict(spec);
      if (created && !process) {
        starts.set(spec.key, (starts.get(spec.key) ?? 0) + 1);
        processes.set(
          spec.key,
          startProcess(options, spec, () => kill(spec.key)),
        );
      }
      await clock.sleep(5);
      return describe(spec.key);
    },
    poll: async (key, logFrom) => describe(key, logFrom),
    stop: async (key) => {
      kill(key);
      await clock.sleep(50);
    },
    remove: async (key) => {
      if (processes.get(key)?.phase === 'running') throw new Failure('job.failed', `job ${key} is still running`);
      processes.delete(key);
      await cluster.files.remove(claimPath(key));
    },
    list: async (runId) => {
      const entries = await cluster.files.list(paths.jobs(runId));
      const names = new Set(entries.map(({ name }) => name));
      return [...processes.keys()].filter((key) => names.has(claimPath(key).split('/').at(-1)!));
    },
  };
}

function conflict(spec: JobSpec): Failure {
  return new Failure('job.conflict', `job ${spec.key} was started with another input`);
}

function startProcess(
  { clock, random, programs, killChance = 0 }: ModelJobsOptions,
  spec: JobSpec,
  kill: () => void,
): Process {
  const process: Process = {
    spec,
    phase: 'running',
    exitCode: undefined,
    log: '',
    percent: 0,
    counters: {},
    startedAt: new Date(clock.nowMs()).toISOString(),
    finishedAt: undefined,
    killed: false,
  };
  const finish = (exitCode: number): void => {
    if (process.phase !== 'running') return;
    process.phase = 'exited';
    process.exitCode = exitCode;
    process.finishedAt = new Date(clock.nowMs()).toISOString();
  };
  if (spec.kind !== 'fence-guard' && random.chance(killChance)) clock.after(random.between(50, 3_000), kill);
  void runProgram(programs, createHandle(process, clock)).then(finish, (error: unknown) => {
    if (!(error instanceof Killed)) process.log += `${String(error)}\n`;
    finish(1);
  });
  return process;
}

function createHandle(process: Process, clock: ModelClock): ProcessHandle {
  return {
    spec: process.spec,
    print: (line) => {
      process.log += `${line}\n`;
    },
    setPercent: (percent) => {
      process.percent = percent;
    },
    count: (counters) => Object.assign(process.counters, counters),
    sleep: async (ms) => {
      await clock.sleep(ms);
      if (process.killed) throw new Killed();
    },
  };
}

interface Description {
  key: JobKey;
  process: Process | undefined;
  reachable: boolean;
  logFrom: number;
}

function describeProcess({ key, process, reachable, logFrom }: Description): JobState {
  if (!reachable) return { key, phase: 'unknown', host: 'gateway', log: '', logOffset: logFrom, counters: {} };
  if (!process) return { key, phase: 'absent', log: '', logOffset: 0, counters: {} };
  const { phase, exitCode, log, percent, counters, startedAt, finishedAt } = process;
  return {
    key,
    phase,
    host: 'gateway',
    ...(exitCode === undefined ? {} : { exitCode }),
    startedAt,
    ...(finishedAt === undefined ? {} : { finishedAt }),
    log: log.slice(logFrom),
    logOffset: log.length,
    percent,
    counters: { ...counters },
  };
}
