import {
  CancellationScope,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { CHILD_MESSAGES, type CopyHeld } from '../contract/messages.ts';
import type { TableName } from '../contract/names.ts';
import type { HoldBoard } from './held-steps.ts';
import { HELD_FIX } from './holds.ts';
import type { Run } from './run.ts';
import { isCancelled } from './workflow-failure.ts';

const copyHeld = defineSignal<[CopyHeld]>(CHILD_MESSAGES.copyHeld);
const tryNow = defineSignal(CHILD_MESSAGES.tryNow);

/** In the child: what holds is told to the migration, whose blocker it becomes. */
export function createChildBoard(table: TableName, tell: (message: string | undefined) => void): HoldBoard {
  let shown = false;
  let lifted = false;
  setHandler(tryNow, () => {
    lifted = true;
  });
  const say = (message: string | undefined): void => {
    shown = message !== undefined;
    tell(message);
    void tellParent({ table, ...(message === undefined ? {} : { message }) });
  };
  return {
    show: ({ message }) => {
      lifted = false;
      say(message);
    },
    clear: () => {
      if (shown) say(undefined);
    },
    isLifted: () => lifted,
  };
}

/** A parent that has ended needs no word, and a child that was started by hand has none. */
async function tellParent(body: CopyHeld): Promise<void> {
  const { parent } = workflowInfo();
  if (parent === undefined) return;
  await getExternalWorkflowHandle(parent.workflowId, parent.runId)
    .signal(copyHeld, body)
    .catch(() => undefined);
}

/** In the migration, before the first copy. */
export function listenToCopies({ keeper, heldCopies }: Run): void {
  setHandler(copyHeld, ({ table, message }) => {
    if (message === undefined) {
      heldCopies.delete(table);
      keeper.unblock('held', table);
    } else {
      heldCopies.add(table);
      keeper.block({ code: 'held', table, message, fix: HELD_FIX });
    }
  });
}

/** Follows a child to its end; `resume` reaches a step of it that waits for its next try. */
export async function followCopy<T>(run: Run, table: TableName, child: ChildWorkflowHandle<() => Promise<T>>) {
  const resumes = new CancellationScope();
  void resumes.run(() => passResumesOn(run, table, child)).catch(ignoreCancellation);
  try {
    return await child.result();
  } finally {
    resumes.cancel();
    run.heldCopies.delete(table);
    run.keeper.unblock('held', table);
  }
}

async function passResumesOn({ keeper, heldCopies }: Run, table: TableName, child: { signal: SignalChild }) {
  for (;;) {
    await condition(() => heldCopies.has(table) && !keeper.isBlockedAt('held', table));
    heldCopies.delete(table);
    // A child that has just ended hears nothing any more.
    await child.signal(tryNow).catch(() => undefined);
  }
}

type SignalChild = (signal: typeof tryNow) => Promise<void>;

function ignoreCancellation(error: unknown): void {
  if (!isCancelled(error)) throw error;
}
