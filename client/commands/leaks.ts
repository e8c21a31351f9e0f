import { commandForLiving } from '../../workflows/contract/living-run.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import type { RunOverview } from '../../workflows/contract/step-data.ts';
import { confirm, isAsked } from '../confirm.ts';
import { requireWorker } from '../connect.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { formatColumns } from '../render/columns.ts';

/** Runs that clusters know of, whether Temporal still knows them or not. */
export const leaksCommand = defineCommand<object>({
  brief: 'List what runs have on the clusters, from their run records, and whether each still goes on',
  examples: ['temporal-hbase leaks', 'temporal-hbase leaks --json'],
  flags: {},
  arguments: [{ placeholder: 'run-id', brief: 'Only this run', optional: true }],
  async run({ flags, arguments: [runId], context, output }) {
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const runs = await client.findLeaks(runId);
    output.document(runs);
    if (runs.length === 0) output.line('no run has left anything on the clusters');
    for (const line of runs.flatMap(formatRun)) output.line(line);
  },
});

function formatRun(overview: RunOverview): string[] {
  const { run, workflow, notes, claims, marks } = overview;
  const where = run.source === run.target ? run.source : `${run.source} → ${run.target}`;
  const rows = [
    ...notes.map(({ side, kind, subject, at }) => [`  ${side}`, kind, subject, at]),
    ...claims.map(({ side, table }) => [`  ${side}`, 'claim', table, '']),
    ...marks.map(({ epoch, decision, at }) => ['  source', `mark ${epoch}`, decision, at]),
  ];
  const name = run.workflowId || 'its record has gone';
  return [`run ${run.runId} (${name}), ${where}, ${workflow}`, ...formatColumns(rows), `  ${toAdvice(overview)}`];
}

function toAdvice(overview: RunOverview): string {
  const clean = `temporal-hbase clean ${overview.run.runId}`;
  if (overview.workflow === 'running') return `running: ${commandForLiving(overview)}`;
  if (overview.workflow === 'ended') return `clean it: ${clean} --dry-run`;
  return `unknown to Temporal; when you know that it has ended: ${clean} --dry-run, then ${clean} --force`;
}

interface CleanFlags {
  dryRun?: boolean;
  dropTargetTables?: boolean;
  force?: boolean;
  yes?: boolean;
}

const flag = (brief: string) => ({ kind: 'boolean', brief, optional: true, withNegated: false }) as const;

export const cleanCommand = defineCommand<CleanFlags>({
  brief: 'Undo a run whose workflow has ended, or complete it when its mark is set',
  examples: ['temporal-hbase clean k3j9d0a2 --dry-run', 'temporal-hbase clean k3j9d0a2'],
  flags: {
    dryRun: flag('Only list what would be done'),
    dropTargetTables: flag('Also drop target tables that the run created'),
    force: flag('Also when Temporal knows no workflow of the run; never while it runs'),
    yes: flag('Do not ask'),
  },
  arguments: [{ placeholder: 'run-id', brief: 'As `leaks` names it' }],
  run: clean,
});

async function clean({ flags, arguments: [runId = ''], context, output }: CommandCall<CleanFlags>): Promise<number> {
  await using connected = await context.connect(flags);
  await requireWorker(connected);
  const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  const input = { runId, dropTargetTables: flags.dropTargetTables === true, force: flags.force === true };
  const isDry = flags.dryRun === true;
  if (!isDry && isAsked(context, { isAgreed: flags.yes === true })) {
    const planned = await client.cleanRun({ ...input, dryRun: true });
    for (const line of formatReport(planned)) output.note(line);
    const question =
      planned.outcome === 'completed' ? `Complete ${planned.workflowId}?` : `Undo ${planned.workflowId}?`;
    if (!(await confirm(context, { question, isAgreed: false }))) {
      output.note('nothing was changed');
      return 1;
    }
  }
  const report = await client.cleanRun({ ...input, dryRun: isDry });
  output.document(report);
  for (const line of formatReport(report)) output.line(line);
  return report.leaks.length === 0 ? 0 : 9;
}

function formatReport({ dryRun, outcome, settled, residues, leaks }: CleanReport): string[] {
  return [
    `${dryRun ? 'would be' : 'was'} ${outcome}`,
    ...settled.map(({ cluster, kind, subject, action }) => `  ${cluster} ${kind} ${subject}: ${action}`),
    ...residues.map(({ cluster, what, command }) => `  kept on ${cluster}: ${what} (${command})`),
    ...leaks.map((leak) => `  still there: ${leak}`),
  ];
}
