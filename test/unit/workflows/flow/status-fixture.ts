import { Inbox } from '../../../../workflows/flow/inbox.ts';
import { StatusKeeper } from '../../../../workflows/flow/status-keeper.ts';
import type { MigrationStatus, TableStatus, VerificationVerdict } from '../../../../workflows/contract/status.ts';

export function verdict(table: string, change: Partial<VerificationVerdict> = {}): VerificationVerdict {
  return {
    table,
    result: 'equal',
    method: 'agents',
    scope: 'table',
    startedAt: '2026-11-20T10:00:00.000Z',
    finishedAt: '2026-11-20T10:01:00.000Z',
    provenUntilMs: Date.parse('2026-11-20T10:00:30.000Z'),
    rowsSource: 5,
    rowsTarget: 5,
    cells: 120,
    recomparedRows: 0,
    differentRows: 0,
    digest: 'd',
    ...change,
  };
}

export function tableStatus(table: string, change: Partial<TableStatus> = {}): TableStatus {
  return {
    table,
    phase: 'waiting',
    since: '2026-11-20T10:00:00.000Z',
    sizeBytes: 1_234_000,
    copiedBytes: 0,
    attempts: 0,
    ...change,
  };
}

export function status(change: Partial<MigrationStatus> = {}): MigrationStatus {
  const keeper = new StatusKeeper({ workflowId: 'w', source: 'old', target: 'new' }, () => undefined);
  return { ...keeper.status, since: '2026-11-20T10:00:00.000Z', asOf: '2026-11-20T10:02:03.000Z', ...change };
}

/** An inbox whose gate is open for two proven tables. */
export function inboxAtGate(change: Partial<MigrationStatus> = {}): Inbox {
  const keeper = new StatusKeeper({ workflowId: 'w', source: 'old', target: 'new' }, () => undefined);
  const tables = ['shop:a', 'shop:b'].map((table) =>
    tableStatus(table, { phase: 'verified', verification: verdict(table) }),
  );
  keeper.update({ phase: 'awaiting-approval', tables, canCutOver: true, evidenceDigest: 'e1', ...change });
  return new Inbox(keeper);
}
