import type { WindowCost } from '../../../workflows/contract/proof-window.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import { openSides } from './window-holders.ts';

/** Of WALs, until a renewal of this run has read enough to tell: a guess on the slow side, compares included. */
const BYTES_PER_MS = 5_000;
/** A smaller window tells of fixed costs, not of a rate. */
const FEWEST_BYTES = 4_000_000;

/**
 * How long reading and comparing will take inside the fence: what both clusters' holders hold now, by the rate at which
 * the last window was read. Asked after a roll, when a file system knows the length of what was written.
 */
export async function predictWindowMs(
  { run, window }: { run: RunRef; window?: WindowCost },
  world: StepWorld,
): Promise<number> {
  if (window === undefined) return 0;
  const sides = await openSides(run, world);
  const held = await Promise.all(
    sides.map(async ({ cluster, holders }) => {
      const id = holders.find(({ number }) => number === window.held)?.id;
      return id === undefined ? 0 : (await cluster.readPeerQueues(id)).bytes;
    }),
  );
  return toWindowMs(Math.max(...held), window);
}

/** Both clusters are read side by side, each by its own agent. */
export function toWindowMs(bytes: number, { walBytes = 0, lookMs = 0 }: Omit<WindowCost, 'held'>): number {
  const measured = walBytes >= FEWEST_BYTES && lookMs > 0 ? walBytes / 2 / lookMs : BYTES_PER_MS;
  return Math.round(bytes / Math.min(measured, BYTES_PER_MS));
}
