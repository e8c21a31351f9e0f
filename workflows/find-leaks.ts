import type { FindLeaksInput } from './contract/runs.ts';
import type { RunOverview } from './contract/step-data.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import { checkInput } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** Every run that has a record on a cluster, with what it noted and whether its workflow goes on. */
export async function findLeaks(input?: FindLeaksInput): Promise<RunOverview[]> {
  const { runId } = checkInput(input, SMALL_INPUTS.findLeaks);
  const which = runId === undefined ? {} : { runId };
  return step('listRuns', which, { summary: `records of ${runId ?? 'every run'}` }).catch((error: unknown) => {
    throw rethrowable(toCause(error));
  });
}
