import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ClusterConfig } from '../../../activities/inventory/inventory.ts';
import type { JobSpec, JobState, Jobs } from '../../../activities/jobs/jobs.ts';
import type { Script } from '../../../activities/jobs/launcher.ts';
import { createJobs, type JobsOptions } from '../../../activities/jobs/remote-jobs.ts';
import { createConnectionPool } from '../../../activities/ssh/connection-pool.ts';
import { createGateway } from '../../../activities/ssh/gateway.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';
import { clusterOn, startTestSshd, type TestSshd } from '../../support/sshd.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A gateway host of real sshd and real shell, whose `hadoop` is the shell itself, and claims in memory. */
export interface JobWorld {
  sshd: TestSshd;
  files: ReturnType<typeof createMemoryFiles>;
  /** The host's own boot id, which a test may change. */
  bootFile: string;
  workDir: string;
  /** Another worker: nothing shared but the claims and the host. */
  newJobs: (overrides?: Partial<ClusterConfig>, options?: Partial<JobsOptions>) => Jobs;
}

/** As `hbase org.jruby.Main --disable-gems <script> <settings>`, with the shell as the interpreter. */
const guardScript = (): Script => ({ fileName: 'guard-1.rb', content: 'echo "guard $(cat "$1")"' });

export async function startJobWorld(shell = '/bin/sh'): Promise<JobWorld> {
  const sshd = await startTestSshd();
  onTestFinished(() => sshd.stop());
  const files = createMemoryFiles();
  const bootFile = join(sshd.folder, 'boot_id');
  writeFileSync(bootFile, 'boot-1\n');
  const workDir = join(sshd.folder, 'work dir');
  const newJobs = (overrides: Partial<ClusterConfig> = {}, options: Partial<JobsOptions> = {}): Jobs => {
    const pool = createConnectionPool();
    onTestFinished(() => pool.close());
    const programs = { hbase: shell, hadoop: shell, hdfs: shell, yarn: '/bin/false' };
    const environment = { TEMPORAL_HBASE_BOOT_ID_FILE: bootFile, TEMPORAL_HBASE_TERM_TRIES: '10' };
    const cluster = clusterOn([sshd.target()], { workDir, programs, environment, ...overrides });

    return createJobs({
      gateway: createGateway(pool, cluster),
      files,
      runsDir: '/state/runs',
      guardScript,
      ...options,
    });
  };
  onTestFinished(() => killAll(sshd.folder));
  return { sshd, files, bootFile, workDir, newJobs };
}

export function shellJob(script: string, overrides: { key?: string; timeLimitMs?: number } = {}): JobSpec {
  const { key = 'run000001/export/t1/1', timeLimitMs = 60_000 } = overrides;
  return { key, kind: 'program', program: 'hadoop', args: ['-c', script], timeLimitMs };
}

export async function waitForPhase(jobs: Jobs, { key }: JobSpec, phase: JobState['phase']): Promise<JobState> {
  let state = await jobs.poll(key);
  await waitUntil(`the job is ${phase}`, async () => (state = await jobs.poll(key)).phase === phase);
  return state;
}

/** Pids from the job's `process` file on its host. */
export function processIds({ workDir }: JobWorld, key = 'run000001/export/t1/1'): { job: number; supervisor: number } {
  const words = readFileSync(join(workDir, 'jobs', key, 'process'), 'utf8').split(' ');
  return { job: Number(words[0]), supervisor: Number(words[3]) };
}

/** Processes whose command line or environment names a folder. */
export function processesOf(folder: string): number[] {
  const script = 'grep -lsaF -- "$1" /proc/[0-9]*/cmdline /proc/[0-9]*/environ | cut -d/ -f3 | sort -u';
  const output = execFileSync('sh', ['-c', script, 'sh', folder], { encoding: 'utf8', timeout: 10_000 });
  // The search itself, and its shell, name the folder too.
  return output.split('\n').filter(Boolean).map(Number).filter(isNoSearch);
}

function isNoSearch(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('grep -lsaF');
  } catch {
    return false;
  }
}

function killAll(folder: string): void {
  for (const pid of processesOf(`${folder}/work dir`)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
