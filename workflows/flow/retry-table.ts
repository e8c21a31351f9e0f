import { patched } from '@temporalio/workflow';
import type { PeerId, TableName } from '../contract/names.ts';
import { bootstrap } from './copy-tables.ts';
import { requireNotCutOver } from './marks.ts';
import { PATCHES } from './patches.ts';
import { peerOf, plannedTable, toPeerRef, type Run } from './run.ts';
import { catchUp, disable, enable, isIdle, setTables } from './ship.ts';
import { step } from './step-proxies.ts';
import { quarantine } from './tables.ts';
import { verifyTable } from './verify.ts';
import { endsTheRun, toCause } from './workflow-failure.ts';

/**
 * Another try at one table after the peer has shipped. Edits that were shipped have left the queue, and a restore would
 * wipe them: so the table moves to a peer of its own, born disabled, before its new snapshot (hazard 1).
 */
export async function retryTable(run: Run, table: TableName): Promise<void> {
  const row = run.keeper.getTable(table);
  if (row === undefined || row.leftOutBy !== undefined) return;
  // Nothing was found wrong with the copy, it could only not be compared.
  const mayCompareAgain = row.phase === 'restored' && row.failure !== undefined && !isBlockedByWatch(run, table);
  run.keeper.unblockTable(table);
  try {
    if (!mayCompareAgain) {
      if (patched(PATCHES.marksDecide)) await requireNotCutOver(run);
      await copyAgain(run, table);
    }
    await verifyTable(run, plannedTable(run, table));
  } catch (error) {
    if (endsTheRun(error)) throw error;
    quarantine(run, table, toCause(error));
  }
}

async function copyAgain(run: Run, table: TableName): Promise<void> {
  const { ref, keeper } = run;
  keeper.enter('copying');
  const attempt = (keeper.getTable(table)?.attempts ?? 0) + 1;
  keeper.setTable(table, { phase: 'waiting', verification: undefined, failure: undefined });
  await takeFromPeer(run, table);
  const { peerId, snapshot } = await step(
    'mintRetry',
    { run: ref, table, attempt },
    { summary: `new names for ${table}` },
  );
  await openOwnPeer(run, table, peerId);
  await bootstrap(run, { table, snapshot, again: true });
  keeper.enter('catching-up');
  await enable(run, peerId);
  await catchUp(run, table);
  keeper.enter('verifying');
}

async function takeFromPeer(run: Run, table: TableName): Promise<void> {
  const old = peerOf(run, table);
  await disable(run, old);
  run.peers.get(old)?.tables.delete(table);
  if (isIdle(run, old)) {
    run.peers.delete(old);
    return;
  }
  await setTables(run, old, [table]);
  await enable(run, old);
}

async function openOwnPeer(run: Run, table: TableName, peerId: PeerId): Promise<void> {
  run.peers.set(peerId, { tables: new Set([table]), state: 'held' });
  const peer = toPeerRef(run, peerId);
  await step('addPeer', { run: run.ref, peer }, { summary: `add peer ${peerId} for ${table}, disabled` });
  await step(
    'waitForPeerQueues',
    { run: run.ref, peerId },
    { summary: `until every server keeps WALs for peer ${peerId}` },
  );
}

function isBlockedByWatch({ keeper }: Run, table: TableName): boolean {
  return keeper.status.blockers.some((blocker) => blocker.table === table && blocker.code !== 'verification');
}
