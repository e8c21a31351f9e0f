import { defineCommand, type CommandCall } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { requireWorker, toUiLink } from '../connect.ts';
import { tellPickup } from '../tell-pickup.ts';
import { watchMigration } from '../watch-migration.ts';
import { REQUEST_FLAGS, readRequest, type RequestFlags } from './request-flags.ts';

interface MigrateFlags extends RequestFlags {
  wait?: boolean;
}

export const migrateCommand = defineCommand<MigrateFlags>({
  brief: 'Start an online migration of a wave of tables, and return at once',
  examples: [
    "temporal-hbase migrate --source old --target new --tables 'orders,shop:*' --name dc-exit-1",
    'temporal-hbase migrate --input wave-1.json --wait',
  ],
  flags: {
    ...REQUEST_FLAGS,
    wait: {
      kind: 'boolean',
      brief: 'Follow it to its end; Ctrl-C leaves it running',
      optional: true,
      withNegated: false,
    },
  },
  run: startMigration,
});

async function startMigration({ flags, context, output }: CommandCall<MigrateFlags>): Promise<number | void> {
  const request = readRequest(flags);
  await using connected = await context.connect(flags);
  await requireWorker(connected);
  const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  const { workflowId, runId } = await client.startMigration(request);
  const uiLink = toUiLink(connected.target, workflowId);
  output.note(`started ${workflowId}`);
  output.note(`  follow:  temporal-hbase status ${workflowId} --watch`);
  output.note(`  web:     ${uiLink}`);
  await tellPickup({ connected, workflowId, output });
  if (flags.wait === true) return await watchMigration({ connected, workflowId, context, output });
  output.line(workflowId);
  output.document({ workflowId, runId, uiLink });
}
