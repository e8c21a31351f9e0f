import type { FlagParametersForType } from '@stricli/core';
import { userInfo } from 'node:os';
import { BackupClient } from '../backup-client.ts';
import { requireWorker } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { formatBackup, formatCatalogue } from '../render/catalogue.ts';

export interface PlaceFlags {
  cluster: string;
  root: string;
}

export const PLACE_FLAGS: FlagParametersForType<PlaceFlags, AppContext> = {
  cluster: { kind: 'parsed', parse: String, brief: 'Cluster whose gateway reads the root', placeholder: 'cluster' },
  root: { kind: 'parsed', parse: String, brief: 'Storage root of the clusters file', placeholder: 'root' },
};
const BACKUP_ARGUMENT = { placeholder: 'backup-id', brief: 'As `backup list` shows it' };
/** Something is damaged. */
export const UNSOUND = 16;

export async function withClient<T>(
  { flags, context }: CommandCall<PlaceFlags>,
  work: (client: BackupClient) => Promise<T>,
): Promise<T> {
  await using connected = await context.connect(flags);
  await requireWorker(connected);
  // Awaited here: the connection closes when this returns.
  return await work(new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue }));
}

export const backupListCommand = defineCommand<PlaceFlags & { set?: string }>({
  brief: 'List the backups of a root, oldest first, from the root alone',
  examples: [
    'temporal-hbase backup list --cluster old --root backups',
    'temporal-hbase backup list --cluster old --root backups --set nightly --json',
  ],
  flags: {
    ...PLACE_FLAGS,
    set: { kind: 'parsed', parse: String, brief: 'Only this set', placeholder: 'set', optional: true },
  },
  async run(call) {
    const { cluster, root, set } = call.flags;
    const wanted = { cluster, root, ...(set === undefined ? {} : { set }) };
    const catalogue = await withClient(call, (client) => client.listBackups(wanted));
    call.output.document(catalogue);
    for (const line of formatCatalogue(catalogue)) call.output.line(line);
    return catalogue.damaged.length === 0 ? 0 : UNSOUND;
  },
});

export const backupShowCommand = defineCommand<PlaceFlags>({
  brief: 'Show one backup: its tables, its times, what has happened to it',
  examples: ['temporal-hbase backup show --cluster old --root backups 20261121T071500Z-k3x9'],
  flags: PLACE_FLAGS,
  arguments: [BACKUP_ARGUMENT],
  async run(call) {
    const { cluster, root } = call.flags;
    const backup = call.arguments[0] ?? '';
    const found = await withClient(call, (client) => client.showBackup({ cluster, root, backup }));
    call.output.document(found);
    for (const line of formatBackup(found)) call.output.line(line);
  },
});

export const backupVerifyCommand = defineCommand<PlaceFlags>({
  brief: 'Look at every file of a backup; what is damaged is refused by restores',
  examples: ['temporal-hbase backup verify --cluster old --root backups 20261121T071500Z-k3x9'],
  flags: PLACE_FLAGS,
  arguments: [BACKUP_ARGUMENT],
  async run(call) {
    const { cluster, root } = call.flags;
    const wanted = { cluster, root, backup: call.arguments[0] ?? '', by: userInfo().username };
    const audit = await withClient(call, (client) => client.verifyBackup(wanted));
    call.output.document(audit);
    call.output.line(`${audit.id}: ${audit.files} files, ${audit.damaged.length === 0 ? 'all sound' : 'DAMAGED:'}`);
    for (const what of audit.damaged) call.output.line(`  ${what}`);
    return audit.damaged.length === 0 ? 0 : UNSOUND;
  },
});

export const backupKeepCommand = defineCommand<PlaceFlags & { reason?: string }>({
  brief: 'Keep a backup from expiry, with the reason; without one it may expire again',
  examples: ["temporal-hbase backup keep --cluster old --root backups 20261121T071500Z-k3x9 --reason 'audit of 2026'"],
  flags: {
    ...PLACE_FLAGS,
    reason: { kind: 'parsed', parse: String, brief: 'Why it is kept', placeholder: 'text', optional: true },
  },
  arguments: [BACKUP_ARGUMENT],
  async run(call) {
    const { cluster, root, reason } = call.flags;
    const backup = call.arguments[0] ?? '';
    const wanted = { cluster, root, backup, by: userInfo().username, ...(reason === undefined ? {} : { reason }) };
    call.output.document(await withClient(call, (client) => client.keepBackup(wanted)));
    call.output.line(reason === undefined ? `${backup} may expire again` : `${backup} is kept: ${reason}`);
  },
});
