import type { WatchEvent, WatchRunInput } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { LOOKS, startWatch, type Watch } from './watch-looks.ts';
import { findGone, judgeSight, LOOK_KINDS, type Sight, startSight, toBlind } from './watch-sight.ts';

const POLL_MS = 3_000;
/** After a look that failed. */
const SOON_MS = 5_000;
/** Of a look that has to succeed now. */
const TRIES = 3;
const TRY_AGAIN_MS = 2_000;

/**
 * One heartbeating activity instead of ticking timers: 30 s × 3 days would be 70,000 events (hazard 35). Returns at
 * the first event that is not in `seen`, and at the first of `seen` that is so no more; the workflow decides and watches
 * again. With `once` it looks at everything now, and says all that is new: what cannot be seen is among it.
 */
export const watchRun = defineActivity<'watchRun'>({
  name: 'watchRun',
  kind: 'wait',
  summary: 'watch disk, schemas, peers and unlogged writes',
  run: async (input, world) => {
    const state: Looking = { watch: await startWatch(input, world), input, world, isOver: false };
    const event = input.once === true ? await lookAtAll(state) : await watchOn(state);
    const { heldWals } = state.watch;
    return heldWals === undefined ? event : { heldWals, ...event };
  },
});

interface Looking {
  watch: Watch;
  input: WatchRunInput;
  world: StepWorld;
  isOver: boolean;
}

async function watchOn(state: Looking): Promise<WatchEvent> {
  const nowMs = state.world.ctx.nowMs();
  const sights = LOOK_KINDS.map((kind) => startSight(kind, nowMs));
  const loops = [...sights.map((sight) => keepLooking(state, sight)), watchSights(state, sights)];
  try {
    return await Promise.race(loops);
  } finally {
    state.isOver = true;
  }
}

async function keepLooking(state: Looking, sight: Sight): Promise<WatchEvent> {
  const { everyMs } = LOOKS[sight.kind];
  for (;;) {
    const hasSeen = await tryLook(state, sight);
    const [event] = hasSeen ? findNew(state, sight) : [];
    if (event !== undefined) return event;
    if (sight.kind === 'disk' && hasSeen && !state.isOver) report(state);
    await sleepOn(state, hasSeen ? everyMs : Math.min(everyMs, SOON_MS));
  }
}

/** Also of a look that has not ended. */
async function watchSights(state: Looking, sights: readonly Sight[]): Promise<WatchEvent> {
  for (;;) {
    const blind = sights.flatMap((sight) => judgeSight(sight, state.world.ctx.nowMs()));
    const [event] = listUnseen(state, blind);
    if (event !== undefined) return event;
    await sleepOn(state, POLL_MS);
  }
}

/** Ends the loop of a watch that has said what it had to say; nobody waits for its failure any more. */
async function sleepOn(state: Looking, ms: number): Promise<void> {
  await state.world.ctx.sleep(ms);
  if (state.isOver) throw new Error('the watch is over');
}

async function lookAtAll(state: Looking): Promise<WatchEvent> {
  const found = await Promise.all(LOOK_KINDS.map((kind) => insistOn(state, startSight(kind, state.world.ctx.nowMs()))));
  const unlogged = state.watch.writes?.counts;
  return {
    key: 'looked',
    kind: 'looked',
    message: 'looked at everything',
    events: found.flat(),
    ...(unlogged === undefined ? {} : { unlogged }),
  };
}

async function insistOn(state: Looking, sight: Sight): Promise<WatchEvent[]> {
  for (let tries = 1; ; tries += 1) {
    if (await tryLook(state, sight)) return findNew(state, sight);
    if (tries === TRIES) return listUnseen(state, [toBlind(sight)]);
    await state.world.ctx.sleep(TRY_AGAIN_MS);
  }
}

/** True when it succeeded. What may heal by itself is remembered; anything else ends the watch. */
async function tryLook({ watch, world: { ctx } }: Looking, sight: Sight): Promise<boolean> {
  try {
    sight.events = await LOOKS[sight.kind].look(watch);
    sight.failures = 0;
    sight.seenAtMs = ctx.nowMs();
    return true;
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof Failure) || !error.retryable) throw error;
    sight.failures += 1;
    sight.why = `${error.code}: ${error.message}`;
    return false;
  }
}

function findNew(state: Looking, sight: Sight): WatchEvent[] {
  return [...listUnseen(state, sight.events), ...findGone(sight, state.input.seen)];
}

function listUnseen({ input: { seen } }: Looking, events: readonly WatchEvent[]): WatchEvent[] {
  return events.filter(({ key }) => !seen.includes(key));
}

function report({ watch: { heldWals }, world: { ctx } }: Looking): void {
  ctx.progress({ phase: 'watching', ...(heldWals === undefined ? {} : { heldWals }) });
}
