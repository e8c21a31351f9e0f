import type { ClusterName, SnapshotName } from '../../../workflows/contract/names.ts';
import type { CopyInput } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';

/** `hbase.rootdir`, as the plan has it: what the clusters file overrules, or what was discovered. */
export async function readRootDir(name: ClusterName, { deps }: StepWorld): Promise<string> {
  const overridden = deps.inventory.clusters.get(name)?.overrides.rootDir;
  return overridden ?? (await (await deps.cluster(name)).readFacts()).rootDir;
}

/**
 * Below a staging root each snapshot has a folder of its own: tables are copied at the same time, and DistCp fails on
 * files that another export moves meanwhile (hbase.md §4.5).
 */
export function toStagingFolder(uri: string, snapshot: SnapshotName): string {
  return `${uri}/${snapshot}`;
}

/** Straight into the target's root, or to a staging folder? */
export async function isDirectCopy({ run, toRoot }: CopyInput, world: StepWorld): Promise<boolean> {
  return toRoot === (await readRootDir(run.target, world));
}

export function toSettings(options: string[]): Record<string, string> {
  return Object.fromEntries(options.map((option) => splitOnce(option.replace(/^-D/, ''))));
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, 'true'] : [text.slice(0, at), text.slice(at + 1)];
}
