import type { Blocker, CutoverAttempt, MigrationReport, MigrationStatus, TableStatus } from '../contract/status.ts';
import { logLine } from './log-line.ts';
import { Keeper, toFirstStatus, toIso } from './keeper.ts';

/** Work that waits until it may be tried again. */
export interface HeldWork {
  readonly table?: string;
  readonly message: string;
  readonly fix: string;
}

/** The status of one migration. */
export class StatusKeeper extends Keeper<MigrationStatus> {
  /** Behind the blocker `held`, which shows the newest of a table, or of none. */
  readonly heldWork = new Set<HeldWork>();

  constructor(
    start: { workflowId: string; source: string; target: string },
    publish: (status: MigrationStatus) => void,
  ) {
    super({ ...toFirstStatus(), ...start, paused: false, canCutOver: false, blockers: [], cutovers: [] }, publish);
  }

  getTable(table: string): TableStatus | undefined {
    return this.status.tables.find((row) => row.table === table);
  }

  /** Says that something waits. A blocker that stands already keeps its start. */
  block({ code, table, ...rest }: Omit<Blocker, 'since'>): void {
    const known = this.#find(code, table);
    if (known?.message !== rest.message) logLine(this.status, `${describe(code, table)}: ${rest.message}`);
    const blocker = {
      code,
      ...(table === undefined ? {} : { table }),
      ...rest,
      since: known?.since ?? toIso(Date.now()),
    };
    this.update({ blockers: [...this.status.blockers.filter((row) => row !== known), blocker] });
  }

  unblock(code: string, table?: string): void {
    const known = this.#find(code, table);
    if (!known) return;
    logLine(this.status, `${describe(code, table)} is lifted`);
    this.update({ blockers: this.status.blockers.filter((row) => row !== known) });
  }

  /** Removes every blocker of one table. */
  unblockTable(table: string): void {
    this.update({ blockers: this.status.blockers.filter((row) => row.table !== table) });
  }

  isBlockedBy(...codes: string[]): boolean {
    return this.status.blockers.some(({ code }) => codes.includes(code));
  }

  isBlockedAt(code: string, table?: string): boolean {
    return this.#find(code, table) !== undefined;
  }

  hold(held: HeldWork): void {
    this.heldWork.add(held);
    this.block({ code: 'held', ...held });
  }

  release(held: HeldWork): void {
    if (!this.heldWork.delete(held)) return;
    const other = [...this.heldWork].findLast(({ table }) => table === held.table);
    if (other === undefined) this.unblock('held', held.table);
    // Lifted already: all that waited goes on.
    else if (this.isBlockedAt('held', held.table)) this.block({ code: 'held', ...other });
  }

  /** The attempt of this epoch is added, or changed. */
  setCutover(epoch: number, change: Partial<CutoverAttempt>): void {
    const { cutovers } = this.status;
    if (change.pausedAt !== undefined) logLine(this.status, `cutover ${epoch}: the source is being fenced`);
    if (change.outcome !== undefined) logLine(this.status, `cutover ${epoch}: ${change.outcome}`);
    if (change.writePauseMs !== undefined) logLine(this.status, `cutover ${epoch}: paused ${change.writePauseMs} ms`);
    const known = cutovers.find((attempt) => attempt.epoch === epoch) ?? { epoch, approvedBy: '', steps: [] };
    const others = cutovers.filter((attempt) => attempt.epoch !== epoch);
    this.update({ cutovers: [...others, { ...known, ...change }] });
  }

  getCutover(epoch: number): CutoverAttempt | undefined {
    return this.status.cutovers.find((attempt) => attempt.epoch === epoch);
  }

  toReport(): MigrationReport {
    const verifiedCells = this.status.tables
      .filter((row) => row.leftOutBy === undefined && row.verification?.result === 'equal')
      .reduce((sum, row) => sum + (row.verification?.cells ?? 0), 0);
    const writePauseMs = this.status.cutovers.flatMap((attempt) => attempt.writePauseMs ?? []);
    return { ...this.status, verifiedCells, writePauseMs };
  }

  #find(code: string, table?: string): Blocker | undefined {
    return this.status.blockers.find((row) => row.code === code && row.table === table);
  }
}

function describe(code: string, table: string | undefined): string {
  return `blocker ${code}${table === undefined ? '' : ` of ${table}`}`;
}
