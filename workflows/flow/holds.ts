import { condition, patched } from '@temporalio/workflow';
import { FAILURES } from '../contract/failures.ts';
import type { HoldBoard } from './held-steps.ts';
import { PATCHES } from './patches.ts';
import type { HeldWork, StatusKeeper } from './status-keeper.ts';
import { describePlace, isCancelled, toCause } from './workflow-failure.ts';

/** Of a step that is tried again by itself. */
export const HELD_FIX = 'fix the cause; it is tried again by itself, and at once after resume';
const FIX = 'fix the cause, then send resume';
const FIX_OR_CANCEL = 'fix the cause, then send resume; or cancelMigration, which undoes everything';

/**
 * For what must happen, and cannot be undone any more: a failure is shown, and the work tried again on `resume`.
 * Ends only by success or by cancellation.
 */
export async function untilDone<T>(keeper: StatusKeeper, what: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isCancelled(error)) throw error;
      await untilResumed(keeper, toHeld(what, error, FIX));
    }
  }
}

/**
 * The same before the mark, for one step or what begins by looking: a failure that needs a person holds the run, since
 * an undo would throw away days of copying for an hour without a right. `cancelMigration` undoes.
 */
export async function untilHealed<T>(keeper: StatusKeeper, what: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isCancelled(error) || !patched(PATCHES.holdBeforeMark)) throw error;
      await untilResumed(keeper, toHeld(what, error, FIX_OR_CANCEL));
    }
  }
}

/** The same while nothing of value is made: what whoever started the run has to change ends it. */
export function untilHealedOrRefused<T>(keeper: StatusKeeper, what: string, work: () => Promise<T>): Promise<T> {
  let refusal: unknown;
  const held = untilHealed(keeper, what, () =>
    work().catch((error: unknown) => {
      if (isCancelled(error) || FAILURES[toCause(error).code].actor === 'operator') throw error;
      refusal = error;
      return undefined;
    }),
  );
  return held.then((result) => {
    if (refusal !== undefined) throw refusal;
    return result as T;
  });
}

/** Blockers of a migration for steps that fail again and again. */
export function createHoldBoard(keeper: StatusKeeper): HoldBoard {
  const shown = new Map<object, HeldWork>();
  return {
    show(held) {
      const before = shown.get(held);
      if (before) keeper.heldWork.delete(before);
      const { table, message } = held;
      const work = { ...(table === undefined ? {} : { table }), message, fix: HELD_FIX };
      shown.set(held, work);
      keeper.hold(work);
    },
    clear(held) {
      const work = shown.get(held);
      if (shown.delete(held) && work) keeper.release(work);
    },
    isLifted: ({ table }) => !keeper.isBlockedAt('held', table),
  };
}

async function untilResumed(keeper: StatusKeeper, held: HeldWork): Promise<void> {
  keeper.hold(held);
  try {
    await condition(() => !keeper.isBlockedAt('held'));
  } finally {
    keeper.release(held);
  }
}

function toHeld(what: string, error: unknown, fix: string): HeldWork {
  const cause = toCause(error);
  return { message: `${what}${describePlace(cause)}: ${cause.code}: ${cause.message}`, fix };
}
