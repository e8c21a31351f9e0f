import type { BootstrapStatus, TablePhase, TableStatus } from '../workflows/contract/status.ts';
import type { PendingStep } from './read-pending.ts';

/** The step that a copy is at says its phase; the run itself hears of its child only when it has ended. */
const PHASE_OF_STEP: Readonly<Record<string, TablePhase>> = {
  takeSnapshot: 'snapshot',
  exportSnapshot: 'export',
  transferStaging: 'transfer',
  importSnapshot: 'import',
  restoreTable: 'restore',
};

/** Table rows with the phase and the bytes of the children that copy them now. */
export function joinTables(
  tables: readonly TableStatus[],
  { pending, children }: { pending: readonly PendingStep[]; children: readonly BootstrapStatus[] },
): TableStatus[] {
  return tables.map((row) => {
    const step = pending.find(({ table, step: name }) => table === row.table && Object.hasOwn(PHASE_OF_STEP, name));
    const child = children.find(({ table, generation }) => table === row.table && generation === row.attempts);
    // A child that ended meanwhile is behind the run, which has taken its answer.
    if (step === undefined || !isBeingCopied(row)) return row;
    const phase = PHASE_OF_STEP[step.step] ?? row.phase;
    const isSame = child?.phase === phase;
    return {
      ...row,
      phase,
      since: isSame ? child.since : row.since,
      sizeBytes: Math.max(row.sizeBytes, child?.sizeBytes ?? 0),
      copiedBytes: Math.max(row.copiedBytes, child?.copiedBytes ?? 0, copiedBy(step)),
    };
  });
}

/** The run itself knows no other phase of a table whose child runs. */
function isBeingCopied({ phase }: TableStatus): boolean {
  return phase === 'snapshot';
}

function copiedBy({ progress }: PendingStep): number {
  return progress?.unit === 'bytes' ? (progress.done ?? 0) : 0;
}
