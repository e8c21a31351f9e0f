import type { LiftFenceInput } from './contract/runs.ts';
import type { StepResult } from './contract/step-data.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import { checkInput } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** Lifts the fence that a finished migration left on its source, so that the old table takes writes again. */
export async function liftFence(input?: LiftFenceInput): Promise<StepResult> {
  const { cluster, table } = checkInput(input, SMALL_INPUTS.liftFence);
  return step('liftFence', { cluster, table }, { summary: `lift the fence of ${table} on ${cluster}` }).catch(
    (error: unknown) => {
      throw rethrowable(toCause(error));
    },
  );
}
