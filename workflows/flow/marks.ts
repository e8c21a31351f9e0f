import type { RunMarks } from '../contract/step-data.ts';
import { toFenceInput } from './cutover-attempt.ts';
import type { Run } from './run.ts';
import { step } from './step-proxies.ts';
import { failWith } from './workflow-failure.ts';

/**
 * The marks decide, never memory: a reset rebuilds the workflow without its cutover, and the file on HDFS stays. An
 * attempt that is still open is decided here, so a guard, or a late step of the run before the reset, loses.
 * True: an attempt has cut over, and the run knows of it now.
 */
export async function hasCutOver(run: Run): Promise<boolean> {
  const { epoch } = await decide(run);
  return epoch !== undefined;
}

/**
 * The same before a new attempt, which must never take the number of one that was: its mark would decide this one too.
 * What a forgotten attempt has fenced is opened and its guard ended, or it would open what the new one fences.
 */
export async function hasCutOverBefore(run: Run): Promise<boolean> {
  const { epoch: decided, found } = await decide(run);
  if (decided !== undefined) return true;
  for (const epoch of found.guarded) {
    await step('unfenceTables', toFenceInput(run, epoch), { summary: `give back what attempt ${epoch} has fenced` });
    await step('stopFenceGuard', { run: run.ref, epoch }, { summary: `stop the fence guard of attempt ${epoch}` });
  }
  run.epoch = Math.max(run.epoch, ...found.guarded, ...found.marks.map(({ epoch }) => epoch));
  return false;
}

/**
 * Before a copy is made again over what clients may write to.
 *
 * @throws ApplicationFailure `cutover.past-no-return`, which ends the work that may be undone.
 */
export async function requireNotCutOver(run: Run): Promise<void> {
  if (await hasCutOver(run)) throw failWith('cutover.past-no-return', 'An attempt had set its mark.');
}

async function decide(run: Run): Promise<{ found: RunMarks; epoch?: number }> {
  const { ref } = run;
  const found = await step('readMarks', { run: ref }, { summary: `what the marks of run ${ref.runId} say` });
  const decided = found.marks.find(({ decision }) => decision === 'cut-over')?.epoch ?? (await decideOpen(run, found));
  if (decided === undefined) {
    run.hasNotes ||= !found.isEmpty;
    return { found };
  }
  adopt(run, found, decided);
  return { found, epoch: decided };
}

/** The attempt that turned out to have cut over. */
async function decideOpen({ ref }: Run, { marks, guarded }: RunMarks): Promise<number | undefined> {
  const marked = new Set(marks.map(({ epoch }) => epoch));
  for (const epoch of guarded.filter((one) => !marked.has(one))) {
    const mark = { run: ref, epoch, decision: 'unfence', by: 'workflow' } as const;
    const { decision } = await step('setMark', mark, { summary: `set the mark of attempt ${epoch}: unfence` });
    if (decision === 'cut-over') return epoch;
  }
  return undefined;
}

/** The run as it stood at its mark: the record knows better than a memory that was reset. */
function adopt(run: Run, { marks, fenced, peerIds }: RunMarks, epoch: number): void {
  const { keeper, peers } = run;
  run.epoch = epoch;
  run.isSettling = peerIds.length === 0;
  for (const id of peers.keys()) if (!peerIds.includes(id)) peers.delete(id);
  for (const id of peerIds) if (!peers.has(id)) peers.set(id, { tables: new Set(), state: 'shipping' });
  const left = keeper.status.tables.filter(({ table }) => fenced.length > 0 && !fenced.includes(table));
  for (const { table, leftOutBy } of left) keeper.setTable(table, { leftOutBy: leftOutBy ?? 'an earlier decision' });
  keeper.update({ blockers: [], canCutOver: false, paused: false });
  keeper.setCutover(epoch, { outcome: 'cut-over' });
  keeper.enter('cutting-over');
  const at = marks.find((mark) => mark.epoch === epoch)?.at;
  keeper.notice(`attempt ${epoch} had set its mark${at === undefined ? '' : ` at ${at}`}: this run only goes forward`);
}
