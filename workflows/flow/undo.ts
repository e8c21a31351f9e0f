import { CancelledFailure, patched } from '@temporalio/workflow';
import { leaksFailure } from './complete.ts';
import type { Inbox } from './inbox.ts';
import { hasCutOver } from './marks.ts';
import { PATCHES } from './patches.ts';
import type { Run } from './run.ts';
import { auditAndClose, settleAll, uniqueResidues } from './settle.ts';
import { step } from './step-proxies.ts';
import { failWith, isCancelled, rethrowable, toCause } from './workflow-failure.ts';

/**
 * Undoes everything the run has made, from the run record alone, and answers how the workflow ends: cancelled, or
 * failed as it had failed. What could not be undone is listed, and its record stays for `clean`. Undefined: the marks
 * say that an attempt has cut over, so nothing was undone, and the run completes forward.
 */
export async function undo(run: Run, error: unknown): Promise<Error | undefined> {
  const { keeper, inbox, plan } = run;
  try {
    if (patched(PATCHES.marksDecide) && (await hasCutOver(run))) return undefined;
    keeper.update({ blockers: [], canCutOver: false, paused: false });
    noteFailure(inbox, error);
    keeper.enter('undoing');
    const leaks = await undoAll(run);
    return toEnding(inbox, leaks ?? error);
  } catch (undoError) {
    const { code, message } = toCause(undoError);
    const why = `The undo of run ${plan.runId} stopped: ${code}: ${message}`;
    return toEnding(inbox, failWith('run.leaks', why));
  }
}

/** How a migration ends that has nothing more to do, with the report in the details. */
export function toEnding(inbox: Inbox, error: unknown): Error {
  const { keeper } = inbox;
  if (!isCancelled(error) || inbox.cancel === undefined) {
    noteFailure(inbox, error);
    keeper.enter('failed');
    return rethrowable(toCause(error), keeper.toReport());
  }
  keeper.enter('cancelled');
  const message = 'The migration was cancelled; everything it had made was undone.';
  // Temporal shows `Cancelled` only for a cancellation it was asked for itself, and keeps no details of it.
  if (inbox.isCancelledFromOutside) return new CancelledFailure(message, [keeper.toReport()]);
  return failWith('cancelled', message, keeper.toReport());
}

async function undoAll(run: Run): Promise<Error | undefined> {
  const { keeper, inbox, ref } = run;
  if (!run.isClaimed && !run.hasNotes) {
    await step('closeRun', { run: ref, outcome: 'undone' }, { summary: `close the record of run ${ref.runId}` });
    return undefined;
  }
  const dropTargetTables = inbox.cancel?.dropTargetTables ?? false;
  const { residues, failures } = await settleAll(ref, { outcome: 'undone', dropTargetTables });
  const { leaks, foreign, residues: audited } = await auditAndClose(ref, 'undone');
  keeper.update({ residues: uniqueResidues([...audited, ...residues]) });
  for (const what of foreign) keeper.notice(`not ours, untouched: ${what}`);
  return leaks.length > 0 ? leaksFailure(run, leaks, failures) : undefined;
}

function noteFailure({ keeper, cancel }: Inbox, error: unknown): void {
  if (isCancelled(error) && cancel !== undefined) return;
  const { code, message } = toCause(error);
  keeper.update({ failure: { code, message } });
}
