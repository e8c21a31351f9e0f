import { createHash } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  type WorkflowHandle,
} from '@temporalio/client';
import { Failure } from '../activities/failure.ts';
import { DEFAULT_TASK_QUEUE, MESSAGES, WORKFLOW_TYPES } from '../workflows/contract/messages.ts';
import type { Approval, CancelMigration, CutOverWithout, Rejection, Resume } from '../workflows/contract/messages.ts';
import type { MigrationReport, MigrationStatus } from '../workflows/contract/status.ts';
import type { ClusterCheck, RunOverview } from '../workflows/contract/step-data.ts';
import type { MigrateTablesInput } from '../workflows/contract/requests/migrate-tables.ts';
import type { CleanRunInput, CleanReport, PlanReport } from '../workflows/contract/runs.ts';
import { toCanonicalName, toTablesName } from '../workflows/contract/requests/fields.ts';
import { newId } from './new-id.ts';
import { sendUpdate } from './send-update.ts';

export interface StartedMigration {
  workflowId: string;
  runId: string;
}

export interface HBaseClientOptions {
  client: Client;
  /** @default hbase */
  taskQueue?: string;
}

/**
 * Everything the command line does, for programs. One method per message or workflow; each throws what the workflow
 * threw, with `type` set to a code of the failure table.
 */
export class HBaseClient {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor({ client, taskQueue }: HBaseClientOptions) {
    this.#client = client;
    this.#taskQueue = taskQueue ?? DEFAULT_TASK_QUEUE;
  }

  /** Starts a wave and returns at once. @throws Failure `run.claimed` when the same migration is under way. */
  async startMigration(input: MigrateTablesInput): Promise<StartedMigration> {
    const workflowId = toMigrationId(input);
    try {
      const handle = await this.#client.workflow.start(WORKFLOW_TYPES.migrateTables, {
        taskQueue: this.#taskQueue,
        workflowId,
        args: [input],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        staticSummary: toSummary(input),
      });
      return { workflowId, runId: handle.firstExecutionRunId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const what = input.name === undefined ? `a migration of these tables` : `the migration "${input.name}"`;
      const message =
        `${what} from ${input.source} to ${input.target} is under way already as ${workflowId}: ` +
        `\`temporal-hbase status ${workflowId}\` shows it`;
      throw new Failure('run.claimed', message, {}, { cause: error });
    }
  }

  /** Resolves when the migration ends; rejects with its failure. */
  waitForMigration(workflowId: string): Promise<MigrationReport> {
    return this.#handle(workflowId).result() as Promise<MigrationReport>;
  }

  readStatus(workflowId: string): Promise<MigrationStatus> {
    return this.#handle(workflowId).query<MigrationStatus>(MESSAGES.status);
  }

  /** Tells at once whether the approval was taken. */
  approveCutover(workflowId: string, approval: Approval): Promise<string> {
    return this.#update(workflowId, MESSAGES.approveCutover, approval);
  }

  rejectCutover(workflowId: string, rejection: Rejection): Promise<string> {
    return this.#update(workflowId, MESSAGES.rejectCutover, rejection);
  }

  pause(workflowId: string, by: string): Promise<string> {
    return this.#update(workflowId, MESSAGES.pause, { by });
  }

  /** Answers what was lifted. A rejection is lifted by its code only. */
  resume(workflowId: string, resume: Resume): Promise<string> {
    return this.#update(workflowId, MESSAGES.resume, resume);
  }

  retryTable(workflowId: string, table: string): Promise<string> {
    return this.#update(workflowId, MESSAGES.retryTable, { table });
  }

  cutOverWithout(workflowId: string, without: CutOverWithout): Promise<string> {
    return this.#update(workflowId, MESSAGES.cutOverWithout, without);
  }

  clientsSwitched(workflowId: string, by: string): Promise<string> {
    return this.#update(workflowId, MESSAGES.clientsSwitched, { by });
  }

  /** Before the mark, undoes everything the run created. After it, refused: the run only goes forward. */
  cancelMigration(workflowId: string, cancel: CancelMigration = {}): Promise<string> {
    return this.#update(workflowId, MESSAGES.cancelMigration, cancel);
  }

  /** What a migration would do, with the exact remote commands. Writes nothing. */
  planMigration(request: MigrateTablesInput): Promise<PlanReport> {
    return this.#execute(WORKFLOW_TYPES.planMigration, 'plan', request);
  }

  checkClusters(clusters?: string[]): Promise<ClusterCheck[]> {
    return this.#execute(WORKFLOW_TYPES.checkClusters, 'check', clusters === undefined ? {} : { clusters });
  }

  findLeaks(runId?: string): Promise<RunOverview[]> {
    return this.#execute(WORKFLOW_TYPES.findLeaks, 'leaks', runId === undefined ? {} : { runId });
  }

  cleanRun(input: CleanRunInput): Promise<CleanReport> {
    return this.#execute(WORKFLOW_TYPES.cleanRun, 'clean', input);
  }

  liftFence(input: { cluster: string; table: string }): Promise<unknown> {
    return this.#execute(WORKFLOW_TYPES.liftFence, 'unfence', input);
  }

  #handle(workflowId: string): WorkflowHandle {
    return this.#client.workflow.getHandle(workflowId);
  }

  #update(workflowId: string, name: string, body: object): Promise<string> {
    return sendUpdate(this.#handle(workflowId), { name, body });
  }

  #execute<Result>(workflowType: string, prefix: string, input: unknown): Promise<Result> {
    return this.#client.workflow.execute(workflowType, {
      taskQueue: this.#taskQueue,
      workflowId: `${prefix}-${newId()}`,
      args: [input],
    }) as Promise<Result>;
  }
}

/** One workflow id per migration, so that the same one cannot be started twice. */
export function toMigrationId(input: MigrateTablesInput): string {
  return `migrate-${input.name ?? toUnnamed(input)}`;
}

/** The same for the same tables, in whatever order and spelling they are named. */
function toUnnamed({ source, target, tables }: MigrateTablesInput): string {
  const named = [...new Set(tables.map(toCanonicalName))].toSorted();
  const digest = createHash('sha256')
    .update(JSON.stringify([source, target, named]))
    .digest('hex');
  return `${toTablesName(named, `${source}-${target}-`)}-${digest.slice(0, 8)}`;
}

function toSummary({ source, target, tables }: MigrateTablesInput): string {
  return `${source} → ${target}: ${tables.join(', ')}`.slice(0, 180);
}
