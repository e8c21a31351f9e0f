import type { FlagParametersForType } from '@stricli/core';
import type { ExpiryReport } from '../../workflows/contract/backup/step-data.ts';
import { BackupClient, type Operations } from '../backup-client.ts';
import { requireWorker } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { formatExpiry } from '../render/expiry.ts';
import { definedOnly, OPERATION_FLAGS, type OperationFlags, startOperation, toRequest } from './backup-operations.ts';

interface KeepFlags {
  keepLast?: number;
  keepDaily?: number;
  keepWeekly?: number;
  keepMonthly?: number;
  keepYearly?: number;
  keepWithin?: string;
  timezone?: string;
}

type ExpireFlags = OperationFlags & KeepFlags & { dryRun?: boolean };

const count = (brief: string) =>
  ({ kind: 'parsed', parse: parseCount, brief, placeholder: 'count', optional: true }) as const;
const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

const KEEP_FLAGS: FlagParametersForType<KeepFlags, AppContext> = {
  keepLast: count('The newest so many'),
  keepDaily: count('The newest of each of so many days'),
  keepWeekly: count('The newest of each of so many ISO weeks'),
  keepMonthly: count('The newest of each of so many months'),
  keepYearly: count('The newest of each of so many years'),
  keepWithin: text('Everything younger, such as 30d', 'duration'),
  timezone: text('Where days and weeks are counted, such as Europe/Berlin; UTC without', 'zone'),
};

/** Something in the root stops any deletion. */
const UNSAFE = 16;

export const backupExpireCommand = defineCommand<ExpireFlags>({
  brief: 'Delete backups that no rule keeps, and the files that nobody needs any more',
  description:
    'A backup stays when any rule keeps it. The last complete and the last proven one of a set, and whatever somebody ' +
    'keeps, always stay. Look with --dry-run first.',
  examples: [
    'temporal-hbase backup expire --cluster old --root backups --keep-last 7 --keep-daily 14 --dry-run',
    'temporal-hbase backup expire --cluster old --root backups --set nightly --keep-last 7 --keep-monthly 12 --wait',
  ],
  flags: {
    ...OPERATION_FLAGS,
    ...KEEP_FLAGS,
    dryRun: { kind: 'boolean', brief: 'Only say what would go', optional: true, withNegated: false },
  },
  async run(call) {
    const request = toRequest(call.flags, { keep: toKeep(call.flags), dryRun: call.flags.dryRun });
    if (request['dryRun'] === true) return preview(call, request);
    const report = await startOperation('expireBackups', call, request);
    if (report !== undefined) print(call, report as ExpiryReport);
    return 0;
  },
});

async function preview(call: CommandCall<ExpireFlags>, request: object): Promise<number> {
  await using connected = await call.context.connect(call.flags);
  await requireWorker(connected);
  const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  const report = await client.previewExpiry(request as Operations['expireBackups']['input']);
  call.output.document(report);
  print(call, report);
  return report.stops.length === 0 ? 0 : UNSAFE;
}

function print({ output }: CommandCall<ExpireFlags>, report: ExpiryReport): void {
  for (const line of formatExpiry(report)) output.line(line);
}

/** undefined without any rule, so that those of the input file hold. */
function toKeep(flags: KeepFlags): object | undefined {
  const { keepLast, keepDaily, keepWeekly, keepMonthly, keepYearly, keepWithin, timezone } = flags;
  const keep = definedOnly({
    last: keepLast,
    daily: keepDaily,
    weekly: keepWeekly,
    monthly: keepMonthly,
    yearly: keepYearly,
    within: keepWithin,
    timezone,
  });
  return Object.keys(keep).length === 0 ? undefined : keep;
}

/** Stricli shows the message beside the flag. */
function parseCount(given: string): number {
  if (!/^\d{1,5}$/.test(given)) throw new SyntaxError(`${given} is no whole number`);
  return Number(given);
}
