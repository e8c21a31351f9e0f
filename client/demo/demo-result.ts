import type { LedgerCheck, WritePause } from '../../sandbox/index.ts';
import type { MigrationPhase, MigrationReport } from '../../workflows/contract/status.ts';
import { formatDuration } from '../render/quantities.ts';
import type { ReportPage } from '../render/html-report.ts';

/** The last line of `demo --json`. Names are read by scripts: never rename one. */
export interface DemoResult {
  ok: boolean;
  acknowledgedWrites: number;
  lostWrites: number;
  resurrectedCells: number;
  /** Last acknowledged write on the source to the first on the target, per table, from the ledgers. */
  writePauseMs: number[];
  tables: string[];
  verifiedCells: number;
  workerKills: number;
  leaks: string[];
  /** By step of the recipe, both waves together. */
  durationsMs: Partial<Record<MigrationPhase | 'sandbox' | 'total', number>>;
}

export interface DemoEvidence {
  reports: MigrationReport[];
  checks: LedgerCheck[];
  pauses: WritePause[];
  /** Of runs that the clusters still know of after the end. */
  leftRuns: string[];
  workerKills: number;
  sandboxMs: number;
  totalMs: number;
}

export function toDemoResult(evidence: DemoEvidence): DemoResult {
  const { reports, checks, pauses, leftRuns, workerKills } = evidence;
  const lostWrites = sum(checks, ({ lost }) => lost.length);
  const resurrectedCells = sum(checks, ({ resurrected }) => resurrected.length);
  const leaks = [...reports.flatMap((report) => report.leaks ?? []), ...leftRuns.map((run) => `run record of ${run}`)];
  const acknowledgedWrites = sum(checks, ({ acknowledged }) => acknowledged);
  const verifiedCells = sum(reports, (report) => report.verifiedCells);
  return {
    ok:
      // Where nothing was written, compared or killed, nothing is proven.
      acknowledgedWrites > 0 &&
      verifiedCells > 0 &&
      workerKills > 0 &&
      lostWrites === 0 &&
      resurrectedCells === 0 &&
      leaks.length === 0 &&
      reports.every(({ phase }) => phase === 'done'),
    acknowledgedWrites,
    lostWrites,
    resurrectedCells,
    writePauseMs: pauses.map(({ pauseMs }) => pauseMs),
    tables: reports.flatMap((report) => report.tables.map(({ table }) => table)),
    verifiedCells,
    workerKills,
    leaks,
    durationsMs: { sandbox: evidence.sandboxMs, ...addDurations(reports), total: evidence.totalMs },
  };
}

export function formatDemoResult(result: DemoResult): string[] {
  const pauses = result.writePauseMs.map((pauseMs) => formatDuration(pauseMs)).join(', ');
  return [
    '',
    result.ok ? 'Nothing was lost and nothing was left behind.' : 'SOMETHING WENT WRONG:',
    `  acknowledged writes  ${result.acknowledgedWrites}`,
    `  lost writes          ${result.lostWrites}`,
    `  resurrected cells    ${result.resurrectedCells}`,
    `  verified cells       ${result.verifiedCells}`,
    `  writes paused for    ${pauses} (as the writers saw it, per table)`,
    `  worker kills         ${result.workerKills}`,
    `  left behind          ${result.leaks.length === 0 ? 'nothing' : result.leaks.join('; ')}`,
    `  took                 ${formatDuration(result.durationsMs.total ?? 0)}`,
  ];
}

export function toReportPage(result: DemoResult, reports: MigrationReport[]): ReportPage {
  return {
    title: 'temporal-hbase demo',
    figures: [
      { label: 'acknowledged writes', value: String(result.acknowledgedWrites), good: true },
      { label: 'lost writes', value: String(result.lostWrites), good: result.lostWrites === 0 },
      { label: 'longest write pause', value: formatDuration(Math.max(0, ...result.writePauseMs)), good: true },
      { label: 'cells verified', value: String(result.verifiedCells), good: result.verifiedCells > 0 },
      { label: 'worker kills survived', value: String(result.workerKills), good: true },
      { label: 'left behind', value: String(result.leaks.length), good: result.leaks.length === 0 },
    ],
    reports,
  };
}

function addDurations(reports: MigrationReport[]): Partial<Record<MigrationPhase, number>> {
  const total: Partial<Record<MigrationPhase, number>> = {};
  for (const { durationsMs } of reports) {
    for (const [phase, durationMs] of Object.entries(durationsMs) as [MigrationPhase, number][]) {
      total[phase] = (total[phase] ?? 0) + durationMs;
    }
  }
  return total;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
