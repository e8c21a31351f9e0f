import type { CheckClustersInput } from './contract/runs.ts';
import type { ClusterCheck } from './contract/step-data.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import { checkInput } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** Looks whether the clusters of the worker's clusters file can be reached and used; all of them without input. */
export async function checkClusters(input?: CheckClustersInput): Promise<ClusterCheck[]> {
  const { clusters } = checkInput(input, SMALL_INPUTS.checkClusters);
  const which = clusters === undefined ? {} : { clusters };
  return step('checkClusters', which, { summary: `check ${clusters?.join(', ') ?? 'every cluster'}` }).catch(
    (error: unknown) => {
      throw rethrowable(toCause(error));
    },
  );
}
