import type { BackupAudit, BackupId } from '../../../workflows/contract/backup/record.ts';
import type { CheckBackupInput } from '../../../workflows/contract/backup/step-data.ts';
import { chooseBackup } from '../../catalogue/choose-backup.ts';
import type { RootCatalogue } from '../../catalogue/create-catalogue.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openCatalogue } from './open-catalogue.ts';
import { auditBackup } from './verify-backup.ts';

/** So many files are named in a failure. */
const NAMED_FILES = 20;

/** Under the run's lease, so that what is seen here is still there when it is copied. */
export const checkBackup = defineActivity<'checkBackup'>({
  name: 'checkBackup',
  kind: 'job',
  summary: 'look at every file that is to be restored',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: `checking ${input.backupId}` }, (alive) =>
      check(input, alive),
    ),
});

async function check({ run, root, backupId, tables }: CheckBackupInput, world: StepWorld): Promise<BackupAudit> {
  const { deps } = world;
  const [cluster, catalogue] = await Promise.all([
    deps.cluster(run.source),
    openCatalogue(deps, { cluster: run.source, rootUri: root.uri }),
  ]);
  await catalogue.leases.requireHeld(run.runId, 'export');
  const { state } = await catalogue.readOne(backupId);
  const record = { ...state.record, tables: state.record.tables.filter(({ table }) => tables.includes(table)) };
  const audit = await auditBackup({ record, root: { rootUri: root.uri, catalogue }, cluster }, world);
  if (audit.damaged.length === 0) return audit;
  const at = new Date(deps.nowMs()).toISOString();
  const event = { kind: 'audit', at, by: run.workflowId, workflowId: run.workflowId, damaged: audit.damaged } as const;
  await catalogue.appendEvent(backupId, event);
  const offer = await offerSound(catalogue, { backupId, tables });
  const problems = audit.damaged.slice(0, NAMED_FILES).map((message) => ({ field: backupId, message }));
  const message = `Backup ${backupId} is damaged: ${audit.damaged[0]}, ${audit.damaged.length} in all. ${offer}`;
  throw new Failure('backup.damaged', message, {}, { problems });
}

/** Which backup of the same set can be had instead of a damaged one, in words. */
export async function offerSound(
  catalogue: RootCatalogue,
  { backupId, tables }: { backupId: BackupId; tables: string[] },
): Promise<string> {
  const { backups, damaged } = await catalogue.readAll();
  const set = backups.find(({ record }) => record.id === backupId)?.record.set;
  const others = backups.filter(({ record }) => record.id !== backupId);
  const answer = chooseBackup({ backups: others, damaged }, { tables, ...(set === undefined ? {} : { set }) });
  return 'chosen' in answer
    ? `The newest sound one with these tables is ${answer.chosen.record.id}.`
    : `No other one of set ${set ?? ''} is sound and has these tables.`;
}
