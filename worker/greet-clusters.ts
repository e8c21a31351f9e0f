import type { Logger } from '@temporalio/worker';
import type { StepDeps } from '../activities/deps.ts';
import { Failure } from '../activities/failure.ts';
import { withWorkerScope } from '../activities/hbase/request-scope.ts';
import type { ClusterName } from '../workflows/contract/names.ts';
import { FAILURES } from '../workflows/contract/failures.ts';

interface Greeting {
  deps: Pick<StepDeps, 'inventory' | 'cluster'>;
  logger: Pick<Logger, 'info' | 'warn'>;
  /** A worker that is being stopped closes its connections: nothing to tell. */
  isStopping: () => boolean;
}

/**
 * Connects to every cluster of the clusters file. A worker that takes over inside a fence then has its agents ready when
 * the first step comes, and whoever starts a worker reads at once which cluster does not answer. It fails for none of
 * them: every step connects by itself.
 */
export async function greetClusters({ deps, logger, isStopping }: Greeting): Promise<void> {
  const greet = async (name: ClusterName): Promise<void> => {
    try {
      const { version, liveServers } = await withWorkerScope(async () => (await deps.cluster(name)).readFacts());
      logger.info(`${name}: HBase ${version}, ${liveServers.length} region servers`);
    } catch (error) {
      if (!isStopping()) logger.warn(`${name} does not answer: ${describe(error)}`);
    }
  };
  await Promise.all([...deps.inventory.clusters.keys()].map(greet));
}

function describe(error: unknown): string {
  return error instanceof Failure ? `${error.code}: ${error.message} ${FAILURES[error.code].hint}` : String(error);
}
