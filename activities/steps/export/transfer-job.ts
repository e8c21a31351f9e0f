import { splitTableName, type TableName } from '../../../workflows/contract/names.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { JobSpec, JobState } from '../../jobs/jobs.ts';
import { COPY_LIMIT_MS } from '../copy/export-job.ts';
import { toSettings } from '../copy/roots.ts';
import { mintScratchName } from '../plan/mint-names.ts';
import { parseVersion } from '../plan/preflight/versions.ts';

const CLASSES = {
  exportTable: 'org.apache.hadoop.hbase.mapreduce.Export',
  importExport: 'org.apache.hadoop.hbase.mapreduce.Import',
};
/** A start of a JVM costs seconds: small ones share one. */
const SHARED_JVM_BYTES = 256 * 1024 * 1024;

export interface Transfer {
  run: RunRef;
  step: keyof typeof CLASSES;
  table: TableName;
  /** Last part of the job's key. */
  generation: number;
  bytes: number;
  args: string[];
  settings?: Record<string, string>;
}

/** HBase's Export or Import as a job. Equal for every attempt of one generation, so that a retry attaches. */
export async function toTransferJob(
  { run, step, table, generation, bytes, args, settings = {} }: Transfer,
  { cluster, deps }: { cluster: HBaseCluster; deps: StepWorld['deps'] },
): Promise<JobSpec> {
  const { version, settings: configured } = await cluster.readFacts();
  const { queue, options } = deps.inventory.clusters.get(run.source)?.mapReduce ?? { options: [] };
  const isSmall = bytes < SHARED_JVM_BYTES || configured['mapreduce.framework.name'] === 'yarn';
  return {
    key: `${run.runId}/${step}/${mintScratchName(table)}/${generation}`,
    timeLimitMs: COPY_LIMIT_MS,
    kind: 'tool',
    className: CLASSES[step],
    args,
    settings: {
      ...settings,
      'mapreduce.map.speculative': 'false',
      'mapreduce.job.name': `temporal-hbase-${run.runId}-${step}-${splitTableName(table).qualifier}`,
      ...(queue === undefined ? {} : { 'mapreduce.job.queuename': queue }),
      ...toSettings(options),
    },
    // On 1.x they are programs with a `main`, and no `Tool` (1.7.1).
    runIn: isSmall && parseVersion(version).major >= 2 ? 'shared' : 'own',
  };
}

/** Always with its namespace, so that a bare name is nobody else's. */
export function toFullName(table: TableName): string {
  const { namespace, qualifier } = splitTableName(table);
  return `${namespace}:${qualifier}`;
}

/** undefined when the job has printed no counters at all: then nobody knows. */
export function readRecords({ counters }: Pick<JobState, 'counters'>, which: 'input' | 'output'): number | undefined {
  const found = counters[`Map ${which} records`] ?? counters[`MAP_${which.toUpperCase()}_RECORDS`];
  return found ?? (Object.keys(counters).length > 0 ? 0 : undefined);
}
