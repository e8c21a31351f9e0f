import type {
  Blocker,
  CutoverAttempt,
  MigrationPhase,
  MigrationReport,
  MigrationStatus,
  TableStatus,
} from '../contract/status.ts';

const MOST_NOTICES = 20;

/**
 * The status of one migration: what the query answers and the Web UI shows. Every change makes a new object, so a
 * snapshot that somebody holds never changes under him.
 */
export class StatusKeeper {
  #status: MigrationStatus;
  #phaseStartedMs = Date.now();
  readonly #publish: (status: MigrationStatus) => void;

  /** `publish` is called with each new status. */
  constructor(
    start: { workflowId: string; source: string; target: string },
    publish: (status: MigrationStatus) => void,
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
      paused: false,
      canCutOver: false,
      blockers: [],
      cutovers: [],
      notices: [],
      residues: [],
      durationsMs: {},
    };
    this.#publish(this.#status);
  }

  get status(): MigrationStatus {
    return this.#status;
  }

  update(change: Partial<MigrationStatus>): void {
    this.#status = { ...this.#status, ...change, asOf: toIso(Date.now()) };
    this.#publish(this.#status);
  }

  /** Goes to another phase and adds the time spent in the one before. */
  enter(phase: MigrationPhase): void {
    const { phase: before, durationsMs } = this.#status;
    if (before === phase) return;
    const now = Date.now();
    const spentMs = (durationsMs[before] ?? 0) + now - this.#phaseStartedMs;
    this.#phaseStartedMs = now;
    this.update({ phase, since: toIso(now), durationsMs: { ...durationsMs, [before]: spentMs } });
  }

  getTable(table: string): TableStatus | undefined {
    return this.#status.tables.find((row) => row.table === table);
  }

  setTable(table: string, change: Partial<TableStatus>): void {
    const since = toIso(Date.now());
    const tables = this.#status.tables.map((row) => {
      if (row.table !== table) return row;
      const moved = change.phase !== undefined && change.phase !== row.phase;
      return { ...row, ...change, since: moved ? since : row.since };
    });
    this.update({ tables });
  }

  /** Says that something waits. A blocker that stands already keeps its start. */
  block({ code, table, ...rest }: Omit<Blocker, 'since'>): void {
    const known = this.#find(code, table);
    const blocker = {
      code,
      ...(table === undefined ? {} : { table }),
      ...rest,
      since: known?.since ?? toIso(Date.now()),
    };
    this.update({ blockers: [...this.#status.blockers.filter((row) => row !== known), blocker] });
  }

  unblock(code: string, table?: string): void {
    const known = this.#find(code, table);
    if (known) this.update({ blockers: this.#status.blockers.filter((row) => row !== known) });
  }

  /** Removes every blocker of one table. */
  unblockTable(table: string): void {
    this.update({ blockers: this.#status.blockers.filter((row) => row.table !== table) });
  }

  isBlockedBy(...codes: string[]): boolean {
    return this.#status.blockers.some(({ code }) => codes.includes(code));
  }

  /** Something a person must be able to see afterwards. */
  notice(message: string): void {
    const notices = [...this.#status.notices, { at: toIso(Date.now()), message }].slice(-MOST_NOTICES);
    this.update({ notices });
  }

  /** The attempt of this epoch is added, or changed. */
  setCutover(epoch: number, change: Partial<CutoverAttempt>): void {
    const { cutovers } = this.#status;
    const known = cutovers.find((attempt) => attempt.epoch === epoch) ?? { epoch, approvedBy: '', steps: [] };
    const others = cutovers.filter((attempt) => attempt.epoch !== epoch);
    this.update({ cutovers: [...others, { ...known, ...change }] });
  }

  getCutover(epoch: number): CutoverAttempt | undefined {
    return this.#status.cutovers.find((attempt) => attempt.epoch === epoch);
  }

  toReport(): MigrationReport {
    const verifiedCells = this.#status.tables
      .filter((row) => row.leftOutBy === undefined && row.verification?.result === 'equal')
      .reduce((sum, row) => sum + (row.verification?.cells ?? 0), 0);
    const writePauseMs = this.#status.cutovers.flatMap((attempt) => attempt.writePauseMs ?? []);
    return { ...this.#status, verifiedCells, writePauseMs };
  }

  #find(code: string, table?: string): Blocker | undefined {
    return this.#status.blockers.find((row) => row.code === code && row.table === table);
  }
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
