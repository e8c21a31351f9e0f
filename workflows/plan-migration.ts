import { workflowInfo } from '@temporalio/workflow';
import type { PlanReport } from './contract/runs.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** What `migrateTables` would do with the same input, also where a warning that is not accepted refuses it. Writes nothing. */
export async function planMigration(input?: unknown): Promise<PlanReport> {
  const { workflowId } = workflowInfo();
  try {
    const preview = { request: input, workflowId, isPreview: true };
    const plan = await step('planMigration', preview, { summary: 'look at both clusters' });
    const steps = await step(
      'describePlan',
      { plan },
      { summary: `describe the steps for ${plan.tables.length} tables` },
    );
    return { plan, steps };
  } catch (error) {
    throw rethrowable(toCause(error));
  }
}
