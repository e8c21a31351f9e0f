import { loadInventory } from '../../activities/inventory/load-inventory.ts';
import { confirm } from '../confirm.ts';
import { countPollers } from '../connect.ts';
import { defineCommand, type CommandCall } from '../define-command.ts';
import { countChanges, formatDifference } from '../render/schedules.ts';
import { adviseOnBackups } from '../schedules/advise.ts';
import { applySchedules, planSchedules, toForeignFailure } from '../schedules/apply-schedules.ts';
import { loadBackupsFile } from '../schedules/backups-file.ts';
import { toDesiredSchedules } from '../schedules/desired-schedules.ts';
import type { ScheduleDifference } from '../schedules/diff-schedules.ts';

interface ApplyFlags {
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
  clusters?: string;
}

const flag = (brief: string) => ({ kind: 'boolean', brief, optional: true, withNegated: false }) as const;

export const applyCommand = defineCommand<ApplyFlags>({
  brief: 'Make the schedules as a backups file says; shows the difference first',
  description:
    'Creates what is missing, updates what differs and leaves the rest alone; a schedule that somebody else made is ' +
    'never changed. Doing it twice changes nothing. Pauses are kept. With --dry-run the exit code is 1 when ' +
    'something would change.',
  examples: [
    'temporal-hbase backup schedule apply backups.yaml --dry-run',
    'temporal-hbase backup schedule apply backups.yaml --clusters clusters.yaml --prune --yes',
  ],
  flags: {
    dryRun: flag('Only show the difference'),
    prune: flag('Delete schedules of this task queue that `apply` made and that are not in the file'),
    yes: flag('Do not ask; nobody is asked without a terminal'),
    clusters: {
      kind: 'parsed',
      parse: String,
      brief: 'Clusters file to look the names up in (TEMPORAL_HBASE_CLUSTERS)',
      placeholder: 'file',
      optional: true,
    },
  },
  arguments: [{ placeholder: 'file', brief: 'The backups file' }],
  run: apply,
});

async function apply({ flags, arguments: [path = ''], context, output }: CommandCall<ApplyFlags>): Promise<number> {
  const clusters = flags.clusters ?? context.env['TEMPORAL_HBASE_CLUSTERS'];
  const inventory = clusters === undefined ? undefined : loadInventory(clusters);
  const file = loadBackupsFile(path, { nowMs: context.nowMs(), inventory });
  const warnings = adviseOnBackups(file, context.nowMs());
  await using connected = await context.connect(flags);
  const { client, target } = connected;
  const taskQueue = file.taskQueue ?? target.taskQueue;
  const difference = await planSchedules(client, {
    desired: toDesiredSchedules(file, { taskQueue }),
    prune: flags.prune === true,
  });
  if (difference.foreign.length > 0) throw toForeignFailure(difference.foreign);
  for (const line of formatDifference(difference)) output.line(line);
  for (const warning of warnings) output.note(`warning: ${warning}`);
  const todo = countChanges(difference);
  const report = (isApplied: boolean) => output.document(toDocument(difference, { warnings, isApplied }));
  if (todo === undefined || flags.dryRun === true) {
    output.line(todo === undefined ? 'nothing to change' : `${todo}; nothing was applied`);
    report(false);
    return todo === undefined ? 0 : 1;
  }
  const isAgreed = await confirm(context, {
    question: `Apply, ${todo}?`,
    isAgreed: flags.yes === true || output.isJson,
  });
  // From here on Ctrl-C ends no change half-way.
  const patience = { onWait: (what: string) => output.note(what), interrupted: context.interrupted };
  const { started } = isAgreed ? await applySchedules(client, { difference, file: path, patience }) : { started: [] };
  output.line(isAgreed ? `applied: ${todo}` : 'nothing was applied');
  for (const workflowId of started) output.line(`started ${workflowId}: temporal-hbase backup follow ${workflowId}`);
  report(isAgreed);
  if ((await countPollers(connected, taskQueue)) === 0) {
    output.note(`warning: no worker polls "${taskQueue}"; runs wait until one does`);
  }
  return isAgreed ? 0 : 1;
}

function toDocument(
  { changes }: ScheduleDifference,
  { warnings, isApplied }: { warnings: string[]; isApplied: boolean },
): object {
  const shown = changes.map((change) => {
    if (change.action !== 'create' && change.action !== 'update') return change;
    const { desired, ...rest } = change;
    return { ...rest, schedule: desired.shape };
  });
  return { applied: isApplied, changes: shown, warnings };
}
