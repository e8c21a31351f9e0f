import type { CompareInsideFenceInput } from '../../../workflows/contract/step-data.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { closeWals, readWalFolders } from '../replication/close-wals.ts';
import { WINDOW_OVERLAP_MS } from './compare-touched-rows.ts';
import { compareTouched, type TouchedLook } from './compare-touched.ts';
import { startComparison } from './comparison.ts';
import { inParallel } from './in-parallel.ts';
import { judgeTable } from './judge-table.ts';
import { openSides, type WindowSide } from './window-holders.ts';
import { listWindowWals } from './window-wals.ts';

const TABLES_AT_ONCE = 8;

export type FencedTable = CompareInsideFenceInput['tables'][number];
type FencedWindow = CompareInsideFenceInput & { window: { held: number } };

/**
 * Inside the fence: every row that the WALs since the last proof touch. The drain has rolled the source's; the target's
 * are rolled here, so that what somebody else has written there is synced.
 */
export async function compareFencedRows(input: FencedWindow, world: StepWorld): Promise<VerificationVerdict[]> {
  if (input.tables.length === 0) return [];
  const { run, window, level } = input;
  const opened = await openSides(run, world);
  const sides = await Promise.all(
    opened.map(async (side) => {
      if (side.side === 'target') await closeHeld(side, { window, world });
      return { side, wals: await listWindowWals(side, { window, world }) };
    }),
  );
  const tables = await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, async ({ table, sinceMs }) => ({
    comparison: await startComparison({ run, table, level }, world),
    sinceMs: sinceMs - WINDOW_OVERLAP_MS,
  }));
  const looks = await compareTouched({ ctx: world.ctx, sides, tables });
  return inParallel({ items: looks, limit: TABLES_AT_ONCE }, (look) => judge(input, { look, world }));
}

async function closeHeld(
  { cluster, holders }: WindowSide,
  { window, world: { ctx } }: Pick<FencedWindow, 'window'> & { world: StepWorld },
): Promise<void> {
  const holder = holders.find(({ number }) => number === window.held)?.id;
  if (holder === undefined) return;
  await closeWals({ cluster, ctx }, { holder, before: await readWalFolders(cluster, holder) });
}

async function judge(
  { run, level, showKeys }: FencedWindow,
  { look, world }: { look: TouchedLook; world: StepWorld },
): Promise<VerificationVerdict> {
  const { comparison, outcome } = look;
  if ('error' in outcome) throw toError(outcome.error);
  const method = level === 'rows' ? 'counts' : 'agents';
  return judgeTable({ run, scope: 'window', showKeys, comparison, tally: outcome.tally, method }, world.deps);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Failure('internal', String(error));
}
