import type { Approval, CancelMigration } from '../contract/messages.ts';
import { blockingTables } from './readiness.ts';
import type { StatusKeeper } from './status-keeper.ts';

/** What persons have said and the flow has not yet acted on. Handlers write it, the flow reads and clears it. */
export class Inbox {
  approval: Approval | undefined;
  /** Tables to be tried again, oldest first. */
  readonly retries: string[] = [];
  cancel: CancelMigration | undefined;
  /** Asked for by Temporal's own cancel, so that the run is shown as cancelled. */
  isCancelledFromOutside = false;
  clientsSwitchedBy: string | undefined;
  readonly keeper: StatusKeeper;
  /** Stops the part of the work that may still be undone. Set by the flow. */
  stopWork: () => void = () => undefined;

  constructor(keeper: StatusKeeper) {
    this.keeper = keeper;
  }

  /** The mark stands: from here everything only completes forward. */
  get isPastNoReturn(): boolean {
    return this.keeper.status.cutovers.some(({ outcome }) => outcome === 'cut-over');
  }

  get isFinished(): boolean {
    return ['done', 'cancelled', 'failed', 'undoing'].includes(this.keeper.status.phase);
  }

  reject(by: string, reason: string | undefined): void {
    this.approval = undefined;
    this.keeper.block({
      code: 'rejected',
      message: `rejected by ${by}${reason === undefined ? '' : `: ${reason}`}`,
      fix: 'send resume to allow approvals again, or cancelMigration',
    });
  }

  pause(by: string): void {
    this.keeper.update({ paused: true });
    this.keeper.block({ code: 'paused', message: `paused by ${by}`, fix: 'send resume' });
  }

  /** Lifts whatever waits for a person's "go on". */
  resume(): void {
    this.keeper.update({ paused: false });
    for (const code of RESUMABLE) this.keeper.unblock(code);
  }

  leaveOut(by: string, tables: readonly string[]): void {
    for (const table of tables) {
      this.keeper.setTable(table, { leftOutBy: by });
      this.keeper.unblockTable(table);
    }
    this.keeper.notice(`${by} cuts over without ${tables.join(', ')}`);
  }

  retry(table: string): void {
    this.retries.push(table);
    this.keeper.notice(`${table} will be tried again`);
  }

  /** Cancels what may be undone; the flow undoes it and ends. */
  requestCancel(cancel: CancelMigration): void {
    this.cancel = cancel;
    this.stopWork();
  }

  /** Cancel of the Web UI or of the command line of Temporal; there is nobody to answer, so a refusal is a notice. */
  cancelFromOutside(): void {
    if (this.isPastNoReturn) this.keeper.notice('refused cancel: the mark is set, the migration only goes forward now');
    else if (!this.isFinished) {
      this.isCancelledFromOutside = true;
      this.requestCancel(this.cancel ?? { by: 'Temporal' });
    }
  }

  /** A cancellation that came while the mark was being set has lost. */
  forgetCancel(): void {
    if (this.cancel === undefined) return;
    this.cancel = undefined;
    this.isCancelledFromOutside = false;
    this.keeper.notice('refused cancel: the mark was set first, the migration only goes forward now');
  }

  /** Tables that wait for `retryTable` or `cutOverWithout`. */
  stuckTables(): string[] {
    return blockingTables(this.keeper.status);
  }
}

/** Blockers that `resume` lifts. */
export const RESUMABLE = ['paused', 'rejected', 'disk', 'watch', 'held'];
