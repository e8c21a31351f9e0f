import { inWorkflowContext, log } from '@temporalio/workflow';

interface LoggedRun {
  runId?: string;
  source?: string;
  target?: string;
  cluster?: string;
}

/**
 * One line in the worker's log for what an operator searches it for, never on a replay: `run k3 old -> new: phase
 * cutting-over`.
 */
export function logLine({ runId, source, target, cluster }: LoggedRun, text: string): void {
  // The same code renders a status outside of a workflow.
  if (!inWorkflowContext()) return;
  const where = source === undefined ? (cluster ?? '?') : `${source} -> ${target ?? '?'}`;
  log.info(`run ${runId ?? '?'} ${where}: ${text}`);
}
