import { Client } from '@temporalio/client';
import { expect, expectTypeOf, test } from 'vitest';
import { BackupClient } from '../../client/index.ts';
import type {
  BackupDetails,
  BackupReport,
  CatalogueSummary,
  DrillReport,
  OperationStatus,
  StartedOperation,
} from '../../client/index.ts';

const place = { cluster: 'old', root: 'backups' };

/** Compiled, never called: nothing here reaches a server. */
async function useBackups(backups: BackupClient): Promise<void> {
  const started = await backups.startOperation('backUpTables', { ...place, tables: ['shop:*'] });
  expectTypeOf(started).toEqualTypeOf<StartedOperation<'backUpTables'>>();
  expectTypeOf(await backups.waitForOperation(started)).toEqualTypeOf<BackupReport>();
  expectTypeOf(await backups.waitForOperation(started.workflowId)).toBeUnknown();
  expectTypeOf(await backups.readOperation(started.workflowId)).toEqualTypeOf<OperationStatus>();
  const drill = await backups.startOperation('testRestore', { ...place, set: 'shop' });
  expectTypeOf(await backups.waitForOperation(drill)).toEqualTypeOf<DrillReport>();
  expectTypeOf(await backups.listBackups(place)).toEqualTypeOf<CatalogueSummary>();
  expectTypeOf(await backups.showBackup({ ...place, backup: 'x' })).toEqualTypeOf<BackupDetails>();
  // @ts-expect-error a backup names its tables
  await backups.startOperation('backUpTables', place);
  // @ts-expect-error no such field
  await backups.startOperation('expireBackups', { ...place, keep: { newest: 7 } });
  // @ts-expect-error a migration is started by HBaseClient
  await backups.startOperation('migrateTables', {});
}

test('the client of backups: is public, and its inputs and reports are typed', () => {
  expect(new BackupClient({ client: new Client(), taskQueue: 'hbase' })).toBeInstanceOf(BackupClient);
  expectTypeOf(useBackups).returns.resolves.toBeVoid();
});
