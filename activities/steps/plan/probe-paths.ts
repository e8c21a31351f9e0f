import type { ClusterName } from '../../../workflows/contract/names.ts';
import type { MigrationRequest } from '../../../workflows/contract/plan.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { FailedProbe } from './preflight/facts.ts';

export interface ProbeInput {
  request: MigrationRequest;
  targetRoot: string;
  stagingRoot?: string;
}

interface Probe {
  cluster: ClusterName;
  what: string;
  folder: string;
}

/** Writes, renames and deletes a probe file wherever a copy goes, as the user that copies (hbase.md §9: 35). */
export async function probePaths(input: ProbeInput, world: StepWorld): Promise<FailedProbe[]> {
  const outcomes = await Promise.all(toProbes(input).map((probe) => runProbe(probe, world)));
  return outcomes.filter((outcome) => outcome !== undefined);
}

function toProbes({ request: { source, target }, targetRoot, stagingRoot }: ProbeInput): Probe[] {
  // The folder in which an export writes its manifest first; HBase ignores other files there.
  const intoRoot = { what: "the target's root", folder: `${targetRoot}/.hbase-snapshot/.tmp` };
  if (stagingRoot === undefined) return [{ cluster: source, ...intoRoot }];
  return [
    { cluster: source, what: 'the staging root', folder: stagingRoot },
    { cluster: target, ...intoRoot },
  ];
}

async function runProbe({ cluster, what, folder }: Probe, { deps }: StepWorld): Promise<FailedProbe | undefined> {
  try {
    await (await deps.cluster(cluster)).files.probeWrite(folder);
    return undefined;
  } catch (error) {
    // A file system that refuses is a finding, with all the others; a broken connection is not.
    if (!(error instanceof Failure) || error.code.startsWith('ssh.')) throw error;
    return { cluster, what, folder, message: error.message };
  }
}
