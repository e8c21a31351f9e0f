import type { TableName } from '../contract/names.ts';
import type { Run } from './run.ts';
import { endsTheRun, toCause, type Cause } from './workflow-failure.ts';

/** Sets one table aside with its reason; the others go on. */
export function quarantine({ keeper }: Run, table: TableName, { code, message, details }: Cause): void {
  const { logTail } = details;
  const failure = { code, message, ...(logTail === undefined ? {} : { logTail }) };
  keeper.setTable(table, { phase: 'quarantined', failure });
  keeper.block({
    code: 'table-quarantined',
    table,
    message: `${code}: ${message}`,
    fix: 'fix the cause, then retryTable, or cutOverWithout, or cancelMigration',
  });
}

/** Runs one table's work; true when it went well. A cancellation is no failure of the table. */
export async function orQuarantine(run: Run, table: TableName, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (endsTheRun(error)) throw error;
    quarantine(run, table, toCause(error));
    return false;
  }
}
