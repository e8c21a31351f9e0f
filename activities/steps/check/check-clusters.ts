import type { ClusterName } from '../../../workflows/contract/names.ts';
import { FAILURES } from '../../../workflows/contract/failures.ts';
import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { readSide } from '../plan/read-facts.ts';
import { judgeCluster } from './judge-cluster.ts';
import { judgeSurvival } from './judge-survival.ts';

/** One line per fact of each cluster; a cluster that does not answer is a line too, so that the others are seen. */
export const checkClusters = defineActivity<'checkClusters'>({
  name: 'checkClusters',
  kind: 'change',
  summary: 'look at every cluster',
  run: async ({ clusters }, world) => {
    const names = clusters?.length ? clusters : [...world.deps.inventory.clusters.keys()];
    requireKnown(names, world);
    return (await Promise.all(names.map((name) => checkOne(name, world)))).flat();
  },
});

function requireKnown(names: ClusterName[], { deps: { inventory } }: StepWorld): void {
  const unknown = names.filter((name) => !inventory.clusters.has(name));
  if (unknown.length === 0) return;
  const known = [...inventory.clusters.keys()].join(', ');
  throw new Failure('cluster.unknown', `${unknown.join(', ')} is not in ${inventory.file}; known clusters: ${known}.`);
}

async function checkOne(name: ClusterName, world: StepWorld): Promise<ClusterCheck[]> {
  try {
    const side = await readSide(name, world);
    return [...judgeCluster(side), await checkStateFolder(name, world), ...(await checkSurvival(name, world))];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { host } = error.place;
    return [{ ...toFailedLine(name, error), ...(host === undefined ? {} : { host }) }];
  }
}

async function checkStateFolder(name: ClusterName, { deps }: StepWorld): Promise<ClusterCheck> {
  const cluster = await deps.cluster(name);
  const { homeDir } = await cluster.readFacts();
  const folder = deps.inventory.clusters.get(name)?.stateDir ?? `${homeDir}/.temporal-hbase`;
  try {
    await cluster.files.probeWrite(folder);
    return { cluster: name, fact: 'run records', value: `${folder} can be written`, level: 'OK' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fix = `Make ${folder} writable for the gateway's user, or set "stateDir" in the clusters file.`;
    return { cluster: name, fact: 'run records', value: error.message, level: 'FAILED', fix };
  }
}

/** The fence guard must go on when the worker's connection is gone: that is when it is needed. */
async function checkSurvival(name: ClusterName, { deps }: StepWorld): Promise<ClusterCheck[]> {
  const hosts = (await deps.readSurvival?.(name)) ?? [];
  return hosts.map((one) => judgeSurvival(name, one));
}

function toFailedLine(cluster: ClusterName, { code, message }: Failure): ClusterCheck {
  return { cluster, fact: 'connection', value: `${code}: ${message}`, level: 'FAILED', fix: FAILURES[code].hint };
}
