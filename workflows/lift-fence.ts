import type { LiftFenceInput } from './contract/runs.ts';
import type { StepResult } from './contract/step-data.ts';
import { checkInput, text } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** Lifts the fence that a finished migration left on its source, so that the old table takes writes again. */
export async function liftFence(input?: LiftFenceInput): Promise<StepResult> {
  const example = { cluster: 'old', table: 'shop:orders' };
  const { cluster, table } = checkInput(input, { cluster: text, table: text }, example);
  return step('liftFence', { cluster, table }, { summary: `lift the fence of ${table} on ${cluster}` }).catch(
    (error: unknown) => {
      throw rethrowable(toCause(error));
    },
  );
}
