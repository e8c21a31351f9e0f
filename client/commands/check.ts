import { defineCommand } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { requireWorker } from '../connect.ts';
import { formatColumns } from '../render/columns.ts';

/** Connects to every cluster and judges each fact: needs a worker, since keys and clusters file are on its host. */
export const checkCommand = defineCommand<object>({
  brief: 'Connect to every cluster of the clusters file and judge what is found',
  examples: ['temporal-hbase check', 'temporal-hbase check old --json'],
  flags: {},
  arguments: [{ placeholder: 'cluster', brief: 'Only this cluster', optional: true }],
  async run({ flags, arguments: [cluster], context, output }) {
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const checks = await client.checkClusters(cluster === undefined ? undefined : [cluster]);
    output.document(checks);
    const rows = checks.map((check) => [
      check.cluster,
      check.fact,
      check.level,
      check.value,
      check.fix ? `→ ${check.fix}` : '',
    ]);
    for (const line of formatColumns(rows)) output.line(line);
    return checks.some(({ level }) => level === 'FAILED') ? 5 : 0;
  },
});
