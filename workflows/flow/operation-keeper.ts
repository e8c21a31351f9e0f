import type { OperationKind } from '../contract/backup/plans.ts';
import type { OperationPhase, OperationStatus, OperationTable } from '../contract/backup/status.ts';
import { toIso } from './status-keeper.ts';

const MOST_NOTICES = 20;

/** The status of one operation beside a migration; every change makes a new object. */
export class OperationKeeper {
  #status: OperationStatus;
  #phaseStartedMs = Date.now();
  readonly #publish: (status: OperationStatus) => void;

  constructor(
    start: { operation: OperationKind; workflowId: string; cluster: string; root: string },
    publish: (status: OperationStatus) => void,
  ) {
    this.#publish = publish;
    const now = toIso(this.#phaseStartedMs);
    this.#status = {
      formatVersion: 1,
      ...start,
      phase: 'planning',
      since: now,
      asOf: now,
      tables: [],
      findings: [],
      notices: [],
      residues: [],
      durationsMs: {},
    };
    this.#publish(this.#status);
  }

  get status(): OperationStatus {
    return this.#status;
  }

  update(change: Partial<OperationStatus>): void {
    this.#status = { ...this.#status, ...change, asOf: toIso(Date.now()) };
    this.#publish(this.#status);
  }

  /** Goes to another phase and adds the time spent in the one before. */
  enter(phase: OperationPhase): void {
    const { phase: before, durationsMs } = this.#status;
    if (before === phase) return;
    const now = Date.now();
    const spentMs = (durationsMs[before] ?? 0) + now - this.#phaseStartedMs;
    this.#phaseStartedMs = now;
    this.update({ phase, since: toIso(now), durationsMs: { ...durationsMs, [before]: spentMs } });
  }

  setTables(tables: readonly { table: string; sizeBytes: number }[]): void {
    const since = toIso(Date.now());
    const waiting = { phase: 'waiting', since, copiedBytes: 0 } as const;
    this.update({ tables: tables.map(({ table, sizeBytes }) => ({ table, sizeBytes, ...waiting })) });
  }

  setTable(table: string, change: Partial<OperationTable>): void {
    const since = toIso(Date.now());
    const tables = this.#status.tables.map((row) => {
      if (row.table !== table) return row;
      const moved = change.phase !== undefined && change.phase !== row.phase;
      return { ...row, ...change, since: moved ? since : row.since };
    });
    this.update({ tables });
  }

  notice(message: string): void {
    const notices = [...this.#status.notices, { at: toIso(Date.now()), message }].slice(-MOST_NOTICES);
    this.update({ notices });
  }
}
