import type { MigrationPlan } from '../../../workflows/contract/plan.ts';
import type { StepResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { RunRecord } from '../../run-record/run-record.ts';

/** Opens the record on both clusters and claims every table, before the first other write (hazards 30). */
export const claimRun = defineActivity<'claimRun'>({
  name: 'claimRun',
  kind: 'change',
  summary: 'open the run record and claim every table',
  plan: ({ plan }) => ({
    cluster: plan.source.name,
    summary: `claim ${plan.tables.length} tables on ${plan.source.name} and ${plan.target.name}`,
    command: `create, if absent, runs/${plan.runId}/plan.json and claims/<table>.json in the state folder`,
    undo: 'release the claims and remove the record, last of all',
    doneWhen: 'every claim names this run',
  }),
  run: claim,
});

async function claim({ plan }: { plan: MigrationPlan }, { deps, ctx }: StepWorld): Promise<StepResult> {
  const tables = plan.tables.map(({ table }) => table);
  const opened: RunRecord[] = [];
  try {
    for (const { name } of [plan.source, plan.target]) {
      const record = (await deps.runs(name)).open(plan.runId);
      await record.open(plan);
      opened.push(record);
      await record.claimTables(tables);
      ctx.progress({ phase: `claimed on ${name}`, done: tables.length, total: tables.length });
    }
  } catch (error) {
    if (error instanceof Failure && error.code === 'run.claimed') await withdraw(opened);
    throw error;
  }
  return { changed: true, detail: `${tables.length} tables` };
}

/** Nothing else was written yet, so the whole record can go. */
async function withdraw(opened: RunRecord[]): Promise<void> {
  for (const record of opened) await record.close('undone');
}
