import type { ScheduledPart } from '../workflows/contract/backup/schedule-parts.ts';
import type { ClusterName } from '../workflows/contract/names.ts';
import type { HBaseCluster } from './hbase/cluster.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Survival } from './jobs/survival.ts';
import type { Metrics } from './metrics.ts';
import type { RunRecords } from './run-record/run-record.ts';

/** What steps reach the world through. The worker wires the real parts, tests wire the model. */
export interface StepDeps {
  readonly inventory: Inventory;
  /** A connected cluster; the same object for every caller of one worker. */
  cluster(name: ClusterName): Promise<HBaseCluster>;
  jobs(name: ClusterName): Promise<Jobs>;
  runs(name: ClusterName): Promise<RunRecords>;
  /** Runs a command that the clusters file names, on the gateway it names. */
  runCommand(name: string, call: CommandCall): Promise<CommandResult>;
  /** Writes a 0600 file below the gateway's work folder and returns its path (examples of differing rows). */
  writePrivateFile(cluster: ClusterName, name: string, content: string): Promise<string>;
  /** What Temporal knows of the schedules of a set of backups; absent outside of a worker. */
  readSchedules?(set: string): Promise<ScheduledPart[]>;
  /** Of every gateway host; absent where there is none. */
  readSurvival?(cluster: ClusterName): Promise<Survival[]>;
  /** Absent where nobody looks. */
  readonly metrics?: Metrics;
  /** Names are minted from this, once. Lower-case letters and digits. */
  mintId(): string;
  nowMs(): number;
  /** Between the move to the trash and the second look of an expiry, ms; tests wait less. Default 10 minutes. */
  readonly expiryGraceMs?: number;
  /** From when Temporal was seen to know of the end of a workflow until nothing of it acts any more, ms. Default 30 s. */
  readonly silentAfterMs?: number;
}

export interface CommandCall {
  /** Use the command's `check` argv. */
  check?: boolean;
  /** Appended to argv: `fence`, `unfence`, `switch`. */
  action?: 'fence' | 'unfence' | 'switch';
  /** JSON on its standard input. */
  input: unknown;
  signal?: AbortSignal;
}

export interface CommandResult {
  exitCode: number;
  /** At most 1 KB, redacted. */
  outputTail: string;
}
