import { Failure } from '../../activities/failure.ts';
import {
  archiveRequestJsonSchema,
  exampleArchive,
  exampleStopArchive,
  stopArchiveJsonSchema,
} from '../../workflows/contract/backup/requests/archive-wals.ts';
import { backupRequestJsonSchema, exampleBackup } from '../../workflows/contract/backup/requests/back-up-tables.ts';
import { exampleExpiry, expiryRequestJsonSchema } from '../../workflows/contract/backup/requests/expire-backups.ts';
import { exampleExport, exportRequestJsonSchema } from '../../workflows/contract/backup/requests/export-tables.ts';
import { exampleImport, importRequestJsonSchema } from '../../workflows/contract/backup/requests/import-tables.ts';
import { exampleRestore, restoreRequestJsonSchema } from '../../workflows/contract/backup/requests/restore-tables.ts';
import { drillRequestJsonSchema, exampleDrill } from '../../workflows/contract/backup/requests/test-restore.ts';
import { exampleWatch, watchRequestJsonSchema } from '../../workflows/contract/backup/requests/watch-backups.ts';
import { exampleRequest, migrationRequestJsonSchema } from '../../workflows/contract/requests/migrate-tables.ts';
import { SMALL_INPUTS, toJsonSchema } from '../../workflows/contract/requests/small-inputs.ts';
import { defineCommand } from '../define-command.ts';

const MIGRATION = { example: exampleRequest, schema: migrationRequestJsonSchema };
const SMALL = Object.entries(SMALL_INPUTS).map(([workflowType, input]) => [
  workflowType,
  { example: input.example, schema: () => toJsonSchema(input) },
]);
/** By workflow type; a plan takes what the migration takes. */
const INPUTS: Record<string, { example: object; schema: () => object }> = {
  migrateTables: MIGRATION,
  planMigration: MIGRATION,
  backUpTables: { example: exampleBackup, schema: backupRequestJsonSchema },
  restoreTables: { example: exampleRestore, schema: restoreRequestJsonSchema },
  testRestore: { example: exampleDrill, schema: drillRequestJsonSchema },
  expireBackups: { example: exampleExpiry, schema: expiryRequestJsonSchema },
  exportTables: { example: exampleExport, schema: exportRequestJsonSchema },
  importTables: { example: exampleImport, schema: importRequestJsonSchema },
  archiveWals: { example: exampleArchive, schema: archiveRequestJsonSchema },
  stopArchive: { example: exampleStopArchive, schema: stopArchiveJsonSchema },
  watchBackups: { example: exampleWatch, schema: watchRequestJsonSchema },
  ...Object.fromEntries(SMALL),
};

export const inputCommand = defineCommand<object>({
  brief: 'Print an example input and the JSON Schema of a workflow type',
  examples: ['temporal-hbase input migrateTables', 'temporal-hbase input migrateTables --json'],
  flags: {},
  arguments: [{ placeholder: 'workflow-type', brief: Object.keys(INPUTS).join(', ') }],
  async run({ arguments: [workflowType = ''], output }) {
    const input = Object.hasOwn(INPUTS, workflowType) ? INPUTS[workflowType] : undefined;
    if (input === undefined) {
      throw new Failure(
        'request.invalid',
        `no workflow type "${workflowType}"; there is: ${Object.keys(INPUTS).join(', ')}`,
      );
    }
    const { example, schema } = input;
    output.document({ example, schema: schema() });
    output.line(JSON.stringify(example, null, 2));
    output.line();
    output.line(JSON.stringify(schema(), null, 2));
  },
});
