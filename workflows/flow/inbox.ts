import type { Approval, CancelMigration, Resume } from '../contract/messages.ts';
import type { Blocker } from '../contract/status.ts';
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
      fix: 'send resume with {"code": "rejected"} to allow approvals again, or cancelMigration',
    });
  }

  pause(by: string): void {
    this.keeper.update({ paused: true });
    this.keeper.block({ code: 'paused', message: `paused by ${by}`, fix: 'send resume' });
  }

  /** What this `resume` would lift. */
  liftedBy({ code }: Resume): Blocker[] {
    const wanted = code === undefined ? RESUMABLE.filter((one) => one !== BY_NAME_ONLY) : [code];
    return this.#resumable().filter((blocker) => wanted.includes(blocker.code));
  }

  /** Lifts it, and answers what it was and what still stands. */
  resume(resume: Resume): string {
    const lifted = this.liftedBy(resume);
    for (const { code, table } of lifted) this.keeper.unblock(code, table);
    if (lifted.some(({ code }) => code === 'paused')) this.keeper.update({ paused: false });
    const left = this.#resumable();
    const still = left.length === 0 ? '' : `; still waiting: ${describe(left)}`;
    return `lifted ${describe(lifted)}${still}`;
  }

  #resumable(): Blocker[] {
    return this.keeper.status.blockers.filter(({ code }) => RESUMABLE.includes(code));
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
export const RESUMABLE = ['paused', 'rejected', 'approval-expired', 'disk', 'watch', 'held'];
/** Somebody's "no" to the cutover: a `resume` that was meant for something else must not take it back. */
const BY_NAME_ONLY = 'rejected';

function describe(blockers: readonly Blocker[]): string {
  return blockers.map(({ code, message }) => `${code} (${message})`).join(', ');
}
