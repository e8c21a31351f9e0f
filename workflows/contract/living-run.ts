import type { RunOverview } from './step-data.ts';

type Known = Pick<RunOverview, 'run' | 'workflow' | 'plan' | 'marks'>;

/** The command for a run whose workflow still goes on: past the mark there is nothing to cancel. */
export function commandForLiving({ run, plan, marks }: Known): string {
  if (plan === undefined) return `temporal workflow cancel --workflow-id ${run.workflowId}`;
  const isPastMark = marks.some(({ decision }) => decision === 'cut-over');
  return `temporal-hbase ${isPastMark ? 'status' : 'cancel'} ${run.workflowId}`;
}

/** undefined: its workflow has ended, so `clean` may undo or complete it. */
export function whyNotToClean(overview: Known): string | undefined {
  const { run, workflow } = overview;
  if (workflow === 'running')
    return `The workflow ${run.workflowId} of run ${run.runId} is still going: ${commandForLiving(overview)}`;
  if (workflow === 'unknown')
    return (
      `Temporal knows no workflow ${run.workflowId || 'of the run'} in this namespace, so nobody can say whether run ` +
      `${run.runId} has ended. When you know that it has: temporal-hbase clean ${run.runId} --force`
    );
  return undefined;
}
