import { defineCommand } from '../define-command.ts';
import { readView, toDocument, watchMigration } from '../watch-migration.ts';
import { formatStatus } from '../render/migration-status.ts';

export const statusCommand = defineCommand<{ watch?: boolean }>({
  brief: 'Say where a migration is, what it waits for, and since when',
  examples: ['temporal-hbase status migrate-dc-exit-1', 'temporal-hbase status migrate-dc-exit-1 --watch'],
  flags: {
    watch: { kind: 'boolean', brief: 'Follow it until it ends', optional: true, withNegated: false },
  },
  arguments: [{ placeholder: 'workflow-id', brief: 'As `migrate` printed it' }],
  async run({ flags, arguments: [workflowId = ''], context, output }) {
    await using connected = await context.connect(flags);
    if (flags.watch === true) return await watchMigration({ connected, workflowId, context, output });
    const view = await readView({ connected, workflowId, context });
    output.document(toDocument(view));
    for (const line of formatStatus(view)) output.line(line);
    return 0;
  },
});
