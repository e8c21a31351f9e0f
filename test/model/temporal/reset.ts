import type { CommandWorld } from './commands.ts';
import { carryOut } from './commands.ts';
import type { Execution, PastTask } from './execution.ts';
import type { Command, Job } from './payloads.ts';

/**
 * Takes over what the server keeps at a reset to the task `history[at]`: everything before it, what made that task due,
 * and the messages that came later, which are delivered again. What was pending then is begun again.
 */
export function takeOver(world: CommandWorld, { from, to, at }: { from: Execution; to: Execution; at: number }): void {
  const kept = from.history.slice(0, at);
  to.history.push(...kept);
  to.updatesSent = from.updatesSent;
  const due = from.history[at]?.jobs ?? [];
  for (const command of findPending(kept, due)) carryOut(world, to, command);
  const later = [...from.history.slice(at + 1).flatMap(({ jobs }) => jobs), ...from.pending];
  for (const job of [...due, ...later.filter(isMessage)]) world.push(to, job);
}

/** Index of the task that brought a message of this name; -1 when none did. */
export function findMessage({ history }: Execution, name: string): number {
  return history.findIndex(({ jobs }) =>
    jobs.some(({ signalWorkflow, doUpdate }) => signalWorkflow?.signalName === name || doUpdate?.name === name),
  );
}

function isMessage({ signalWorkflow, doUpdate }: Job): boolean {
  return Boolean(signalWorkflow ?? doUpdate);
}

/** Activities, timers and children that had begun and had not ended. */
function findPending(kept: readonly PastTask[], due: readonly Job[]): Command[] {
  const jobs = [...kept.flatMap((task) => task.jobs), ...due];
  const ended = {
    activities: new Set(jobs.map(({ resolveActivity }) => resolveActivity?.seq)),
    timers: new Set(jobs.map(({ fireTimer }) => fireTimer?.seq)),
    children: new Set(jobs.map(({ resolveChildWorkflowExecution }) => resolveChildWorkflowExecution?.seq)),
  };
  const commands = kept.flatMap(({ scheduled }) => scheduled);
  const cancelled = new Set(commands.map(({ cancelTimer }) => cancelTimer?.seq));
  const open = commands.filter(({ startChildWorkflowExecution: child }) => child && !ended.children.has(child.seq));
  if (open.length > 0) throw new Error('a reset beside an open child is not modelled');
  return commands.filter(
    ({ scheduleActivity, startTimer }) =>
      (scheduleActivity && !ended.activities.has(scheduleActivity.seq)) ||
      (startTimer && !ended.timers.has(startTimer.seq) && !cancelled.has(startTimer.seq)),
  );
}
