import type { FenceNote } from '../../run-record/note-values.ts';
import { callFenceCommand } from '../cutover/fence-application.ts';
import type { TableFence } from '../cutover/fence-one-table.ts';
import { requireUnfenceMark } from '../cutover/marks.ts';
import { giveBack } from '../cutover/unfence-tables.ts';
import type { Finding, Look, Settling } from './settling.ts';

/**
 * Undone: writes come back, unless the mark says cut over. Completed: the source stays fenced, so that a forgotten
 * writer gets no acknowledgement (hazard 9).
 */
export const lookAtFence: Look<FenceNote> = async ({ value }, settling) => {
  if (settling.outcome === 'completed') return lookAtLastingFence(value, settling);
  // Sets the mark as well: a fence that is still on its way then stays off.
  if (!settling.dryRun) await requireUnfenceMark(settling.sourceRecord, { run: settling.run, epoch: value.epoch });
  return value.fence === 'command' ? lookAtCommandFence(value, settling) : lookAtTableFence(value, settling);
};

async function lookAtLastingFence({ table, fence, command }: FenceNote, { cluster }: Settling): Promise<Finding> {
  if (fence === 'command') {
    return { state: 'kept', why: 'its application stays fenced from the source', command: `${command} unfence` };
  }
  const now = await cluster.readTable(table);
  if (!now || (now.enabled && !now.readOnly)) return { state: 'settled' };
  const why = 'it stays fenced, so that a forgotten writer gets no acknowledgement';
  return { state: 'kept', why, command: `temporal-hbase unfence ${cluster.name} ${table}` };
}

async function lookAtTableFence(note: FenceNote, { cluster, world, dryRun }: Settling): Promise<Finding> {
  const { table, readOnlyBefore } = note;
  const now = await cluster.readTable(table);
  if (!now) return { state: 'settled', action: 'the table is gone' };
  const fence: TableFence['fence'] = note.fence === 'disable' ? 'disable' : 'readonly';
  const isOpen = now.readOnly === readOnlyBefore && (fence === 'readonly' || now.enabled);
  if (isOpen && dryRun) return { state: 'settled', action: 'takes writes' };
  // Also when the descriptor says open: its regions may still be reopening, and the proof waits for them.
  const act = () => giveBack({ ctx: world.ctx, cluster, table, fence }, readOnlyBefore);
  return { state: 'there', action: 'give writes back', proven: true, act };
}

/** The command lifts the whole wave at once, and only its exit code tells: the first note does it for all. */
function lookAtCommandFence({ table, epoch, command }: FenceNote, { run, world, notes }: Settling): Finding {
  const action = `${command} unfence`;
  if (notes[0]?.subject !== table) return { state: 'settled', action };
  const tables = notes.map(({ subject }) => ({ table: subject, readOnlyBefore: false }));
  const input = { run, epoch, fence: 'command' as const, tables, ...(command === undefined ? {} : { command }) };
  return { state: 'there', action, proven: true, act: () => callFenceCommand(input, 'unfence', world) };
}
