import type { RunRef } from '../../../workflows/contract/step-data.ts';
import { Failure } from '../../failure.ts';
import type { Mark, RunRecord } from '../../run-record/run-record.ts';

/** What an attempt at the mark is about. */
export interface Epoch {
  run: RunRef;
  epoch: number;
}

/**
 * A fence that comes late (from an attempt Temporal has given up, or after the guard has won) must not be set: nobody
 * would lift it (hazards 4 and 27).
 *
 * @throws Failure `cutover.unfenced-by-guard` or `cutover.past-no-return` when the epoch is decided.
 */
export async function requireUnmarked(record: RunRecord, { run, epoch }: Epoch): Promise<void> {
  const mark = await record.readMark(epoch);
  if (mark) throw toDecided({ run, epoch }, mark);
}

/**
 * Unfencing competes for the mark like the guard does, so that a fence on its way sees it and stays off.
 *
 * @throws Failure `cutover.past-no-return` when the cutover has won.
 */
export async function requireUnfenceMark(record: RunRecord, { run, epoch }: Epoch): Promise<void> {
  const mark = await record.setMark(epoch, 'unfence', run.workflowId);
  if (mark.decision !== 'unfence') throw toDecided({ run, epoch }, mark);
}

/**
 * Past the mark clients write to the target: nothing that was made there may be undone or overwritten, whoever asks for
 * it, and whatever a workflow that was reset remembers.
 *
 * @throws Failure `cutover.past-no-return` when an attempt of the run has cut over.
 */
export async function requireNotCutOver(record: RunRecord, run: RunRef): Promise<void> {
  const mark = (await record.readMarks()).find(({ decision }) => decision === 'cut-over');
  if (mark) throw toDecided({ run, epoch: mark.epoch }, mark);
}

function toDecided({ run, epoch }: Epoch, { decision, by, at }: Mark): Failure {
  const place = { cluster: run.source };
  return decision === 'unfence'
    ? new Failure('cutover.unfenced-by-guard', `Epoch ${epoch} was given back by ${by} at ${at}.`, place)
    : new Failure('cutover.past-no-return', `Epoch ${epoch} was cut over by ${by} at ${at}.`, place);
}
