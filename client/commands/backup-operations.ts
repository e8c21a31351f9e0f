import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { FlagParametersForType } from '@stricli/core';
import { Failure } from '../../activities/failure.ts';
import { BackupClient, type Operations, type OperationType } from '../backup-client.ts';
import { requireWorker, toUiLink } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { tellPickup } from '../tell-pickup.ts';
import { watchOperation } from '../watch-operation.ts';

export const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

export interface OperationFlags {
  input?: string;
  cluster?: string;
  root?: string;
  set?: string;
  wait?: boolean;
}

export const OPERATION_FLAGS: FlagParametersForType<OperationFlags, AppContext> = {
  input: text('JSON file with the request; flags win', 'file'),
  cluster: text('Cluster of the clusters file', 'cluster'),
  root: text('Storage root of the clusters file', 'root'),
  set: text('Set of backups', 'set'),
  wait: {
    kind: 'boolean',
    brief: 'Follow it to its end; Ctrl-C leaves it running',
    optional: true,
    withNegated: false,
  },
};

type Request = Record<string, unknown>;

export async function start(type: OperationType, call: CommandCall<OperationFlags>, more: Request): Promise<void> {
  await startOperation(type, call, toRequest(call.flags, more));
}

/** What a file says, with flags over it; the worker judges it. */
export function toRequest({ input, cluster, root, set }: OperationFlags, more: Request): Request {
  return { ...(input === undefined ? {} : readJson(input)), ...definedOnly({ cluster, root, set, ...more }) };
}

/** Answers the report when it was followed to its end. */
export async function startOperation(
  type: OperationType,
  { flags, context, output }: CommandCall<OperationFlags>,
  request: Request,
): Promise<unknown> {
  await using connected = await context.connect(flags);
  await requireWorker(connected);
  const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  // What a file or flags say is judged by the worker, all problems at once.
  const input = { by: userInfo().username, ...request } as Operations[OperationType]['input'];
  const { workflowId, runId } = await client.startOperation(type, input);
  const uiLink = toUiLink(connected.target, workflowId);
  output.note(`started ${workflowId}`);
  output.note(`  follow:  temporal-hbase backup follow ${workflowId}`);
  output.note(`  web:     ${uiLink}`);
  await tellPickup({ connected, workflowId, output });
  if (flags.wait === true) {
    const report = await watchOperation({ connected, workflowId, context, output });
    if (report !== undefined) output.document(report);
    return report;
  }
  output.line(workflowId);
  output.document({ workflowId, runId, uiLink });
  return undefined;
}

export const backupNowCommand = defineCommand<OperationFlags & { tables?: string; digests?: boolean }>({
  brief: 'Back tables up into a root, outside of any schedule',
  examples: ["temporal-hbase backup now --cluster old --root backups --tables 'orders,shop:*' --wait"],
  flags: {
    ...OPERATION_FLAGS,
    tables: text('Names and patterns, comma-separated', 'orders,shop:*'),
    digests: { kind: 'boolean', brief: 'Digest the exported files, for drills', optional: true, withNegated: false },
  },
  run: (call) => start('backUpTables', call, { tables: split(call.flags.tables), digests: call.flags.digests }),
});

interface RestoreFlags extends OperationFlags {
  backup?: string;
  tables?: string;
  intoNamespace?: string;
  suffix?: string;
  to?: string;
  overwrite?: boolean;
}

export const backupRestoreCommand = defineCommand<RestoreFlags>({
  brief: 'Bring tables back from a backup, under their own or another name',
  examples: [
    'temporal-hbase backup restore --cluster new --root backups --set nightly --into-namespace restored --wait',
    'temporal-hbase backup restore --cluster old --root backups --backup 20261121T071500Z-k3x9 --tables orders --overwrite',
  ],
  flags: {
    ...OPERATION_FLAGS,
    backup: text('Which one; the newest sound one of the set without', 'backup-id'),
    tables: text('Names and patterns; all of the backup without', 'orders,shop:*'),
    intoNamespace: text('Bring them back in this namespace', 'namespace'),
    suffix: text('Bring them back with this at the end of their names', 'suffix'),
    to: text('As of this instant, with its zone', '2026-11-21T07:15:00Z'),
    overwrite: { kind: 'boolean', brief: 'Replace tables that exist', optional: true, withNegated: false },
  },
  run: (call) => {
    const { backup, tables, intoNamespace, suffix, to, overwrite } = call.flags;
    const as = definedOnly({ namespace: intoNamespace, suffix });
    return start('restoreTables', call, {
      backup,
      tables: split(tables),
      ...(Object.keys(as).length === 0 ? {} : { as }),
      to,
      overwrite,
    });
  },
});

export const backupDrillCommand = defineCommand<OperationFlags & { backup?: string }>({
  brief: 'Prove that a backup can be restored: into a scratch namespace, compared, dropped',
  examples: ['temporal-hbase backup drill --cluster new --root backups --set nightly --wait'],
  flags: { ...OPERATION_FLAGS, backup: text('Which one; the one unproven longest without', 'backup-id') },
  run: (call) => start('testRestore', call, { backup: call.flags.backup }),
});

export const backupFollowCommand = defineCommand<object>({
  brief: 'Follow a backup, restore, drill, expiry, export or import to its end',
  examples: ['temporal-hbase backup follow backup-3f2a9c01'],
  flags: {},
  arguments: [{ placeholder: 'workflow-id', brief: 'As it was printed at the start' }],
  async run({ flags, arguments: [workflowId = ''], context, output }) {
    await using connected = await context.connect(flags);
    const report = await watchOperation({ connected, workflowId, context, output });
    if (report !== undefined) output.document(report);
  },
});

export function split(list: string | undefined): string[] | undefined {
  return list?.split(',').map((part) => part.trim());
}

function readJson(file: string): Request {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Request;
    throw new TypeError('it holds no JSON object');
  } catch (error) {
    throw new Failure('request.invalid', `${file}: ${(error as Error).message}`);
  }
}

export function definedOnly(values: Request): Request {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
