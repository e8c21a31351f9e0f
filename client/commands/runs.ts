import { defineCommand } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { requireWorker, toUiLink } from '../connect.ts';
import { formatColumns } from '../render/columns.ts';
import { isLastKnown, LAST_KNOWN } from '../../workflows/contract/last-known.ts';
import { WORKFLOW_TYPES } from '../../workflows/contract/messages.ts';

export const unfenceCommand = defineCommand<object>({
  brief: 'Lift the fence that a finished migration left on a source table',
  examples: ['temporal-hbase unfence old orders'],
  flags: {},
  arguments: [
    { placeholder: 'cluster', brief: 'Where the table is' },
    { placeholder: 'table', brief: 'The fenced table' },
  ],
  async run({ flags, arguments: [cluster = '', table = ''], context, output }) {
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    output.document(await client.liftFence({ cluster, table }));
    output.line(`${table} on ${cluster} takes writes again`);
  },
});

export const listCommand = defineCommand<object>({
  brief: 'List migrations, newest first',
  examples: ['temporal-hbase list', 'temporal-hbase list --json'],
  flags: {},
  async run({ flags, context, output }) {
    await using connected = await context.connect(flags);
    const query = `WorkflowType = '${WORKFLOW_TYPES.migrateTables}'`;
    const found = [];
    for await (const { workflowId, status, startTime, closeTime, memo } of connected.client.workflow.list({ query })) {
      found.push({
        workflowId,
        status: status.name,
        startTime,
        closeTime,
        ...toKnown(memo?.[LAST_KNOWN]),
        uiLink: toUiLink(connected.target, workflowId),
      });
    }
    output.document(found);
    const rows = found.map(({ workflowId, status, startTime, uiLink, phase = '', waitsFor = [] }) => [
      workflowId,
      status,
      startTime.toISOString(),
      [phase, ...waitsFor].join(' '),
      uiLink,
    ]);
    for (const line of formatColumns(rows)) output.line(line);
    if (found.length === 0) output.line('no migration yet: temporal-hbase migrate --help');
  },
});

/** From its memo, so that a listing needs neither a worker nor a query for each. */
function toKnown(memo: unknown): { phase?: string; waitsFor?: string[] } {
  if (!isLastKnown(memo)) return {};
  return { phase: memo.phase, waitsFor: [...new Set(memo.waitsFor.map(({ code }) => code))] };
}
