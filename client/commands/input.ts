import { Failure } from '../../activities/failure.ts';
import { exampleRequest, migrationRequestJsonSchema } from '../../workflows/contract/requests/migrate-tables.ts';
import { defineCommand } from '../define-command.ts';

const INPUTS = {
  migrateTables: { example: exampleRequest, schema: migrationRequestJsonSchema },
};

export const inputCommand = defineCommand<object>({
  brief: 'Print an example input and the JSON Schema of a workflow type',
  examples: ['temporal-hbase input migrateTables', 'temporal-hbase input migrateTables --json'],
  flags: {},
  arguments: [{ placeholder: 'workflow-type', brief: Object.keys(INPUTS).join(', ') }],
  async run({ arguments: [workflowType = ''], output }) {
    if (!Object.hasOwn(INPUTS, workflowType)) {
      throw new Failure(
        'request.invalid',
        `no workflow type "${workflowType}"; there is: ${Object.keys(INPUTS).join(', ')}`,
      );
    }
    const { example, schema } = INPUTS[workflowType as keyof typeof INPUTS];
    output.document({ example, schema: schema() });
    output.line(JSON.stringify(example, null, 2));
    output.line();
    output.line(JSON.stringify(schema(), null, 2));
  },
});
