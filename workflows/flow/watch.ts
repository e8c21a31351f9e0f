import { CancellationScope, condition } from '@temporalio/workflow';
import type { TableName } from '../contract/names.ts';
import type { WatchEvent } from '../contract/step-data.ts';
import { peerIds, plannedWave, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { isCancelled, isStopped, toCause } from './workflow-failure.ts';

/**
 * Watches both clusters beside the work: one heartbeating step that returns when a decision changes, so that days of
 * watching cost a handful of events (hazard 35). What it sees becomes a blocker or a notice.
 */
export class Watch {
  readonly #run: Run;
  #seen: WatchEvent[] = [];
  #scope: CancellationScope | undefined;
  #ended: Promise<void> = Promise.resolve();

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

  #look(): Promise<WatchEvent> {
    const { plan, ref } = this.#run;
    const input = {
      run: ref,
      peerIds: peerIds(this.#run),
      tables: plannedWave(this.#run),
      sinceMs: Date.parse(plan.createdAt),
      seen: this.#seen.map(({ key }) => key),
    };
    return step('watchRun', input, { summary: 'watch disk, schemas, bulk loads, unlogged writes, foreign changes' });
  }

  #take(event: WatchEvent): void {
    this.#seen.push(event);
    if (event.heldWals) this.#run.keeper.update({ heldWals: event.heldWals });
    takeEvent(this.#run, event);
  }

  /** Blind is not clean: without the watch nothing is cut over. */
  async #untilResumed(error: unknown): Promise<void> {
    const { keeper } = this.#run;
    const { code, message } = toCause(error);
    // Unlogged writes of the blind time are seen by nobody.
    this.#run.recompareWhole = true;
    keeper.block({
      code: 'watch',
      message: `the watch stopped: ${code}: ${message}`,
      fix: 'fix the cause, then resume',
    });
    await condition(() => !keeper.isBlockedBy('watch'));
  }
}

function takeEvent(run: Run, { kind, table, message }: WatchEvent): void {
  const { keeper } = run;
  const about = table === undefined ? {} : { table };
  switch (kind) {
    case 'disk-warning':
    case 'peer-lags':
    case 'marker-taken':
      keeper.notice(message);
      return;
    case 'disk-hold':
      keeper.block({
        code: 'disk',
        message,
        fix: 'free space, then resume to copy on, or cancelMigration to let the WALs go',
      });
      return;
    case 'unlogged-writes':
    case 'metrics-unreadable':
      run.recompareWhole = true;
      keeper.notice(`${message}: whole tables are compared again before the cutover`);
      return;
    case 'bulk-load':
      keeper.block({ code: kind, ...about, message, fix: 'retryTable copies it again, or cutOverWithout' });
      return;
    case 'schema-changed':
      keeper.block({ code: kind, ...about, message, fix: 'change it back, then retryTable, or cutOverWithout' });
      return;
    case 'table-dropped':
      keeper.block({ code: kind, ...about, message, fix: 'cutOverWithout, or cancelMigration' });
      return;
    case 'hfile-refs':
      keeper.block({
        code: kind,
        ...about,
        message,
        fix: 'cancelMigration, which removes the peer and with it their queue, and start again',
      });
      return;
    case 'peer-changed':
      keeper.block({ code: kind, ...about, message, fix: 'cancelMigration and start again' });
      return;
  }
}

function ignoreCancellation(error: unknown): void {
  if (!isCancelled(error)) throw error;
}
