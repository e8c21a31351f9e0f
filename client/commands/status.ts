import { defineCommand } from '../define-command.ts';
import { isAttended } from '../read-unattended.ts';
import { formatUnattended } from '../render/unattended.ts';
import { readAnyView, toDocument, watchMigration } from '../watch-migration.ts';
import { FAILURES } from '../../workflows/contract/failures.ts';
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
    const view = await readAnyView({ connected, workflowId, context });
    if (!isAttended(view)) {
      output.document(view);
      for (const line of formatUnattended(view)) output.line(line);
      return FAILURES['temporal.no-worker'].exit;
    }
    output.document(toDocument(view));
    for (const line of formatStatus(view)) output.line(line);
    return 0;
  },
});
