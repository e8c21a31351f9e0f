import type { MigrationPlan } from '../../../workflows/contract/plan.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepDeps } from '../../deps.ts';
import { Failure } from '../../failure.ts';

/** The plan as the run record on the source holds it. */
export async function readPlan({ runId, source }: RunRef, deps: StepDeps): Promise<MigrationPlan> {
  const summaries = await (await deps.runs(source)).list();
  const plan = summaries.find((summary) => summary.runId === runId)?.plan;
  if (plan) return plan;
  throw new Failure('run.unknown', `Run ${runId} has no readable plan on ${source}.`, { cluster: source });
}
