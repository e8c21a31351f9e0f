import { userInfo } from 'node:os';
import type { Command } from '@stricli/core';
import type { AppContext } from '../context.ts';
import { Failure } from '../../activities/failure.ts';
import type { MigrationStatus } from '../../workflows/contract/status.ts';
import { confirm, isAsked } from '../confirm.ts';
import { defineCommand, type CommandCall, type CommandDefinition } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { formatEvidence } from '../render/migration-status.ts';
import { splitList } from './request-flags.ts';

interface MessageFlags {
  by?: string;
}

const BY = {
  kind: 'parsed',
  parse: String,
  brief: 'Who says so; the user of this shell by default',
  placeholder: 'name',
  optional: true,
} as const;
const WORKFLOW_ID = { placeholder: 'workflow-id', brief: 'As `migrate` printed it' };

interface Message<Flags> extends Pick<CommandDefinition<Flags>, 'brief' | 'examples' | 'flags' | 'arguments'> {
  send(client: HBaseClient, message: Sending<Flags>): Promise<string>;
}

type Call = Pick<CommandCall<object>, 'context' | 'output'>;

interface Sending<Flags> {
  workflowId: string;
  by: string;
  flags: Flags;
  rest: string[];
  call: Call;
}

/** A command that sends one update to a running migration and prints its answer. */
function defineMessage<Flags extends object>({ send, ...docs }: Message<Flags>): Command<AppContext> {
  return defineCommand<Flags & MessageFlags>({
    ...docs,
    flags: { ...docs.flags, by: BY } as CommandDefinition<Flags & MessageFlags>['flags'],
    arguments: [WORKFLOW_ID, ...(docs.arguments ?? [])],
    async run({ flags, arguments: [workflowId = '', ...rest], context, output }) {
      await using connected = await context.connect(flags);
      const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
      const answer = await send(client, {
        workflowId,
        by: flags.by ?? userInfo().username,
        flags,
        rest,
        call: { context, output },
      });
      output.document({ workflowId, answer });
      output.line(answer);
      return answer === NOT_APPROVED ? 1 : 0;
    },
  });
}

const NOT_APPROVED = 'not approved';

/** Who gives no digest has not said what he looked at: a person is shown it and asked, a script is refused. */
async function askForDigest({ context, output }: Call, status: MigrationStatus): Promise<string | undefined> {
  const { workflowId, phase, evidenceDigest, canCutOver, blockers } = status;
  if (evidenceDigest === undefined || !canCutOver) {
    const why = blockers.map(({ code, message }) => `${code}: ${message}`).join('; ');
    throw new Failure('message.refused', `too early: ${workflowId} is ${phase}${why === '' ? '' : `, ${why}`}`);
  }
  if (!isAsked(context, { isAgreed: false })) {
    const command = `temporal-hbase approve ${workflowId} --digest ${evidenceDigest}`;
    throw new Failure(
      'message.refused',
      `a script says what it approves, by the digest of what was looked at: ${command}`,
    );
  }
  for (const line of formatEvidence(status)) output.note(line);
  const isAgreed = await confirm(context, { question: 'Cut over?', isAgreed: false });
  return isAgreed ? evidenceDigest : undefined;
}

export const approveCommand = defineMessage<{ digest?: string }>({
  brief: 'Approve the cutover of what `status` shows',
  examples: ['temporal-hbase approve migrate-dc-exit-1 --digest 3f2a…'],
  flags: {
    digest: {
      kind: 'parsed',
      parse: String,
      brief: 'Evidence digest of `status`: what you looked at',
      placeholder: 'sha256',
      optional: true,
    },
  },
  async send(client, { workflowId, by, flags, call }) {
    const digest = flags.digest ?? (await askForDigest(call, await client.readStatus(workflowId)));
    return digest === undefined ? NOT_APPROVED : client.approveCutover(workflowId, { by, digest });
  },
});

export const rejectCommand = defineMessage<{ reason?: string }>({
  brief: 'Reject the cutover; `resume --what rejected` opens the gate again',
  examples: ['temporal-hbase reject migrate-dc-exit-1 --reason "not before the release"'],
  flags: { reason: { kind: 'parsed', parse: String, brief: 'Why', placeholder: 'text', optional: true } },
  send: (client, { workflowId, by, flags }) =>
    client.rejectCutover(workflowId, { by, ...(flags.reason === undefined ? {} : { reason: flags.reason }) }),
});

export const pauseCommand = defineMessage({
  brief: 'Start no further step; what runs goes on',
  examples: ['temporal-hbase pause migrate-dc-exit-1'],
  flags: {},
  send: (client, { workflowId, by }) => client.pause(workflowId, by),
});

export const resumeCommand = defineMessage<{ what?: string }>({
  brief: 'Go on after a pause, a disk hold or a failure that was fixed; after a rejection with `--what rejected`',
  examples: ['temporal-hbase resume migrate-dc-exit-1', 'temporal-hbase resume migrate-dc-exit-1 --what rejected'],
  flags: {
    what: {
      kind: 'parsed',
      parse: String,
      brief: 'Code of the one blocker to lift; all but `rejected` by default',
      placeholder: 'code',
      optional: true,
    },
  },
  send: (client, { workflowId, by, flags: { what } }) =>
    client.resume(workflowId, { by, ...(what === undefined ? {} : { code: what }) }),
});

export const retryCommand = defineMessage({
  brief: 'Copy a quarantined or different table again',
  examples: ['temporal-hbase retry migrate-dc-exit-1 shop:items'],
  flags: {},
  arguments: [{ placeholder: 'table', brief: 'The table as `status` names it' }],
  send: (client, { workflowId, rest: [table = ''] }) => client.retryTable(workflowId, table),
});

export const cancelCommand = defineMessage<{ dropTargetTables?: boolean; dryRun?: boolean }>({
  brief: 'Undo everything the run created; refused once the mark is set',
  examples: [
    'temporal-hbase cancel migrate-dc-exit-1 --dry-run',
    'temporal-hbase cancel migrate-dc-exit-1 --drop-target-tables',
  ],
  flags: {
    dropTargetTables: {
      kind: 'boolean',
      brief: 'Also drop the target tables this run created',
      optional: true,
      withNegated: false,
    },
    dryRun: { kind: 'boolean', brief: 'Only list what would be undone', optional: true, withNegated: false },
  },
  async send(client, { workflowId, by, flags }) {
    if (flags.dryRun !== true)
      return client.cancelMigration(workflowId, { by, dropTargetTables: flags.dropTargetTables === true });
    const { runId } = await client.readStatus(workflowId);
    const [run] = runId === undefined ? [] : await client.findLeaks(runId);
    if (run === undefined) return 'nothing was written yet: there is nothing to undo';
    return [
      'would undo, newest first:',
      ...run.notes.toReversed().map(({ side, kind, subject }) => `  ${side} ${kind} ${subject}`),
    ].join('\n');
  },
});

export const switchedCommand = defineMessage({
  brief: 'Say that the clients write to the target now (when no switch command is named)',
  examples: ['temporal-hbase switched migrate-dc-exit-1'],
  flags: {},
  send: (client, { workflowId, by }) => client.clientsSwitched(workflowId, by),
});

export const withoutCommand = defineMessage<{ tables: string }>({
  brief: 'Go on without the tables that are in quarantine',
  examples: ['temporal-hbase without migrate-dc-exit-1 --tables shop:items'],
  flags: {
    tables: { kind: 'parsed', parse: String, brief: 'Tables to leave behind, comma-separated', placeholder: 'tables' },
  },
  send: (client, { workflowId, by, flags }) =>
    client.cutOverWithout(workflowId, { by, tables: splitList(flags.tables) }),
});
