import { patched } from '@temporalio/workflow';
import type { TableName } from '../contract/names.ts';
import type { PlannedTable } from '../contract/plan.ts';
import type { TouchedVerdicts } from '../contract/proof-window.ts';
import { untilDone } from './holds.ts';
import { PATCHES } from './patches.ts';
import { peerOf, plannedWave, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { isStopped, toCause } from './workflow-failure.ts';

/** The WALs of both clusters since the last proofs, by the numbers of the run's holders. */
export interface WindowState {
  /** The newest holder that stands. */
  standing: number;
  last: number;
  /** By table: the holder from whose WALs on it is to be proven. Set before a compare begins to read. */
  needs: Map<TableName, number>;
  /** What the last window cost. */
  cost?: Pick<TouchedVerdicts, 'walBytes' | 'lookMs'>;
}

/**
 * From before the first compare on, the WALs of both clusters are held: the rows touched since a proof are read from
 * them, by the time of the write. Runs that began without go on with scans by the times of cells.
 */
export async function openFirstWindow(run: Run): Promise<void> {
  if (run.window !== undefined || !patched(PATCHES.proofWindow)) return;
  await untilDone(run.keeper, 'hold the WALs that proofs are renewed from', () => open(run, { next: 1 }));
  run.window = { standing: 1, last: 1, needs: new Map() };
}

export interface NextWindow {
  held: number;
  next: number;
  heldFromMs: number;
}

/** What was written up to here is then in closed WALs of the older holder. */
export async function openNextWindow(run: Run, window: WindowState): Promise<NextWindow> {
  window.last += 1;
  const [held, next] = [heldHolder(run, window), window.last];
  const opened = await open(run, { held, next });
  window.standing = next;
  return { held, next, ...opened };
}

/** The oldest one that a table of the wave still needs. */
export function heldHolder(run: Run, { needs, standing }: WindowState): number {
  const wanted = plannedWave(run).flatMap(({ table }) => needs.get(table) ?? []);
  return Math.min(standing, ...wanted);
}

/** Once every table is proven up to the next window, its holder is enough. */
export async function releaseProven(run: Run, window: WindowState): Promise<void> {
  const keep = heldHolder(run, window);
  if (keep !== window.standing) return;
  try {
    await step('closeProofWindow', { run: run.ref, keep }, { summary: 'let go of the WALs that are proven' });
  } catch (error) {
    if (isStopped(error)) throw error;
    // The next window lets go of it too.
    const { code, message } = toCause(error);
    run.keeper.notice(`WALs that are proven are still held: ${code}: ${message}`);
  }
}

export async function compareTouched(
  run: Run,
  { window, tables }: { window: NextWindow; tables: { table: PlannedTable; sinceMs: number }[] },
): Promise<TouchedVerdicts> {
  const { level, showKeys } = run.plan.request.verify;
  const wave = tables.map(({ table, sinceMs }) => ({ table, sinceMs, peerId: peerOf(run, table.table) }));
  return step(
    'compareTouchedRows',
    { run: run.ref, window, tables: wave, level, showKeys },
    { summary: `compare the rows of ${wave.length} tables touched since the last proof` },
  );
}

function open({ ref }: Run, window: { held?: number; next: number }): Promise<{ heldFromMs: number }> {
  return step('openProofWindow', { run: ref, window }, { summary: 'hold the WALs that the next proof reads' });
}
