import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type { TableName } from '../contract/names.ts';
import type { WatchEvent } from '../contract/step-data.ts';
import { PATCHES } from './patches.ts';
import { peerIds, plannedWave, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { takeEvent, takeEventBack, type SeenEvent } from './watch-events.ts';
import { isCancelled, isStopped, toCause } from './workflow-failure.ts';

/**
 * Watches both clusters beside the work: one heartbeating step that returns when a decision changes, so that days of
 * watching cost a handful of events (hazard 35). What it sees becomes a blocker or a notice.
 */
export class Watch {
  readonly #run: Run;
  #seen: SeenEvent[] = [];
  /** By server, at the last look at everything. */
  #unlogged: Record<string, number> | undefined;
  /** From here they count, since whole tables were proven after it. */
  #unloggedFrom: Record<string, number> | undefined;
  #scope: CancellationScope | undefined;
  #ended: Promise<void> = Promise.resolve();
  /** Asked once: a run keeps to what it began with. */
  readonly #looksBeforeGates = patched(PATCHES.fullLook);

  constructor(run: Run) {
    this.#run = run;
  }

  start(): void {
    this.#run.keeper.unblock('watch');
    this.#scope = new CancellationScope();
    this.#ended = this.#scope.run(() => this.#watch());
  }

  /**
   * Again with the peers and tables of now, after either changed. What stood against a table that was copied again
   * counts again if it still holds; a bulk load stays in the WALs and is in the new copy.
   */
  async restart(copiedAgain?: TableName): Promise<void> {
    await this.stop();
    this.#seen = this.#seen.filter(
      ({ table, kind }) => table === undefined || table !== copiedAgain || kind === 'bulk-load',
    );
    this.start();
  }

  async stop(): Promise<void> {
    this.#scope?.cancel();
    await this.#ended;
  }

  async #watch(): Promise<void> {
    for (;;) {
      try {
        this.#take(await this.#look());
      } catch (error) {
        if (isStopped(error)) return;
        await this.#untilResumed(error).catch(ignoreCancellation);
        if (this.#scope?.consideredCancelled) return;
      }
    }
  }

  #look(how: { once?: true } = {}): Promise<WatchEvent> {
    const { plan, ref } = this.#run;
    const input = {
      run: ref,
      peerIds: peerIds(this.#run),
      tables: plannedWave(this.#run),
      sinceMs: Date.parse(plan.createdAt),
      seen: this.#seen.map(({ key }) => key),
      ...(this.#unloggedFrom === undefined ? {} : { unloggedFrom: this.#unloggedFrom }),
      ...how,
    };
    const verb = how.once ? 'look once more at' : 'watch';
    return step('watchRun', input, {
      summary: `${verb} disk, schemas, bulk loads, unlogged writes, foreign changes`,
    });
  }

  /**
   * Looks at everything now. What the watch of its own time has not told yet counts from here on, and what could not be
   * seen as well: a gate opens, and a fence is set, only after a look that succeeded.
   */
  async lookNow(): Promise<void> {
    if (!this.#looksBeforeGates) return;
    const before = this.#seen;
    try {
      this.#take(await this.#look({ once: true }));
    } catch (error) {
      if (isCancelled(error)) throw error;
      this.#blockAsStopped(error);
    }
    // The watch beside goes by what is standing now, or it would not tell when that is over.
    if (this.#seen !== before) await this.restart();
  }

  /**
   * Whole tables were proven after the last look: unlogged writes count from that look on, so that one of them, perhaps to
   * another table, does not cost a whole compare at each approval.
   */
  async forgetUnlogged(): Promise<void> {
    if (this.#unlogged === undefined) {
      this.#run.recompareWhole = true;
      return;
    }
    this.#unloggedFrom = this.#unlogged;
    this.#seen = this.#seen.filter(({ kind }) => kind !== 'unlogged-writes');
    await this.restart();
  }

  #take(event: WatchEvent): void {
    const { keeper } = this.#run;
    this.#unlogged = event.unlogged ?? this.#unlogged;
    if (event.heldWals) keeper.update({ heldWals: event.heldWals });
    for (const one of event.events ?? [event]) {
      if (one.gone === true) this.#takeBack(one.key);
      else if (!this.#seen.some(({ key }) => key === one.key)) this.#raise(one);
    }
  }

  #raise(event: WatchEvent): void {
    this.#seen = [...this.#seen, { ...event, atMs: Date.now() }];
    takeEvent(this.#run, event, this.#standingLike(event));
  }

  /** Several of a kind stand under one blocker: it goes with the last of them. */
  #takeBack(gone: string): void {
    const known = this.#seen.find(({ key }) => key === gone);
    if (known === undefined) return;
    this.#seen = this.#seen.filter((event) => event !== known);
    takeEventBack(this.#run, known, this.#standingLike(known));
  }

  #standingLike(event: WatchEvent): SeenEvent[] {
    return this.#seen.filter(({ kind, table }) => kind === event.kind && table === event.table);
  }

  /** Blind is not clean: without the watch nothing is cut over. */
  async #untilResumed(error: unknown): Promise<void> {
    this.#blockAsStopped(error);
    await condition(() => !this.#run.keeper.isBlockedBy('watch'));
  }

  #blockAsStopped(error: unknown): void {
    const { keeper } = this.#run;
    const { code, message } = toCause(error);
    // Unlogged writes of the blind time are seen by nobody.
    this.#run.recompareWhole = true;
    keeper.block({
      code: 'watch',
      message: `the watch stopped: ${code}: ${message}`,
      fix: 'fix the cause, then resume',
    });
  }
}

function ignoreCancellation(error: unknown): void {
  if (!isCancelled(error)) throw error;
}
