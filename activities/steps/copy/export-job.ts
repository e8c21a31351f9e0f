import type { ClusterName, SnapshotName } from '../../../workflows/contract/names.ts';
import type { StepName } from '../../../workflows/contract/steps.ts';
import type { CopyInput } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import type { ClusterFacts } from '../../hbase/cluster.ts';
import type { JobSpec } from '../../jobs/jobs.ts';
import { decideChecksum } from './checksum-mode.ts';
import { toSettings } from './roots.ts';

const EXPORT_SNAPSHOT = 'org.apache.hadoop.hbase.snapshot.ExportSnapshot';
/** A copy that is larger gets a process of its own; small ones share a JVM, since a start costs seconds. */
const SHARED_JVM_BYTES = 256 * 1024 * 1024;
export const COPY_LIMIT_MS = 7 * 24 * 3_600_000;

export interface ExportPlace {
  step: StepName;
  /** Whose gateway runs it. */
  cluster: ClusterName;
  /** Where the files really come from and go to. */
  fromRoot: string;
  toRoot: string;
  /** Name of the snapshot where it comes from, when it gets another one. All lines have `-target` (hbase.md §3.3). */
  exported?: SnapshotName;
}

/** The job and how its files are compared. Equal for every attempt of one generation, so that a retry attaches. */
export async function toExportJob(input: CopyInput, place: ExportPlace, world: StepWorld) {
  const { run } = input;
  const [source, target] = await Promise.all(
    [run.source, run.target].map(async (name) => (await world.deps.cluster(name)).readFacts()),
  );
  const here = place.cluster === run.source ? source : target;
  const checksum = decideChecksum({
    hbaseVersion: here?.version ?? '',
    hadoopVersions: [source?.hadoopVersion ?? '', target?.hadoopVersion ?? ''],
    ...place,
  });
  const owner = toOwner({ source, target }, place);
  const runIn = input.totalBytes < SHARED_JVM_BYTES || isYarn(here) ? 'shared' : 'own';
  const job: JobSpec = {
    key: `${run.runId}/${place.step}/${input.snapshot}/${input.generation}`,
    timeLimitMs: COPY_LIMIT_MS,
    kind: 'tool',
    className: EXPORT_SNAPSHOT,
    args: [...toExportArgs(input, place), ...checksum.args, ...owner],
    settings: { ...checksum.settings, ...toJobSettings(input, place, world) },
    runIn,
  };
  return { job, checksum: checksum.checksum };
}

/**
 * `-overwrite` always: a killed driver leaves `.tmp/<name>`, which a plain run takes for one in progress. The name is
 * this run's, so nothing of others can be overwritten, and files that are there already are skipped.
 */
export function toExportArgs(
  { snapshot, mappers, bandwidthMb }: CopyInput,
  { fromRoot, toRoot, exported }: Pick<ExportPlace, 'fromRoot' | 'toRoot' | 'exported'>,
) {
  return [
    '-snapshot',
    ...(exported === undefined ? [snapshot] : [exported, '-target', snapshot]),
    '-copy-from',
    fromRoot,
    '-copy-to',
    toRoot,
    '-overwrite',
    '-mappers',
    String(mappers),
    ...(bandwidthMb > 0 ? ['-bandwidth', String(bandwidthMb)] : []),
  ];
}

function toJobSettings(
  input: CopyInput,
  { cluster, toRoot }: ExportPlace,
  { deps }: StepWorld,
): Record<string, string> {
  const { queue, options } = deps.inventory.clusters.get(cluster)?.mapReduce ?? { options: [] };
  // On object stores a rename is a copy, so the manifest is written at its final place.
  const skipTmp = !/^(hdfs|viewfs|webhdfs|file):/.test(toRoot);
  return {
    'mapreduce.map.speculative': 'false',
    'mapreduce.job.name': `temporal-hbase-${input.run.runId}-${input.snapshot}`,
    ...(queue === undefined ? {} : { 'mapreduce.job.queuename': queue }),
    ...(skipTmp ? { 'snapshot.export.skip.tmp': 'true' } : {}),
    ...toSettings(options),
  };
}

/** Files written as another user cannot be moved or deleted by the target's master (hbase.md §3.3). */
function toOwner(
  facts: { source?: ClusterFacts | undefined; target?: ClusterFacts | undefined },
  { toRoot }: ExportPlace,
) {
  const writer = userOf(facts.source);
  const owner = userOf(facts.target);
  const direct = toRoot === facts.target?.rootDir;
  return direct && owner !== '' && writer !== '' && owner !== writer ? ['-chuser', owner] : [];
}

/** The gateway's user, by its home folder. */
function userOf(facts: ClusterFacts | undefined): string {
  return /\/user\/([A-Za-z0-9_.-]+)\/?$/.exec(facts?.homeDir ?? '')?.[1] ?? '';
}

function isYarn(facts: ClusterFacts | undefined): boolean {
  return facts?.settings['mapreduce.framework.name'] === 'yarn';
}
