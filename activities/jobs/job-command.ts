import { JRUBY } from '../hbase/jruby.ts';
import type { ClusterConfig } from '../inventory/inventory.ts';
import type { JobSpec } from './jobs.ts';

/** What the launcher needs to start a job. */
export interface JobCommand {
  /** The program, or the shared runner that takes the job. */
  argv: string[];
  /** Becomes the file `input` in the job's folder, which is also the program's working folder. */
  input: string;
  shared: boolean;
}

/** File names below `<workDir>/bin` of what the jobs themselves run. */
export interface JobScripts {
  runner: string;
  guard: string;
  runnerIdleSeconds: number;
}

// From the working folders, since the work folder may be known only as "below the home of some user".
const FROM_JOB = '../../../../../bin';
const FROM_RUNNER = '../../bin';

/** argv is built here, from typed parts: queue and options of the clusters file, then the job's own settings, which win. */
export function toJobCommand(
  job: JobSpec,
  { cluster, scripts }: { cluster: ClusterConfig; scripts: JobScripts },
): JobCommand {
  const { programs } = cluster;
  if (job.kind === 'program')
    return { argv: [programs[job.program], ...withOptions(job.args, cluster)], input: '', shared: false };
  if (job.kind === 'fence-guard') {
    const argv = [programs.hbase, ...JRUBY, `${FROM_JOB}/${scripts.guard}`, 'input'];
    return { argv, input: JSON.stringify(job.settings), shared: false };
  }
  if (job.runIn === 'shared') return toSharedCommand(job, { cluster, scripts });
  const settings = toSettings(job.settings, cluster).map(([name, value]) => `-D${name}=${value}`);
  return { argv: [programs.hbase, job.className, ...settings, ...job.args], input: '', shared: false };
}

/**
 * ExportSnapshot gives each mapper a buffer of one HDFS block, 128 MB: two tables in one JVM and it is out of heap
 * (measured on 2.4.17).
 */
const SHARED_SETTINGS = { 'snapshot.export.buffer.size': String(4 << 20) };

function toSharedCommand(
  job: Extract<JobSpec, { kind: 'tool' }>,
  { cluster, scripts }: { cluster: ClusterConfig; scripts: JobScripts },
): JobCommand {
  const lines = [
    ['limit', String(toSeconds(job.timeLimitMs))],
    ['class', job.className],
    ...toSettings({ ...SHARED_SETTINGS, ...job.settings }, cluster).map((setting) => ['setting', ...setting]),
    ...job.args.map((argument) => ['arg', argument]),
  ];
  const input = lines.map((words) => words.map(encodeURIComponent).join(' ')).join('\n');
  return {
    argv: [cluster.programs.hbase, ...JRUBY, `${FROM_RUNNER}/${scripts.runner}`, String(scripts.runnerIdleSeconds)],
    input,
    shared: true,
  };
}

/** Hadoop's generic options go between a program's own name and its arguments: `hadoop distcp -Dk=v …`. */
function withOptions(args: string[], cluster: ClusterConfig): string[] {
  const [name, ...rest] = args;
  if (name !== 'distcp') return args;
  return [name, ...toSettings({}, cluster).map(([setting, value]) => `-D${setting}=${value}`), ...rest];
}

/** `-Dname=value` of the clusters file, then the job's. */
function toSettings(own: Record<string, string>, { mapReduce }: ClusterConfig): [string, string][] {
  const options = mapReduce.options.map((option): [string, string] => {
    const equals = option.indexOf('=');
    return [option.slice(2, equals), option.slice(equals + 1)];
  });
  const queue: [string, string][] = mapReduce.queue === undefined ? [] : [['mapreduce.job.queuename', mapReduce.queue]];
  return Object.entries({ ...Object.fromEntries([...queue, ...options]), ...own });
}

export function toSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
