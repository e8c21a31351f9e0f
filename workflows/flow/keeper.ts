import { logLine } from './log-line.ts';

const MOST_NOTICES = 20;

/** What the status of a migration and that of every other run have in common. */
interface KeptStatus {
  phase: string;
  since: string;
  asOf: string;
  tables: { table: string; phase: string; since: string }[];
  notices: { at: string; message: string }[];
  durationsMs: Partial<Record<string, number>>;
  runId?: string;
  source?: string;
  target?: string;
  cluster?: string;
}

/** What a status begins with. */
export function toFirstStatus() {
  const now = toIso(Date.now());
  return {
    formatVersion: 1 as const,
    phase: 'planning' as const,
    since: now,
    asOf: now,
    tables: [],
    findings: [],
    notices: [],
    residues: [],
    durationsMs: {},
  };
}

/**
 * The status of one run: what the query answers and the Web UI shows. Every change makes a new object, so a snapshot
 * that somebody holds never changes under him.
 */
export class Keeper<S extends KeptStatus> {
  #status: S;
  #phaseStartedMs = Date.now();
  readonly #publish: (status: S) => void;

  /** `publish` is called with each new status. */
  constructor(first: S, publish: (status: S) => void) {
    this.#publish = publish;
    this.#status = first;
    this.#publish(this.#status);
  }

  get status(): S {
    return this.#status;
  }

  update(change: Partial<S>): void {
    this.#status = { ...this.#status, ...change, asOf: toIso(Date.now()) };
    this.#publish(this.#status);
  }

  /** Goes to another phase and adds the time spent in the one before. */
  enter(phase: S['phase']): void {
    const { phase: before, durationsMs } = this.#status;
    if (before === phase) return;
    logLine(this.#status, `phase ${phase}`);
    const now = Date.now();
    const spentMs = (durationsMs[before] ?? 0) + now - this.#phaseStartedMs;
    this.#phaseStartedMs = now;
    this.#change({ phase, since: toIso(now), durationsMs: { ...durationsMs, [before]: spentMs } });
  }

  setTable(table: string, change: Partial<S['tables'][number]>): void {
    const since = toIso(Date.now());
    const tables = this.#status.tables.map((row) => {
      if (row.table !== table) return row;
      const moved = change.phase !== undefined && change.phase !== row.phase;
      return { ...row, ...change, since: moved ? since : row.since };
    });
    this.#change({ tables });
  }

  /** Something a person must be able to see afterwards. */
  notice(message: string): void {
    logLine(this.#status, message);
    const notices = [...this.#status.notices, { at: toIso(Date.now()), message }].slice(-MOST_NOTICES);
    this.#change({ notices });
  }

  /** These fields are of the same types in every status; the compiler cannot see that of a type that it does not know. */
  #change(change: Partial<KeptStatus>): void {
    this.update(change as Partial<S>);
  }
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
