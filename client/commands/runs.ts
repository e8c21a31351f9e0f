import { defineCommand } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { requireWorker, toUiLink } from '../connect.ts';
import { formatColumns } from '../render/columns.ts';
import { WORKFLOW_TYPES } from '../../workflows/contract/messages.ts';

/** Runs that clusters know of, whether Temporal still knows them or not. */
export const leaksCommand = defineCommand<object>({
  brief: 'List what runs have left on the clusters, from their run records',
  examples: ['temporal-hbase leaks', 'temporal-hbase leaks --json'],
  flags: {},
  arguments: [{ placeholder: 'run-id', brief: 'Only this run', optional: true }],
  async run({ flags, arguments: [runId], context, output }) {
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const runs = await new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue }).findLeaks(
      runId,
    );
    output.document(runs);
    if (runs.length === 0) output.line('no run has left anything on the clusters');
    for (const { run, notes, claims, marks } of runs) {
      const where = run.source === run.target ? run.source : `${run.source} → ${run.target}`;
      output.line(`run ${run.runId} (${run.workflowId || 'its record has gone'}), ${where}`);
      const rows = [
        ...notes.map(({ side, kind, subject, at }) => [`  ${side}`, kind, subject, at]),
        ...claims.map(({ side, table }) => [`  ${side}`, 'claim', table, '']),
        ...marks.map(({ epoch, decision, at }) => ['  source', `mark ${epoch}`, decision, at]),
      ];
      for (const line of formatColumns(rows)) output.line(line);
      output.line(`  clean it: temporal-hbase clean ${run.runId} --dry-run`);
    }
  },
});

interface CleanFlags {
  dryRun?: boolean;
  dropTargetTables?: boolean;
}

export const cleanCommand = defineCommand<CleanFlags>({
  brief: 'Undo a terminated run, or complete it when its mark is set',
  examples: ['temporal-hbase clean k3j9d0a2 --dry-run', 'temporal-hbase clean k3j9d0a2'],
  flags: {
    dryRun: { kind: 'boolean', brief: 'Only list what would be done', optional: true, withNegated: false },
    dropTargetTables: {
      kind: 'boolean',
      brief: 'Also drop target tables that the run created',
      optional: true,
      withNegated: false,
    },
  },
  arguments: [{ placeholder: 'run-id', brief: 'As `leaks` names it' }],
  async run({ flags, arguments: [runId = ''], context, output }) {
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const result = await client.cleanRun({
      runId,
      dryRun: flags.dryRun === true,
      dropTargetTables: flags.dropTargetTables === true,
    });
    output.document(result);
    output.line(`${flags.dryRun === true ? 'would be' : 'was'} ${result.outcome}`);
    for (const { cluster, kind, subject, action } of result.settled)
      output.line(`  ${cluster} ${kind} ${subject}: ${action}`);
    for (const { cluster, what, command } of result.residues) output.line(`  kept on ${cluster}: ${what} (${command})`);
    for (const leak of result.leaks) output.line(`  still there: ${leak}`);
    return result.leaks.length === 0 ? 0 : 9;
  },
});

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
    for await (const { workflowId, status, startTime, closeTime } of connected.client.workflow.list({ query })) {
      found.push({
        workflowId,
        status: status.name,
        startTime,
        closeTime,
        uiLink: toUiLink(connected.target, workflowId),
      });
    }
    output.document(found);
    const rows = found.map(({ workflowId, status, startTime, uiLink }) => [
      workflowId,
      status,
      startTime.toISOString(),
      uiLink,
    ]);
    for (const line of formatColumns(rows)) output.line(line);
    if (found.length === 0) output.line('no migration yet: temporal-hbase migrate --help');
  },
});
