import type { ProofWindow } from '../../../workflows/contract/proof-window.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { closeWals, readWalFolders } from '../replication/close-wals.ts';
import { ensureHolder, waitUntilHeld } from '../replication/hold-wals.ts';
import { keepFirstHeld, mintHolderId, openSides, releaseHolders, type WindowSide } from './window-holders.ts';

/**
 * Begins the next window of proofs on both clusters: from here on every WAL is held. What was written in the window
 * before is then in closed WALs of its holder, which stays until all of it is proven.
 */
export const openProofWindow = defineActivity<'openProofWindow'>({
  name: 'openProofWindow',
  kind: 'change',
  summary: 'hold the WALs that the next proof reads',
  plan: ({ run, window: { next } }) => ({
    cluster: run.source,
    summary: `hold the WALs of ${run.source} and ${run.target}, from which the rows touched since a proof are read`,
    command: `Admin.addReplicationPeer('${mintHolderId(run.runId, next)}', VerifyWALEntriesReplicationEndpoint, enabled: false) on both`,
    undo: 'remove the peer; it has shipped nothing',
    doneWhen: 'every live server of both clusters has its queue, with the WAL that it writes',
  }),
  run: async ({ run, window }, world) => {
    const sides = await openSides(run, world);
    const heldFromMs = await Promise.all(sides.map((side) => openSide(side, { run, window, world })));
    return { heldFromMs: Math.min(...heldFromMs) };
  },
});

interface Opening {
  run: RunRef;
  window: ProofWindow;
  world: StepWorld;
}

async function openSide(side: WindowSide, { run, window, world }: Opening): Promise<number> {
  const { cluster, record } = side;
  const { ctx } = world;
  const { held, next } = window;
  const id = mintHolderId(run.runId, next);
  if (!side.holders.some(({ number }) => number === next)) {
    await closeWindow(side, { held, world });
    // Of a renewal that did not end: what it holds, the oldest holds too.
    await releaseHolders(side, { keep: held === undefined ? [] : [held], world });
    await record.note<NoteValues['wal-holder']>('wal-holder', id, { id, number: next });
  }
  await ensureHolder(cluster, id);
  const heldFromMs = await waitUntilHeld({ cluster, ctx }, id);
  await keepFirstHeld({ cluster, record }, { id, number: next });
  return heldFromMs;
}

/** Rolled before the next holder begins, so that it holds only what is written from now on. */
async function closeWindow(
  { cluster, holders }: WindowSide,
  { held, world: { ctx } }: Pick<Opening, 'world'> & { held: number | undefined },
): Promise<void> {
  const holder = holders.find(({ number }) => number === held)?.id;
  if (holder === undefined) return;
  await closeWals({ cluster, ctx }, { holder, before: await readWalFolders(cluster, holder) });
}
