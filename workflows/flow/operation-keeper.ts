import type { OperationKind } from '../contract/backup/plans.ts';
import type { OperationStatus } from '../contract/backup/status.ts';
import { Keeper, toFirstStatus, toIso } from './keeper.ts';

/** The status of one operation beside a migration. */
export class OperationKeeper extends Keeper<OperationStatus> {
  constructor(
    start: { operation: OperationKind; workflowId: string; cluster: string; root: string; set?: string },
    publish: (status: OperationStatus) => void,
  ) {
    super({ ...toFirstStatus(), ...start }, publish);
  }

  setTables(tables: readonly { table: string; sizeBytes: number }[]): void {
    const since = toIso(Date.now());
    const waiting = { phase: 'waiting', since, copiedBytes: 0 } as const;
    this.update({ tables: tables.map(({ table, sizeBytes }) => ({ table, sizeBytes, ...waiting })) });
  }
}
