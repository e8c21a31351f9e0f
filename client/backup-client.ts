import type { Client } from '@temporalio/client';
import type { Delivery } from '../workflows/contract/backup/alerts.ts';
import type { ArchiveOverview, ArchiveReport, StopArchiveReport } from '../workflows/contract/backup/archive.ts';
import type { AuditEntry, AuditPage, AuditQuestion } from '../workflows/contract/backup/audit.ts';
import type { ExportOverview, ExportReport, ImportReport } from '../workflows/contract/backup/export.ts';
import type { BackupAudit, BackupDetails } from '../workflows/contract/backup/record.ts';
import type { OperationStatus } from '../workflows/contract/backup/status.ts';
import type { ArchiveWalsInput, StopArchiveInput } from '../workflows/contract/backup/requests/archive-wals.ts';
import type { BackUpTablesInput } from '../workflows/contract/backup/requests/back-up-tables.ts';
import type { ExpireBackupsInput } from '../workflows/contract/backup/requests/expire-backups.ts';
import type { ExportTablesInput } from '../workflows/contract/backup/requests/export-tables.ts';
import type { ImportTablesInput } from '../workflows/contract/backup/requests/import-tables.ts';
import type { RestoreTablesInput } from '../workflows/contract/backup/requests/restore-tables.ts';
import type { TestRestoreInput } from '../workflows/contract/backup/requests/test-restore.ts';
import type {
  BackupReport,
  CataloguePlace,
  CatalogueSummary,
  DrillReport,
  ExpiryReport,
  RestoreReport,
} from '../workflows/contract/backup/step-data.ts';
import { DEFAULT_TASK_QUEUE, MESSAGES, WORKFLOW_TYPES } from '../workflows/contract/messages.ts';
import type { StepResult } from '../workflows/contract/step-data.ts';
import type { HBaseClientOptions } from './hbase-client.ts';
import { newId } from './new-id.ts';

/** Workflow types that run for minutes to hours, with a status to follow. */
export const OPERATION_TYPES = {
  backUpTables: 'backup',
  restoreTables: 'restore',
  testRestore: 'drill',
  expireBackups: 'expiry',
  archiveWals: 'archive',
  stopArchive: 'stop-archive',
  exportTables: 'export',
  importTables: 'import',
} as const satisfies Partial<Record<keyof typeof WORKFLOW_TYPES, string>>;
export type OperationType = keyof typeof OPERATION_TYPES;

/** What each is started with, and what it answers. */
export interface Operations {
  backUpTables: { input: BackUpTablesInput; report: BackupReport };
  restoreTables: { input: RestoreTablesInput; report: RestoreReport };
  testRestore: { input: TestRestoreInput; report: DrillReport };
  expireBackups: { input: ExpireBackupsInput; report: ExpiryReport };
  archiveWals: { input: ArchiveWalsInput; report: ArchiveReport };
  stopArchive: { input: StopArchiveInput; report: StopArchiveReport };
  exportTables: { input: ExportTablesInput; report: ExportReport };
  importTables: { input: ImportTablesInput; report: ImportReport };
}

export interface StartedOperation<T extends OperationType = OperationType> {
  type: T;
  workflowId: string;
  runId: string;
}

/**
 * What the command line does about backups, for programs. Each method throws what the workflow threw, with `type` set
 * to a code of the failure table.
 */
export class BackupClient {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor({ client, taskQueue }: HBaseClientOptions) {
    this.#client = client;
    this.#taskQueue = taskQueue ?? DEFAULT_TASK_QUEUE;
  }

  /** Starts one and returns at once; the worker judges the input, all problems at once. */
  async startOperation<T extends OperationType>(type: T, input: Operations[T]['input']): Promise<StartedOperation<T>> {
    const workflowId = `${OPERATION_TYPES[type]}-${newId()}`;
    const handle = await this.#client.workflow.start(WORKFLOW_TYPES[type], {
      taskQueue: this.#taskQueue,
      workflowId,
      args: [input],
    });
    return { type, workflowId, runId: handle.firstExecutionRunId };
  }

  /** Resolves with the report; rejects with the failure, whose last details are the status. */
  waitForOperation<T extends OperationType>(operation: StartedOperation<T>): Promise<Operations[T]['report']>;
  waitForOperation(workflowId: string): Promise<unknown>;
  waitForOperation(operation: StartedOperation | string): Promise<unknown> {
    const workflowId = typeof operation === 'string' ? operation : operation.workflowId;
    return this.#client.workflow.getHandle(workflowId).result();
  }

  readOperation(workflowId: string): Promise<OperationStatus> {
    return this.#client.workflow.getHandle(workflowId).query<OperationStatus>(MESSAGES.status);
  }

  listBackups(place: CataloguePlace & { set?: string }): Promise<CatalogueSummary> {
    return this.#execute('listBackups', place);
  }

  /** Which instants of a set can be restored, and why no others. */
  listInstants(wanted: CataloguePlace & { set: string }): Promise<ArchiveOverview> {
    return this.#execute('listInstants', wanted);
  }

  showBackup(wanted: CataloguePlace & { backup: string }): Promise<BackupDetails> {
    return this.#execute('showBackup', wanted);
  }

  /** Looks at every file of a backup; the audit names what is damaged. */
  verifyBackup(wanted: CataloguePlace & { backup: string; by: string }): Promise<BackupAudit> {
    return this.#execute('verifyBackup', wanted);
  }

  /** Who did what to which backup, oldest first; every page is read. */
  async readAudit(question: Omit<AuditQuestion, 'after'>): Promise<Omit<AuditPage, 'next'>> {
    const entries: AuditEntry[] = [];
    for (let after: string | undefined; ;) {
      const input = { ...question, ...(after === undefined ? {} : { after }) };
      const page = await this.#execute<AuditPage>('auditBackups', input);
      entries.push(...page.entries);
      if (page.next === undefined) return { entries, unread: page.unread };
      after = page.next;
    }
  }

  /** A message to each of these alert targets, and whether it came. */
  testAlert(wanted: { targets: string[]; set?: string; by: string }): Promise<Delivery[]> {
    return this.#execute('testAlert', wanted);
  }

  /** The chains of exports of a root. */
  listExports(place: CataloguePlace & { chain?: string }): Promise<ExportOverview> {
    return this.#execute('listExports', place);
  }

  /** What an expiry would do now; nothing is written. */
  previewExpiry(input: ExpireBackupsInput): Promise<ExpiryReport> {
    return this.#execute('expireBackups', { ...input, dryRun: true });
  }

  /** Without a reason it may expire again. */
  keepBackup(wanted: CataloguePlace & { backup: string; by: string; reason?: string }): Promise<StepResult> {
    return this.#execute('keepBackup', wanted);
  }

  #execute<Result>(type: keyof typeof WORKFLOW_TYPES, input: object): Promise<Result> {
    return this.#client.workflow.execute(WORKFLOW_TYPES[type], {
      taskQueue: this.#taskQueue,
      workflowId: `${type}-${newId()}`,
      args: [input],
    }) as Promise<Result>;
  }
}
