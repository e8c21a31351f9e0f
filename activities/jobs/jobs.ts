import type { ClusterName } from '../../workflows/contract/names.ts';

/**
 * Remote jobs that outlive us, on a gateway of one cluster. A job's identity is its key: run id + step + subject +
 * generation, never a hash of the input. The claim stands on the cluster's HDFS (hazards 28, 29).
 */
export interface Jobs {
  readonly cluster: ClusterName;
  /** Attaches when the claim exists (the input must be equal), launches when it does not. At most one start per key (I7). */
  ensure(job: JobSpec): Promise<JobState>;
  /** The state now; `logFrom` is a byte offset into the log. */
  poll(key: JobKey, logFrom?: number): Promise<JobState>;
  /** TERM, then KILL, of the job's own process group; waits until it is gone. Idempotent. */
  stop(key: JobKey): Promise<void>;
  /** Removes folder and claim of a job that has ended. Idempotent. */
  remove(key: JobKey): Promise<void>;
  /** Keys of claims that a run left, for `leaks` and `clean`. */
  list(runId: string): Promise<JobKey[]>;
}

/** `<runId>/<step>/<subject>/<generation>`; letters, digits, `_`, `-`, `.` in each part. */
export type JobKey = string;

/** The tools a job may run: argv is built here from typed parts, never from a workflow's input. */
export type JobSpec = {
  key: JobKey;
  /** Wall-clock limit on the host; the job is ended by itself afterwards. */
  timeLimitMs: number;
} & (
  | {
      /** A `ToolRunner` class, run in the gateway's shared runner JVM or as a process of its own. */
      kind: 'tool';
      className: string;
      args: string[];
      /** `-D` settings. */
      settings: Record<string, string>;
      /** `shared`: many small jobs in one JVM. `own`: one process, for jobs of hours. */
      runIn: 'shared' | 'own';
    }
  | { kind: 'program'; program: 'hadoop' | 'hbase'; args: string[] }
  /** The fence guard: a resident-agent script with its own entry, see `activities/hbase/agent`. */
  | { kind: 'fence-guard'; settings: FenceGuardSettings }
);

export interface FenceGuardSettings {
  runId: string;
  epoch: number;
  /** Where the mark of this epoch is created. */
  markPath: string;
  /** Milliseconds from the guard's readiness until it competes for the mark with `unfence`. Its own monotonic clock. */
  deadlineMs: number;
  /** What it does when it wins: the old value of each table. */
  tables: { table: string; fence: 'readonly' | 'disable'; readOnlyBefore: boolean }[];
  /** argv of an application fence's undo, from the clusters file. */
  unfenceCommand?: string[];
}

export interface JobState {
  key: JobKey;
  /**
   * `lost`: no exit code and the process is provably gone (boot id, start time, or zombie).
   * `unknown`: its host does not answer; hold, never start again.
   */
  phase: 'absent' | 'starting' | 'running' | 'exited' | 'lost' | 'unknown';
  host?: string;
  exitCode?: number;
  startedAt?: string;
  finishedAt?: string;
  /** New log bytes since `logFrom`, at most 64 KB, and where to go on. */
  log: string;
  logOffset: number;
  /** 0–100 from `map NN% reduce NN%`. */
  percent?: number;
  /** Hadoop counters printed at the end, by `Group.NAME` or `NAME`. */
  counters: Record<string, number>;
  applicationId?: string;
}
