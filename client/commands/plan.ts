import { defineCommand } from '../define-command.ts';
import { HBaseClient } from '../hbase-client.ts';
import { requireWorker } from '../connect.ts';
import { findUnaccepted, formatPlan } from '../render/plan.ts';
import { FAILURES } from '../../workflows/contract/failures.ts';
import { REQUEST_FLAGS, readRequest, type RequestFlags } from './request-flags.ts';

export const planCommand = defineCommand<RequestFlags>({
  brief: 'Show the ordered steps of a migration with their remote commands; writes nothing',
  description:
    'Shows the ordered steps of a migration with their remote commands, and what was found; writes nothing. Warnings ' +
    'that are not accepted yet stand beside the plan, and the exit code is then the one that `migrate` would have.',
  examples: [
    "temporal-hbase plan --source old --target new --tables 'orders,shop:*'",
    'temporal-hbase plan --input wave-1.json --json',
  ],
  flags: REQUEST_FLAGS,
  async run({ flags, context, output }) {
    const request = readRequest(flags);
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const result = await client.planMigration(request);
    output.document(result);
    for (const line of formatPlan(result)) output.line(line);
    return findUnaccepted(result.plan).length === 0 ? 0 : FAILURES['preflight.failed'].exit;
  },
});
