import type { OperationKind } from '../contract/backup/plans.ts';
import type { OperationStatus } from '../contract/backup/status.ts';
import type { Blocker } from '../contract/status.ts';
import type { HeldStep, HoldBoard } from './held-steps.ts';
import { Keeper, toFirstStatus, toIso } from './keeper.ts';

/** The status of one operation beside a migration. */
export class OperationKeeper extends Keeper<OperationStatus> {
  constructor(
    start: { operation: OperationKind; workflowId: string; cluster: string; root: string; set?: string },
    publish: (status: OperationStatus) => void,
  ) {
    super({ ...toFirstStatus(), ...start }, publish);
  }

  /** Shows steps that fail again and again; nobody can hurry them, since operations take no messages. */
  createHoldBoard(): HoldBoard {
    const since = new Map<HeldStep, string>();
    const publish = (): void => this.update({ blockers: [...since].map(([held, at]) => toBlocker(held, at)) });
    return {
      show: (held) => {
        since.set(held, since.get(held) ?? toIso(Date.now()));
        publish();
      },
      clear: (held) => {
        if (since.delete(held)) publish();
      },
      isLifted: () => false,
    };
  }

  setTables(tables: readonly { table: string; sizeBytes: number }[]): void {
    const since = toIso(Date.now());
    const waiting = { phase: 'waiting', since, copiedBytes: 0 } as const;
    this.update({ tables: tables.map(({ table, sizeBytes }) => ({ table, sizeBytes, ...waiting })) });
  }
}

function toBlocker({ table, message }: HeldStep, since: string): Blocker {
  return { code: 'held', message, since, ...(table === undefined ? {} : { table }), fix: 'fix the cause' };
}
