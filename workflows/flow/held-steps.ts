import { ActivityFailure, ApplicationFailure, condition, TimeoutFailure } from '@temporalio/workflow';
import { toIso } from './keeper.ts';
import { describePlace, toCause } from './workflow-failure.ts';

/** A step that used up its attempts, though what stopped it may heal by itself. */
export interface HeldStep {
  readonly summary: string;
  /** The one table it is about. */
  readonly table?: string;
  /** What failed, where, why, and when it is tried again: of the last round. */
  message: string;
}

/** Where a workflow shows what holds it. */
export interface HoldBoard {
  show(held: HeldStep): void;
  /** It went on, or ended otherwise. */
  clear(held: HeldStep): void;
  /** A person asked for another try at once. */
  isLifted(held: HeldStep): boolean;
}

/** Of this workflow. Without one, whoever started the workflow is told, and starts it again. */
let board: HoldBoard | undefined;

export function setHoldBoard(ours: HoldBoard): void {
  board = ours;
}

/** How long a step waits between two rounds of attempts: longer the longer it holds, or histories grow without end. */
export interface HoldPause {
  leastMs: number;
  mostMs: number;
}

const SLOWER_BY = 6;
/** Ten workers that ended one after another in less time were ended by the step itself. */
const DEATHS_MS = 3_600_000;

/** Runs rounds of attempts, each bounded by its retry policy, and shows between them why it holds. */
export async function untilRoundIsGood<T>(
  { summary, table, pause }: { summary: string; table: string | undefined; pause: HoldPause },
  round: () => Promise<T>,
): Promise<T> {
  const held: HeldStep = { summary, ...(table === undefined ? {} : { table }), message: '' };
  const startedMs = Date.now();
  for (;;) {
    const roundMs = Date.now();
    try {
      const result = await round();
      board?.clear(held);
      return result;
    } catch (error) {
      if (board === undefined) throw error;
      if (!isUsedUp(error)) {
        board.clear(held);
        throw error;
      }
      if (isWorkerLost(error) && Date.now() - roundMs > DEATHS_MS) continue;
      const waitMs = Math.min(pause.mostMs, Math.max(pause.leastMs, (Date.now() - startedMs) / SLOWER_BY));
      held.message = toMessage(summary, error, { startedMs, againMs: Date.now() + waitMs });
      await pauseOn(board, { held, waitMs });
    }
  }
}

async function pauseOn(shown: HoldBoard, { held, waitMs }: { held: HeldStep; waitMs: number }): Promise<void> {
  shown.show(held);
  try {
    await condition(() => shown.isLifted(held), Math.round(waitMs), { summary: `next try: ${held.summary}` });
  } catch (error) {
    shown.clear(held);
    throw error;
  }
}

/** The retry policy ended it; what cannot heal, and what was cancelled, ends otherwise. */
function isUsedUp(error: unknown): boolean {
  return error instanceof ActivityFailure && error.retryState === 'MAXIMUM_ATTEMPTS_REACHED';
}

function isWorkerLost(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  // What an attempt fails with that its worker's shutdown stops.
  if (cause instanceof ApplicationFailure) return cause.type === 'CancelledFailure';
  return cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT';
}

function toMessage(summary: string, error: unknown, { startedMs, againMs }: { startedMs: number; againMs: number }) {
  const cause = toCause(error);
  const since = `it fails since ${toIso(startedMs)}`;
  return `${summary}${describePlace(cause)}: ${cause.code}: ${cause.message}; ${since}, next try ${toIso(againMs)}`;
}
